"""The letters that cases cause. They carry reference, country, urgency and a link: never a word of the story."""

from datetime import datetime
from typing import NamedTuple

from flask import current_app

from intake.cases.models import Case
from intake.desks import queries as desks
from intake.desks.models import EDITORS
from intake.i18n import NEVER_SEEN_LANGUAGE
from intake.members import queries as members
from intake.members.models import Member
from intake.members.queries import Correspondent
from intake.outbox.enqueue import Addressee, enqueue


class About(NamedTuple):
    """The case that a letter is about."""

    id: int
    reference: str
    desk_id: int
    country: str
    urgent: bool


def new_case(case: About, at: datetime) -> int:
    """Tell the newsroom and every journalist seated at the case's desk; where none is, every editor, saying so.

    Returns:
        How many letters are owed.
    """
    told, no_journalist = _desk_or_editors(case.desk_id)
    return _owe("new_case", case, at, [_newsroom(), *map(_addressee, told)], no_journalist=no_journalist)


def further_words(case: Case, at: datetime, *, raised: bool) -> int:
    """Tell of further words: who took the case up, or the newsroom; everybody, if the case became urgent by them.

    Returns:
        How many letters are owed.
    """
    told, no_journalist = _desk_or_editors(case.desk_id)
    if raised:
        addressees = [_newsroom(), *map(_addressee, told)]
    else:
        holder = members.by_id(case.acknowledged_by_id) if case.acknowledged_by_id else None
        addressees, no_journalist = [_addressee(holder) if holder else _newsroom()], False
    about = About(case.id, case.reference, case.desk_id, case.country, case.urgent)
    return _owe("further_words", about, at, addressees, raised=raised, no_journalist=no_journalist)


def _desk_or_editors(desk_id: int) -> tuple[list[Correspondent], bool]:
    """Return the desk's journalists, or the editors; and whether a country's desk has no journalist."""
    journalists = desks.journalists_at(desk_id)
    alone = not journalists and desks.by_name(EDITORS).id != desk_id
    return journalists or members.editors(), alone


def _owe(kind: str, case: About, at: datetime, addressees: list[Addressee], **facts: bool) -> int:
    return enqueue(
        kind,
        addressees,
        at,
        case_id=case.id,
        fills={
            "reference": case.reference,
            "link": f"{current_app.config['DESK_URL']}/desk/cases/{case.reference}",
        },
        country=case.country,
        urgent=case.urgent,
        **facts,
    )


def _newsroom() -> Addressee:
    return Addressee(current_app.config["NEWSROOM_ADDRESS"], NEVER_SEEN_LANGUAGE)


def _addressee(member: Correspondent | Member) -> Addressee:
    return Addressee(member.address, member.language, member.id)
