"""What a case has to do with others, as far as who asks may open them."""

from dataclasses import dataclass

from intake.cases import links, merges, queries
from intake.cases.links import OpenedLink
from intake.cases.merges import OpenedMerge
from intake.cases.models import Case
from intake.members import queries as members
from intake.members.sessions import Visitor


@dataclass(frozen=True)
class Ties:
    """What a case has to do with others.

    Attributes:
        main: the case that it is worked on with.
        led: the cases that are worked on with it.
        links: its links, newest first.
        names: the names of who made all that.
    """

    main: OpenedMerge | None
    led: list[OpenedMerge]
    links: list[OpenedLink]
    names: dict[int, str]


def of(visitor: Visitor, case: Case) -> Ties:
    """Return what a case has to do with others.

    Raises:
        sealing.SealError: something of it was altered, or moved here from another case.
    """
    opens = queries.desk_opens(visitor)
    together, linked = merges.read(case, opens), links.read(visitor, case, opens)
    merged = [*together.led, *filter(None, [together.main])]
    made_by = {one.member_id for one in merged} | {one.member_id for one in linked}
    return Ties(together.main, together.led, linked, members.names(made_by) if made_by else {})
