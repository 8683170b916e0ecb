"""Owing a letter: a row in the transaction of what caused it."""

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from flask import current_app, render_template
from flask_babel import force_locale
from sqlalchemy import insert

from intake.extensions import core, table
from intake.outbox.models import Letter
from intake.outbox.threads import MAIL_RECEIVED
from intake.sealing import SealedBytes

_GAPING = re.compile(r"\n{3,}")  # what is left where a template says nothing
_NEW_LETTER = insert(table(Letter))


class Addressee(NamedTuple):
    """Who a letter goes to: an address, the language to write in, and the member behind it, if any.

    A complainant's address is sealed to the outbox identity; the plain one is empty then.
    """

    address: str
    language: str
    member_id: int | None = None
    sealed_address: SealedBytes | None = None


class Text(NamedTuple):
    """A letter's words in one language."""

    subject: str
    body: str


def enqueue(
    kind: str,
    addressees: Iterable[Addressee],
    at: datetime,
    *,
    fills: Mapping[str, str],
    case_id: int | None = None,
    **facts: str | bool,
) -> int:
    """Owe one letter to each addressee, an address that comes twice only once.

    Args:
        kind: the letter's name; its words are in ``templates/email/<kind>/{subject.txt,body.txt}``.
        addressees: who it goes to.
        at: when it is owed (coarse where the exact time would tell of a complainant).
        fills: what differs from letter to letter, such as the link. Never a word of a story, a name, a contact, a code.
        case_id: the case it is about.
        facts: what the words depend on, such as whether it is urgent.

    Returns: how many letters are owed.
    """
    unique = {addressee.address.casefold(): addressee for addressee in addressees}
    languages = {addressee.language for addressee in unique.values()}
    written = {tag: worded(kind, tag, fills, facts)._asdict() for tag in languages}
    rows = [
        {
            "message_id": f"<{uuid.uuid4()}@{_domain(kind, addressee)}>",
            "kind": kind,
            "case_id": case_id,
            "owed_at": at,
            "due_at": at,
            "failures": 0,
            **addressee._asdict(),
            **written[addressee.language],
        }
        for addressee in unique.values()
    ]
    if rows:
        core().execute(_NEW_LETTER, rows)
    return len(rows)


def worded(kind: str, language: str, fills: Mapping[str, str], facts: Mapping[str, Any]) -> Text:
    """Return what a letter says, as ``enqueue`` would write it.

    Args:
        kind: the letter's name.
        language: the tag of the language.
        fills: what differs from letter to letter.
        facts: what the words depend on.
    """
    return _filled(_words(kind, language, fills, facts), fills)


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
        with force_locale(language):
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
