"""The letters that cases cause. They carry reference, country, urgency and a link: never a word of the story."""

from datetime import datetime

from flask import current_app

from intake.cases.models import Case
from intake.desks import queries as desks
from intake.desks.models import EDITORS
from intake.i18n import COUNTRY_NAMES, NEVER_SEEN_LANGUAGE
from intake.members import queries as members
from intake.members.models import Member
from intake.outbox.enqueue import Addressee, enqueue


def new_case(case: Case, at: datetime) -> int:
    """Tell the newsroom and every journalist seated at the case's desk; where none is, every editor, saying so.

    Returns:
        How many letters are owed.
    """
    told, no_journalist = _desk_or_editors(case)
    return _owe("new_case", case, at, [_newsroom(), *map(_addressee, told)], no_journalist=no_journalist)


def further_words(case: Case, at: datetime, *, raised: bool) -> int:
    """Tell of further words: who took the case up, or the newsroom; everybody, if the case became urgent by them.

    Returns:
        How many letters are owed.
    """
    told, no_journalist = _desk_or_editors(case)
    if raised:
        addressees = [_newsroom(), *map(_addressee, told)]
    else:
        holder = members.by_id(case.acknowledged_by_id) if case.acknowledged_by_id else None
        addressees = [_addressee(holder) if holder else _newsroom()]
    return _owe("further_words", case, at, addressees, raised=raised, no_journalist=no_journalist)


def _desk_or_editors(case: Case) -> tuple[list[Member], bool]:
    """Return the desk's journalists, or the editors; and whether a country's desk has no journalist."""
    journalists = desks.journalists_at(case.desk_id)
    alone = not journalists and desks.by_name(EDITORS).id != case.desk_id
    return journalists or members.editors(), alone


def _owe(kind: str, case: Case, at: datetime, addressees: list[Addressee], **words: bool) -> int:
    return enqueue(
        kind,
        addressees,
        at,
        case_id=case.id,
        reference=case.reference,
        country=COUNTRY_NAMES[case.country],
        urgent=case.urgent,
        link=f"{current_app.config['DESK_URL']}/desk/cases/{case.reference}",
        **words,
    )


def _newsroom() -> Addressee:
    return Addressee(current_app.config["NEWSROOM_ADDRESS"], NEVER_SEEN_LANGUAGE)


def _addressee(member: Member) -> Addressee:
    return Addressee(member.address, member.language, member.id)
