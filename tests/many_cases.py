"""Thousands of cases at once, each with a sealed statement: written row by row, past everything that one costs."""

import secrets

from sqlalchemy import func, insert, select

from intake.cases import queries
from intake.cases.models import RECEIVED, WEB, Case, ComplainantKey, Statement
from intake.complaint.submit import draw_reference
from intake.desks import queries as desks
from intake.extensions import core, table, transaction
from intake.i18n import now, to_ten_minutes
from intake.sealing import Identity, new_identity, seal_document
from tests.factories import STORY


def insert_cases(count: int, country: str = "KZ") -> dict[int, Identity]:
    """Insert cases of a country's desk.

    Args:
        count: how many.
        country: the desk's name.

    Returns:
        The numbers of the cases, and what their complainants open them with.
    """
    moment = to_ten_minutes(now())
    key = desks.current_key(desks.by_name(country).id)
    key_id, desk_id, recipient = key.id, key.desk_id, key.recipient
    first = max(core().scalar(select(func.max(model.id))) or 0 for model in (ComplainantKey, Case, Statement)) + 1
    people = {number: new_identity() for number in range(first, first + count)}
    references: set[str] = set()
    while len(references) < count:
        references.add(draw_reference(country))
    codes = [
        {"id": number, "tag": secrets.token_bytes(32), "recipient": person.recipient}
        for number, person in people.items()
    ]
    plain = {"country": country, "language": "ru", "channel": WEB, "urgent": False, "reachable": True}
    cases = [
        {
            "id": number,
            "reference": reference,
            "desk_id": desk_id,
            "complainant_key_id": number,
            "not_for_publication": False,
            "status": RECEIVED,
            "received_at": moment,
            **plain,
        }
        for number, reference in zip(people, references, strict=True)
    ]
    statements = [
        {
            "id": number,
            "case_id": number,
            "number": 1,
            "desk_key_id": key_id,
            "digest": secrets.token_bytes(32),
            "sealed": _sealed(reference, [recipient, person.recipient]),
            "received_at": moment,
        }
        for (number, person), reference in zip(people.items(), references, strict=True)
    ]
    with transaction():
        for model, rows in ((ComplainantKey, codes), (Case, cases), (Statement, statements)):
            core().execute(insert(table(model)), rows)
    return people


def _sealed(reference: str, recipients: list[str]) -> bytes:
    words = {"reference": reference, "received_at": now().isoformat(), "story": f"{STORY} {reference}"}
    return seal_document(queries.STATEMENT, words, recipients)
