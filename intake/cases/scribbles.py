"""What a member keeps of a case for themselves: a personal note, a message not sent yet. Sealed to the member alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from intake.cases import conversation
from intake.cases.conversation import Words
from intake.cases.models import DELETED, Case, Message, Scribble
from intake.cases.notes import CollisionError
from intake.extensions import StaleError, db
from intake.i18n import now
from intake.members.sessions import Visitor
from intake.sealing import SealedBytes, SealError, digest, seal_document, unseal_document

PERSONAL, DRAFT = KINDS = ("personal", "draft")
SCRIBBLE = "scribble/1"
NONE_KEPT = ""  # the version where nothing is kept


@dataclass(frozen=True)
class OpenedScribble:
    """What a member kept, as they read it.

    Attributes:
        words: the text; of a draft also how it would be signed, whether it asks, and the form that kept it.
        saved_at: when.
    """

    words: Mapping[str, Any] = field(repr=False)
    saved_at: datetime

    @property
    def version(self) -> str:
        """What a form must know to be up to date."""
        return self.saved_at.isoformat()

    @property
    def text(self) -> str:
        """The text."""
        return str(self.words.get("text", ""))

    def says(self, words: Mapping[str, Any]) -> bool:
        """Return whether it says the same, whichever form kept it."""
        return {**self.words, "once": ""} == {**words, "once": ""}


@dataclass(frozen=True)
class Keeping:
    """Something ready to be kept: sealed, with the version that its form showed."""

    case_id: int
    member_id: int
    kind: str
    sealed: SealedBytes | None
    base: str
    unchanged: str | None
    sent_once: str


@dataclass(frozen=True)
class Sending:
    """A message ready to be sent, the draft that is there now, and whether it goes with the message."""

    writing: conversation.Writing
    member_id: int
    version: str
    drops: bool


def read(visitor: Visitor, case: Case) -> dict[str, OpenedScribble]:
    """Open what a member kept of a case for themselves, by kind.

    What was sealed to keys that the member had earlier, or moved here from another case, is there without a text.
    """
    rows = db.session.scalars(
        select(Scribble).where(Scribble.case_id == case.id, Scribble.member_id == visitor.member.id)
    )
    return {row.kind: OpenedScribble(_words(visitor, case, row), row.saved_at) for row in rows.all()}


def seal_scribble(visitor: Visitor, case: Case, kind: str, words: Mapping[str, Any], base: str) -> Keeping:
    """Seal something to the member alone.

    Args:
        visitor: who keeps it.
        case: the case.
        kind: one of ``KINDS``.
        words: the text; of a draft also how it would be signed, whether it asks, and the form's random word.
        base: the version that the form showed.
    """
    text, once = str(words.get("text", "")), str(words.get("once", ""))
    saved = read(visitor, case).get(kind)
    document = {"reference": case.reference, "at": now().isoformat(), "is": kind, "words": dict(words)}
    return Keeping(
        case.id,
        visitor.member.id,
        kind,
        seal_document(SCRIBBLE, document, [visitor.member.recipient]) if text else None,
        base,
        saved.version if saved and saved.says(words) else None,
        digest(once.encode(), {"text": text}).hex(),
    )


def keep(keeping: Keeping) -> str:
    """Keep something in the place of what was kept before; an empty text keeps nothing.

    Returns:
        The version of what is kept now.

    Raises:
        CollisionError: something newer was kept than what the form showed.
        StaleError: the case was deleted.
    """
    row = _held(keeping.case_id, keeping.member_id, keeping.kind)
    version = row.saved_at.isoformat() if row else NONE_KEPT
    if row is not None and version == keeping.unchanged:
        return version
    if keeping.kind == DRAFT and _is_sent(keeping):
        return version
    if row is not None and version != keeping.base:
        raise CollisionError
    if row is None and keeping.sealed is not None and keeping.base:
        raise CollisionError  # it was sent, or emptied, elsewhere
    if row is not None:
        db.session.delete(row)
        db.session.flush()
    if keeping.sealed is None:
        return NONE_KEPT
    kept = Scribble(
        case_id=keeping.case_id,
        member_id=keeping.member_id,
        kind=keeping.kind,
        sealed=keeping.sealed,
        saved_at=now(),
    )
    db.session.add(kept)
    db.session.flush()
    return kept.saved_at.isoformat()


def seal_sending(visitor: Visitor, case: Case, words: Words, base: str) -> Sending:
    """Seal a message to the complainant; the draft of it goes with it.

    A draft that was kept elsewhere meanwhile, and says something else, stays.

    Args:
        visitor: who writes.
        case: the case.
        words: the message.
        base: the version of the draft that the form showed.
    """
    saved = read(visitor, case).get(DRAFT)
    drops = saved is not None and (
        saved.version == base or words.once == saved.words.get("once") or saved.text == words.text
    )
    version = saved.version if saved else NONE_KEPT
    return Sending(conversation.seal_message(visitor, case, words), visitor.member.id, version, drops)


def send(sending: Sending) -> bool:
    """Send a message, and drop its draft.

    Returns:
        Whether the message is new.

    Raises:
        StaleError: a key changed meanwhile, or a draft was kept; seal it again.
    """
    new = conversation.write(sending.writing)
    row = _held(sending.writing.envelope.case_id, sending.member_id, DRAFT)
    if (row.saved_at.isoformat() if row else NONE_KEPT) != sending.version:
        raise StaleError
    if row is not None and sending.drops:
        db.session.delete(row)
        db.session.flush()
    return new


def _held(case_id: int, member_id: int, kind: str) -> Scribble | None:
    """Return what a member kept, the case held until the transaction ends.

    Raises:
        StaleError: the case was deleted.
    """
    status = db.session.scalar(select(Case.status).where(Case.id == case_id).with_for_update())
    if status in {None, DELETED}:
        raise StaleError
    kept = select(Scribble).where(Scribble.case_id == case_id, Scribble.member_id == member_id, Scribble.kind == kind)
    return db.session.scalar(kept)


def _is_sent(keeping: Keeping) -> bool:
    """Return whether the form was sent as a message with these very words: a late draft of it is none any more."""
    sent = select(Message.id).where(Message.case_id == keeping.case_id, Message.once == keeping.sent_once)
    return db.session.scalar(sent) is not None


def _words(visitor: Visitor, case: Case, row: Scribble) -> Mapping[str, Any]:
    try:
        document = unseal_document(SCRIBBLE, row.sealed, visitor.identity)
    except SealError:
        return {}
    if (document["reference"], document["is"]) != (case.reference, row.kind):
        return {}
    words: dict[str, Any] = document["words"]
    return words
