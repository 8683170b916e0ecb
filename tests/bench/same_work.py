"""Whether the two servers did the same: the same rows, sealed and chained so that the house can read them."""

from sqlalchemy import func, inspect, select, table

from intake import audit
from intake.cases import queries as cases
from intake.cases.models import Case, Statement
from intake.desks.models import DeskKey
from intake.extensions import db
from intake.sealing import unseal_document, unseal_identity
from tests.bench.instance import Instance
from tests.bench.rows import BenchError

Counts = dict[str, int]


def row_counts(instance: Instance) -> Counts:
    """Return how many rows each table has."""
    with instance.opened():
        names = inspect(db.engine).get_table_names()
        return {name: db.session.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}


def check(before: Counts, sides: list[tuple[Instance, int]]) -> None:
    """Check what the servers wrote.

    Args:
        before: how many rows each table had when they began.
        sides: each one's instance, and how many complaints it answered; ours first.

    Raises:
        BenchError: it was not the same, or it cannot be read.
    """
    ours, *others = (_per_complaint(before, *side) for side in sides)
    for bare in others:
        if bare != ours:
            message = f"a complaint writes {ours} rows, and {bare} in tests/bench/bare.py: teach it the difference"
            raise BenchError(message)
    for instance, _ in sides:
        _check_readable(instance)


def _per_complaint(before: Counts, instance: Instance, sent: int) -> dict[str, float]:
    """Return how many rows of each table a complaint wrote."""
    after = row_counts(instance)
    return {name: grown / sent for name in after if (grown := after[name] - before.get(name, 0))}


def _check_readable(instance: Instance) -> None:
    """Check every audit chain, and the last statement of all, opened with the rescue identity."""
    with instance.opened():
        broken = [chain for chain in db.session.scalars(select(audit.AuditHead.chain)) if audit.broken_at(chain)]
        statement = db.session.scalars(select(Statement).order_by(Statement.id.desc()).limit(1)).one()
        case = db.session.get_one(Case, statement.case_id)
        key = unseal_identity(db.session.get_one(DeskKey, statement.desk_key_id).rescue_copy, instance.rescue)
        words = unseal_document(cases.STATEMENT, statement.sealed, key)
    if broken or words["reference"] != case.reference:
        message = f"{instance.folder.name} holds a broken audit chain {broken} or a statement of another case"
        raise BenchError(message)
