"""Notes of the desk about a case: sealed to the desk alone. An edited note is a further version; none is lost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from werkzeug.exceptions import NotFound

from intake import audit
from intake.cases import envelope, queries
from intake.cases.envelope import Envelope
from intake.cases.models import Case, Note
from intake.desks.seats import Opens
from intake.extensions import db
from intake.i18n import now
from intake.members.sessions import Visitor
from intake.sealing import digest

NOTE = "note/1"


class CollisionError(Exception):
    """Somebody saved a newer version meanwhile: nothing was saved over it."""


@dataclass(frozen=True)
class Version:
    """A note as somebody wrote it at one time."""

    id: int
    text: str = field(repr=False)
    at: datetime
    member_id: int | None


@dataclass(frozen=True)
class OpenedNote:
    """A note as the desk reads it: its newest version, and those before it, newest first."""

    newest: Version
    earlier: Sequence[Version]

    @property
    def author_ids(self) -> set[int | None]:
        """Who wrote any of its versions."""
        return {version.member_id for version in (self.newest, *self.earlier)}


@dataclass(frozen=True)
class Writing:
    """A note ready to be saved; ``once`` is equal for the same words on the same form."""

    envelope: Envelope
    once: str
    member_id: int
    replaces_id: int | None


def seal_note(visitor: Visitor, case: Case, text: str, once: str, replaces_id: int | None = None) -> Writing:
    """Seal a note to the desk alone.

    Args:
        visitor: who writes.
        case: the case.
        text: the note.
        once: the random word of the form.
        replaces_id: the version that it replaces; none for a new note.
    """
    sealed = envelope.seal(case, NOTE, {"text": text}, desk_only=True)
    known = digest(once.encode(), {"text": text, "replaces": replaces_id}).hex()
    return Writing(sealed, known, visitor.member.id, replaces_id)


def keep(writing: Writing) -> bool:
    """Save a note, or a further version of one. The same form twice is one note.

    Returns:
        Whether it is new.

    Raises:
        CollisionError: there is a newer version than the one that it replaces.
        StaleError: the desk's key changed meanwhile; seal it again.
        werkzeug.exceptions.NotFound: the case has no such version.
    """
    case = envelope.held_case(writing.envelope)
    of_case = select(Note.id).where(Note.case_id == case.id)
    if db.session.scalar(of_case.where(Note.once == writing.once)):
        return False
    if writing.replaces_id is not None:
        if db.session.scalar(of_case.where(Note.id == writing.replaces_id)) is None:
            raise NotFound
        if db.session.scalar(of_case.where(Note.replaces_id == writing.replaces_id)):
            raise CollisionError
    note = Note(
        case_id=case.id,
        member_id=writing.member_id,
        replaces_id=writing.replaces_id,
        desk_key_id=writing.envelope.desk_key_id,
        once=writing.once,
        sealed=writing.envelope.sealed,
        written_at=now(),
    )
    db.session.add(note)
    db.session.flush()
    act = "case.note" if writing.replaces_id is None else "case.note_changed"
    audit.record(act, desk_id=case.desk_id, member_id=writing.member_id, case_id=case.id)
    return True


def read(case: Case, opens: Opens) -> list[OpenedNote]:
    """Open the notes of a case, oldest first.

    Raises:
        sealing.SealError: a note was altered, or moved here from another case.
    """
    rows = db.session.scalars(select(Note).where(Note.case_id == case.id).order_by(Note.id)).all()
    chains: dict[int, list[Version]] = {}
    chain_of: dict[int, list[Version]] = {}
    for row in rows:
        version = Version(row.id, queries.opened(NOTE, case, row, opens)["text"], row.written_at, row.member_id)
        chain = chain_of.get(row.replaces_id) if row.replaces_id else None
        if chain is None:
            chain = chains[row.id] = []
        chain.insert(0, version)
        chain_of[row.id] = chain
    return [OpenedNote(newest, earlier) for newest, *earlier in chains.values()]


def one(visitor: Visitor, case: Case, note_id: int) -> OpenedNote:
    """Open one note of a case.

    Args:
        visitor: who asks.
        case: the case.
        note_id: the number of any of its versions.

    Raises:
        werkzeug.exceptions.NotFound: the case has no such note.
    """
    for note in read(case, queries.desk_opens(visitor)):
        if note_id in {note.newest.id, *(version.id for version in note.earlier)}:
            return note
    raise NotFound
