"""Owing a letter: a row in the transaction of what caused it."""

import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from flask import current_app, render_template
from flask_babel import force_locale
from sqlalchemy import insert

from intake.extensions import db
from intake.outbox.models import Letter


@dataclass(frozen=True)
class Addressee:
    """Who a letter goes to: an address, the language to write in, and the member behind it, if any."""

    address: str
    language: str
    member_id: int | None = None


@dataclass(frozen=True)
class Text:
    """A letter's words in one language."""

    subject: str
    body: str


def enqueue(
    kind: str,
    addressees: Iterable[Addressee],
    at: datetime,
    *,
    case_id: int | None = None,
    **words: Any,  # noqa: ANN401 whatever the template needs
) -> int:
    """Owe one letter to each addressee, an address that comes twice only once.

    Args:
        kind: the letter's name; its words are in ``templates/email/<kind>/{subject.txt,body.txt}``.
        addressees: who it goes to.
        at: when it is owed (coarse where the exact time would tell of a complainant).
        case_id: the case it is about.
        words: what the templates need. Never a word of a story, a name, a contact or a code.

    Returns:
        How many letters are owed.
    """
    unique = {addressee.address.casefold(): addressee for addressee in addressees}
    written = {language: _render(kind, language, words) for language in {one.language for one in unique.values()}}
    rows = [
        {
            "message_id": f"<{uuid.uuid4()}@{current_app.config['MAIL_DOMAIN']}>",
            "kind": kind,
            "language": addressee.language,
            "case_id": case_id,
            "member_id": addressee.member_id,
            "address": addressee.address,
            **asdict(written[addressee.language]),
            "owed_at": at,
            "due_at": at,
            "failures": 0,
        }
        for addressee in unique.values()
    ]
    if rows:
        db.session.execute(insert(Letter), rows)
    return len(rows)


def _render(kind: str, language: str, words: dict[str, Any]) -> Text:
    """Return subject and body in a language."""
    with force_locale(language):
        subject = render_template(f"email/{kind}/subject.txt", **words)
        body = render_template(f"email/{kind}/body.txt", **words)
    return Text(" ".join(subject.split()), body.strip() + "\n")
