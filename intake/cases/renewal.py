"""A new return code for a case: everything sealed to the old one is sealed anew, and the old one dies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, update

from intake import audit
from intake.cases import envelope, notices, visits
from intake.cases.envelope import Envelope
from intake.cases.models import Case, ComplainantKey
from intake.cases.sealed_rows import COMPLAINANT, DESK_ONLY, Resealed, SealedTable, sealed_to
from intake.desks.routing import destination_at
from intake.desks.seats import Opens
from intake.extensions import StaleError, db
from intake.i18n import now, to_ten_minutes
from intake.members.sessions import Visitor
from intake.sealing import CodeKeys, SealedBytes

CHECKS = ("details", "channel", "in_person")  # how a member made sure who asks for a new code


@dataclass(frozen=True)
class Renewal:
    """A case sealed anew to desk and new code."""

    envelope: Envelope
    keys: CodeKeys
    rows: dict[tuple[str, int], Resealed]
    member_id: int | None
    check: str | None


def seal_anew(
    case: Case, opens: Opens, keys: CodeKeys, *, visitor: Visitor | None = None, check: str | None = None
) -> Renewal:
    """Seal everything of a case anew.

    Args:
        case: the case.
        opens: gives the identity that opens what is there: the complainant's, or the desk's.
        keys: what the new code opens.
        visitor: the member who gives the code; nobody if the complainant takes it.
        check: one of ``CHECKS``, if a member gives it.

    Raises:
        ValueError: a member gives it, and did not say how they made sure who asks.
    """
    if visitor is not None and check not in CHECKS:
        message = f"{check} is no way to make sure who asks"
        raise ValueError(message)
    to = destination_at(case.desk_id)
    recipients = {"desk": to.recipient, "complainant": keys.identity.recipient}
    rows = {
        (kind.name, row.id): kind.seal_anew(row, opens(row.desk_key_id), **recipients)
        for kind in sealed_to(COMPLAINANT)
        for row in _of_case(kind, case.id)
    }
    held = Envelope(case.id, to.key_id, case.complainant_key_id, SealedBytes())
    return Renewal(held, keys, rows, visitor.member.id if visitor else None, check)


def renew(renewal: Renewal) -> None:
    """Save what was sealed anew; the old code and its sessions are dead. The same code twice is one renewal.

    Raises:
        StaleError: something was added or changed meanwhile; seal it anew again.
    """
    case = envelope.held_case(renewal.envelope)
    known = db.session.get(ComplainantKey, case.complainant_key_id) if case.complainant_key_id else None
    if known is not None and known.tag == renewal.keys.tag:
        return
    if case.deletion_asked_at is not None:
        raise StaleError  # whoever asked for deletion may hold a code no more: the desk must keep the case first
    kinds = {kind.name: kind for kind in sealed_to(COMPLAINANT)}
    there = {(name, row.id) for name, kind in kinds.items() for row in _of_case(kind, case.id)}
    if there != renewal.rows.keys():
        raise StaleError
    for (name, row_id), sealed in renewal.rows.items():
        table = kinds[name].table
        change = {**sealed, "desk_key_id": renewal.envelope.desk_key_id}
        db.session.execute(update(table).where(table.c.id == row_id).values(change))
    key = ComplainantKey(tag=renewal.keys.tag, recipient=renewal.keys.identity.recipient)
    db.session.add(key)
    db.session.flush()
    old, case.complainant_key_id = case.complainant_key_id, key.id
    db.session.flush()
    db.session.execute(update(ComplainantKey).where(ComplainantKey.id == old).values(recipient=""))
    visits.end_all(case.id)
    moment = now() if renewal.member_id else to_ten_minutes(now())
    audit.record(
        "case.code_renewed" if old else "case.code_issued",
        desk_id=case.desk_id,
        member_id=renewal.member_id,
        case_id=case.id,
        at=moment,
        check=renewal.check,
    )
    if renewal.member_id is None:
        notices.code_renewed(case, moment)


def _of_case(kind: SealedTable, case_id: int) -> Sequence[Row[Any]]:
    table = kind.table
    found = select(table.c.id, table.c.desk_key_id, *kind.columns).where(table.c.case_id == case_id)
    if DESK_ONLY in table.c:
        found = found.where(table.c[DESK_ONLY].is_(False))  # no code opens it, neither the old one nor the new
    return db.session.execute(found.order_by(table.c.id)).all()
