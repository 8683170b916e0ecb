"""Owing a letter: a row in the transaction of what caused it."""

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from flask import current_app, render_template
from sqlalchemy import insert

from intake.extensions import core, table
from intake.i18n import speaking
from intake.outbox.models import Letter
from intake.outbox.threads import MAIL_RECEIVED
from intake.sealing import SealedBytes

_GAPING = re.compile(r"\n{3,}")  # what is left where a template says nothing
_NEW_LETTER = insert(table(Letter))


class Waits(Protocol):
    """What an addressee chose: when letters may go out to them."""

    def due_at(self, moment: datetime, *, urgent: bool) -> datetime:
        """Return when a letter may go out that is owed at a moment."""


class Addressee(NamedTuple):
    """Who a letter goes to: an address, the language to write in, and the member behind it, if any.

    A complainant's address is sealed to the outbox identity; the plain one is empty then. ``due_at`` says when the
    letter may go out, where that is later than it is owed, and ``waits`` works it out. What was told goes along only
    where it is sealed to the reader.
    """

    address: str
    language: str
    member_id: int | None = None
    sealed_address: SealedBytes | None = None
    due_at: datetime | None = None
    waits: Waits | None = None
    sealed_report: SealedBytes | None = None

    def when_due(self, moment: datetime, *, urgent: bool) -> datetime:
        """Return when a letter may go out that is owed at a moment."""
        if self.due_at is not None:
            return max(self.due_at, moment)
        return moment if self.waits is None else self.waits.due_at(moment, urgent=urgent)


class Text(NamedTuple):
    """A letter's words in one language."""

    subject: str
    body: str


def enqueue(  # noqa: PLR0913 a letter of a canary differs in nothing else
    kind: str,
    addressees: Iterable[Addressee],
    at: datetime,
    *,
    fills: Mapping[str, str],
    case_id: int | None = None,
    is_canary: bool = False,
    **facts: str | bool,
) -> int:
    """Owe one letter to each addressee, an address that comes twice only once.

    Args:
        kind: the letter's name; its words are in ``templates/email/<kind>/{subject.txt,body.txt}``.
        addressees: who it goes to.
        at: when it is owed (coarse where the exact time would tell of a complainant).
        fills: what differs from letter to letter, such as the link. Never a word of a story, a name, a contact, a code.
        case_id: the case it is about.
        is_canary: it tests the way, and goes to the canary's mailbox at once, whoever its addressee is.
        facts: what the words depend on. A letter that is ``urgent`` comes at once, whatever its addressee chose.

    Returns: how many letters are owed.
    """
    unique = {addressee.address.casefold(): addressee for addressee in addressees}
    languages = {addressee.language for addressee in unique.values()}
    written = {tag: worded(kind, tag, fills, facts)._asdict() for tag in languages}
    urgent = facts.get("urgent") is True
    same = {"case_id": case_id, "is_canary": is_canary, **({"due_at": at, "is_held": False} if is_canary else {})}
    rows = [
        {**_row(kind, addressee, at, urgent=urgent), **same, **written[addressee.language]}
        for addressee in unique.values()
    ]
    if rows:
        core().execute(_NEW_LETTER, rows)
    return len(rows)


def enqueue_one(kind: str, addressee: Addressee, at: datetime, *, fills: Mapping[str, str], urgent: bool) -> int:
    """Owe one letter that is about no case, and return its number.

    Args:
        kind: the letter's name.
        addressee: who it goes to.
        at: when it is owed.
        fills: what differs from letter to letter.
        urgent: whether it comes at any hour.
    """
    text = worded(kind, addressee.language, fills, {"urgent": urgent})
    row = {**_row(kind, addressee, at, urgent=urgent), **text._asdict()}
    return int(core().execute(_NEW_LETTER.returning(table(Letter).c.id), row).scalar_one())


def worded(kind: str, language: str, fills: Mapping[str, str], facts: Mapping[str, Any]) -> Text:
    """Return what a letter says, as ``enqueue`` would write it.

    Args:
        kind: the letter's name.
        language: the tag of the language.
        fills: what differs from letter to letter.
        facts: what the words depend on.
    """
    return _filled(_words(kind, language, fills, facts), fills)


def _row(kind: str, addressee: Addressee, at: datetime, *, urgent: bool) -> dict[str, object]:
    due_at = addressee.when_due(at, urgent=urgent)
    return {
        "message_id": f"<{uuid.uuid4()}@{_domain(kind, addressee)}>",
        "kind": kind,
        "language": addressee.language,
        "member_id": addressee.member_id,
        "address": addressee.address,
        "sealed_address": addressee.sealed_address,
        "sealed_report": addressee.sealed_report,
        "owed_at": at,
        "due_at": due_at,
        "failures": 0,
        "urgent": urgent,
        "is_held": due_at > at,
    }


def _domain(kind: str, addressee: Addressee) -> str:
    """Return the domain that the letter's name shows: a complainant's letter shows the reminder's alone."""
    is_reminder = addressee.sealed_address is not None and kind != MAIL_RECEIVED
    sender = current_app.config["REMINDER_ADDRESS" if is_reminder else "NEWSROOM_ADDRESS"]
    return str(sender).rpartition("@")[2]


def _words(kind: str, language: str, fills: Mapping[str, str], facts: Mapping[str, Any]) -> Text:
    """Return a letter's words with gaps for the fills: rendered once for each language and set of facts."""
    written: dict[object, Text] = current_app.extensions.setdefault("letters", {})
    key = (kind, language, *sorted(facts.items()))
    if key not in written:
        words = {**facts, **{name: _gap(name) for name in fills}}
        with speaking(language):
            subject = render_template(f"email/{kind}/subject.txt", **words)
            body = render_template(f"email/{kind}/body.txt", **words)
        written[key] = Text(" ".join(subject.split()), _GAPING.sub("\n\n", body.strip()) + "\n")
    return written[key]


def _filled(text: Text, fills: Mapping[str, str]) -> Text:
    subject, body = text
    for name, value in fills.items():
        subject, body = subject.replace(_gap(name), value), body.replace(_gap(name), value)
    return Text(subject, body)


def _gap(name: str) -> str:
    """Return what stands for a fill until it is known: no template has this character."""
    return f"\x02{name}\x02"
