"""Removing the case of a canary wholly: no tombstone, no row of any table, whatever tables there are."""

from datetime import datetime

from sqlalchemy import Table, delete, select, update

from intake.cases.models import CANARY, Case, ComplainantKey
from intake.complaint.models import CanaryRun
from intake.evidence import remove as files
from intake.extensions import Model, core, db, table
from intake.outbox.models import Letter

_CASE, _LETTER = table(Case), table(Letter)


def remove(case_id: int, moment: datetime) -> bool:
    """Remove the case of a canary, with all that hangs on it; its letters are withdrawn first.

    Args:
        case_id: the case.
        moment: now.

    Returns:
        Whether it is gone: not while one of its letters is being sent, nor if it is no canary's.

    Raises:
        OSError: its files could not be removed; nothing else was.
    """
    held = select(Case).where(Case.id == case_id, Case.status == CANARY).with_for_update()
    case = db.session.scalar(held.execution_options(populate_existing=True))
    if case is None:
        return False
    owed = update(Letter).where(Letter.case_id == case_id, Letter.delivered_at.is_(None), Letter.withdrawn_at.is_(None))
    db.session.execute(owed.values(withdrawn_at=moment, address=""))
    sent = select(Letter.id).where(Letter.case_id == case_id, Letter.locked_until > moment).limit(1)
    if db.session.scalar(sent) is not None:
        return False
    key_id = case.complainant_key_id
    files.destroy(case_id)
    db.session.execute(update(CanaryRun).where(CanaryRun.case_id == case_id).values(case_id=None))
    letters = select(_LETTER.c.id).where(_LETTER.c.case_id == case_id)
    for name, rows in _pointing_at(_LETTER):
        core().execute(delete(rows).where(rows.c[name].in_(letters)))
    for name, rows in _pointing_at(_CASE):
        core().execute(delete(rows).where(rows.c[name] == case_id))
    core().execute(delete(_CASE).where(_CASE.c.id == case_id))
    db.session.expunge(case)
    db.session.execute(delete(ComplainantKey).where(ComplainantKey.id == key_id))
    return True


def left_behind() -> list[int]:
    """Return the cases of canaries whose run is over: nobody awaits them any more."""
    over = (CanaryRun.case_id.is_not(None), CanaryRun.ended_at.is_not(None))
    return [case_id for case_id in db.session.scalars(select(CanaryRun.case_id).where(*over)) if case_id]


def _pointing_at(target: Table) -> list[tuple[str, Table]]:
    """Return every column that points at the rows of a table, from other tables first."""
    found = [
        (key.parent.name, rows)
        for rows in reversed(Model.metadata.sorted_tables)
        for key in rows.foreign_keys
        if key.column.table is target and key.parent.name != "gathered_in_id"
    ]
    return [one for one in found if one[1] is not target]
