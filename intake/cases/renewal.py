"""A new return code for a case: everything sealed to the old one is sealed anew, and the old one dies."""

from dataclasses import dataclass

from sqlalchemy import Select, Table, select, update

from intake import audit
from intake.cases import envelope, notices, visits
from intake.cases.envelope import Envelope
from intake.cases.models import Case, ComplainantKey
from intake.desks.routing import destination_at
from intake.desks.seats import Opens
from intake.extensions import Model, Sealed, StaleError, db
from intake.i18n import now, to_ten_minutes
from intake.members.sessions import Visitor
from intake.sealing import CodeKeys, SealedBytes, seal, unseal

AUDIENCE = ("desk", "complainant")
CHECKS = ("details", "channel", "in_person")  # how a member made sure who asks for a new code
Resealed = dict[tuple[str, int], SealedBytes]


@dataclass(frozen=True)
class Renewal:
    """A case sealed anew to desk and new code."""

    envelope: Envelope
    keys: CodeKeys
    rows: Resealed
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
    recipients = [to.recipient, keys.identity.recipient]
    rows = {
        (table.name, row.id): seal(unseal(row.sealed, opens(row.desk_key_id)), recipients)
        for table in _tables()
        for row in db.session.execute(_of_case(table, case.id))
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
    tables = {table.name: table for table in _tables()}
    there = {(name, row.id) for name, table in tables.items() for row in db.session.execute(_of_case(table, case.id))}
    if there != renewal.rows.keys():
        raise StaleError
    for (name, row_id), sealed in renewal.rows.items():
        table = tables[name]
        change = {_sealed_column(table): sealed, "desk_key_id": renewal.envelope.desk_key_id}
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
        "case.code_renewed",
        desk_id=case.desk_id,
        member_id=renewal.member_id,
        case_id=case.id,
        at=moment,
        check=renewal.check,
    )
    if renewal.member_id is None:
        notices.code_renewed(case, moment)


def _tables() -> list[Table]:
    """Return every table that holds something sealed to desk and complainant, so that a new one cannot be forgotten."""
    return [table for table in Model.metadata.sorted_tables if _sealed_column(table) and "case_id" in table.c]


def _sealed_column(table: Table) -> str:
    of_both = [c.name for c in table.c if isinstance(c.type, Sealed) and c.type.audience == AUDIENCE]
    return of_both[0] if of_both else ""


def _of_case(table: Table, case_id: int) -> Select[tuple[int, int, SealedBytes]]:
    return select(table.c.id, table.c.desk_key_id, table.c[_sealed_column(table)].label("sealed")).where(
        table.c.case_id == case_id
    )
