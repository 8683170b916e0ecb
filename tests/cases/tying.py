"""Linking and merging cases without HTTP."""

from intake.cases import links, merges, ties
from intake.cases.models import Case
from intake.cases.ties import Ties
from intake.extensions import settle, transaction
from intake.members.sessions import Visitor
from tests.cases import reference, saved


def link(visitor: Visitor, case: Case, other: Case, kind: str = links.RELATED, reason: str = "Alike") -> None:
    """Link two cases."""
    name, to = reference(case), reference(other)
    settle(lambda: links.seal(visitor, name, to, kind, reason), links.keep)


def merge(visitor: Visitor, case: Case, main: Case, reason: str = "One story") -> bool:
    """Let a case be worked on with a main one; return whether that is new."""
    name, to = reference(case), reference(main)
    return settle(lambda: merges.seal(visitor, name, to, reason, leads=False), merges.keep)


def unlink(visitor: Visitor, case: Case, link_id: int) -> None:
    """Take a link off."""
    name = reference(case)
    with transaction():
        links.remove(visitor, name, link_id)


def unmerge(visitor: Visitor, case: Case, merge_id: int) -> None:
    """Take a case out of its main one."""
    name = reference(case)
    with transaction():
        merges.undo(visitor, name, merge_id)


def ties_of(visitor: Visitor, case: Case) -> Ties:
    """Return what a case has to do with others, as a member sees it."""
    return ties.of(visitor, saved(case))


def linked(visitor: Visitor, case: Case) -> list[tuple[str, str, str]]:
    """Return the links of a case as a member sees them: to what, of which kind, why."""
    return [(one.other.reference, one.kind, one.reason) for one in ties_of(visitor, case).links]


def main_of(visitor: Visitor, case: Case) -> str | None:
    """Return the reference of the case that one is worked on with."""
    main = ties_of(visitor, case).main
    return main.other.reference if main else None


def led_by(visitor: Visitor, case: Case) -> list[str]:
    """Return the references of the cases that are worked on with one."""
    return [one.other.reference for one in ties_of(visitor, case).led]
