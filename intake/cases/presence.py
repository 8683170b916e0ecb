"""Who has a case open now: colleagues see each other on it, so that nobody does the same twice."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from intake.cases.models import DELETED, Case, Presence
from intake.extensions import core, db, table
from intake.i18n import now
from intake.members.models import Member
from intake.members.sessions import Visitor

OPEN_NOW = timedelta(minutes=5)
KEPT_FOR = timedelta(days=1)


def note(visitor: Visitor, case: Case) -> None:
    """Write down that a member has a case open now; not of one of which nothing but a tombstone is left."""
    if case.status == DELETED:
        return
    rows = table(Presence)
    dialect = postgresql if core().dialect.name == "postgresql" else sqlite
    here = dialect.insert(rows).values(case_id=case.id, member_id=visitor.member.id, at=now())
    key = [rows.c.case_id, rows.c.member_id]
    core().execute(here.on_conflict_do_update(index_elements=key, set_={"at": here.excluded.at}))


def others(visitor: Visitor, case: Case) -> list[str]:
    """Return the names of the colleagues who have a case open now."""
    of_case = (Presence.case_id == case.id, Presence.member_id != visitor.member.id, Presence.at > now() - OPEN_NOW)
    names = select(Member.name).join(Presence, Presence.member_id == Member.id).where(*of_case)
    return list(db.session.scalars(names.order_by(Member.name)))


def sweep(moment: datetime) -> None:
    """Forget who had which case open more than a day ago."""
    db.session.execute(delete(Presence).where(Presence.at < moment - KEPT_FOR))
