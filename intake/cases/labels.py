"""Labels: the list that editors keep, and what is put on a case."""

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from intake import audit
from intake.cases import queries
from intake.cases.models import Case, CaseLabel, Label
from intake.extensions import db
from intake.members.sessions import Visitor


class KnownError(Exception):
    """There is such a label already."""


class GoneError(Exception):
    """There is no such label on the list, or no longer."""


def every() -> list[Label]:
    """Return all labels, by name."""
    return sorted(db.session.scalars(select(Label)), key=lambda label: (label.name.casefold(), label.id))


def on(case: Case) -> list[Label]:
    """Return the labels that are on a case, by name."""
    found = select(Label).join(CaseLabel, CaseLabel.label_id == Label.id).where(CaseLabel.case_id == case.id)
    return sorted(db.session.scalars(found), key=lambda label: (label.name.casefold(), label.id))


def counts() -> dict[int, int]:
    """Return on how many cases each label is that is on any."""
    rows = db.session.execute(select(CaseLabel.label_id, func.count()).group_by(CaseLabel.label_id))
    return {label_id: count for label_id, count in rows}  # noqa: C416 dict() would not know the types


def make(name: str, by: int) -> Label:
    """Add a label to the list.

    Raises:
        KnownError: there is one that differs in nothing but small and capital letters.
    """
    if any(label.name.casefold() == name.casefold() for label in every()):
        raise KnownError
    label_id = db.session.scalar(_inserting(Label).values(name=name).returning(Label.id))
    if label_id is None:
        raise KnownError
    audit.record("label.made", member_id=by, label=label_id)
    return db.session.get_one(Label, label_id)


def remove(label_id: int, by: int) -> None:
    """Take a label off the list and off every case; twice is harmless."""
    db.session.execute(select(Label.id).where(Label.id == label_id).with_for_update())
    db.session.execute(delete(CaseLabel).where(CaseLabel.label_id == label_id))
    if db.session.scalar(delete(Label).where(Label.id == label_id).returning(Label.id)) is not None:
        audit.record("label.removed", member_id=by, label=label_id)


def put(visitor: Visitor, reference: str, label_id: int) -> Case:
    """Put a label on a case; twice is harmless.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
        GoneError: there is no such label.
    """
    case = queries.held_for(visitor, reference)
    if db.session.scalar(select(Label.id).where(Label.id == label_id).with_for_update(read=True)) is None:
        raise GoneError
    added = _inserting(CaseLabel).values(case_id=case.id, label_id=label_id).returning(CaseLabel.label_id)
    if db.session.scalar(added) is not None:
        audit.record(
            "case.labelled", desk_id=case.desk_id, member_id=visitor.member.id, case_id=case.id, label=label_id
        )
    return case


def take_off(visitor: Visitor, reference: str, label_id: int) -> Case:
    """Take a label off a case; twice is harmless.

    Raises:
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
    """
    case = queries.held_for(visitor, reference)
    off = delete(CaseLabel).where(CaseLabel.case_id == case.id, CaseLabel.label_id == label_id)
    if db.session.scalar(off.returning(CaseLabel.label_id)) is not None:
        audit.record(
            "case.unlabelled", desk_id=case.desk_id, member_id=visitor.member.id, case_id=case.id, label=label_id
        )
    return case


def _inserting(model: type[Label | CaseLabel]) -> postgresql.Insert | sqlite.Insert:
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    row: postgresql.Insert | sqlite.Insert = dialect.insert(model).on_conflict_do_nothing()
    return row
