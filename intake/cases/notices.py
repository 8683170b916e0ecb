"""Letters that cases cause. They carry reference, country, urgency and a link; in plain never a word of the story."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from flask import current_app

from intake.cases import waiting
from intake.cases.models import Case
from intake.desks import cover
from intake.desks import queries as desks
from intake.desks.models import EDITORS
from intake.desks.routing import Destination, destination_at
from intake.i18n import NEVER_SEEN_LANGUAGE, ROUNDING, day, lasting, now, speaking
from intake.members import letter_choices
from intake.members import queries as members
from intake.members.models import Member
from intake.members.queries import Correspondent
from intake.outbox import alarms
from intake.outbox import queries as letters
from intake.outbox.enqueue import Addressee, enqueue
from intake.outbox.sealed_letters import Reports, standing
from intake.outbox.threads import MAIL_RECEIVED
from intake.sealing import SealedBytes

NO_REPORTS: Reports = {}


class About(NamedTuple):
    """The case that a letter is about."""

    id: int
    reference: str
    desk_id: int
    country: str
    urgent: bool


class Told(NamedTuple):
    """Who is told at a desk: its journalists, or the editors; and why these."""

    members: Sequence[Correspondent]
    facts: dict[str, bool]


_HEARD = {"no_journalist": False, "all_away": False}


class Handed(NamedTuple):
    """How many cases of a member went back into the queue, how many to who stands in.

    ``untold`` counts the others of which there is news that nobody was told.
    """

    back: int
    over: int
    untold: int


def new_case(
    case: About, at: datetime, to: Destination, reports: Reports = NO_REPORTS, *, is_canary: bool = False
) -> int:
    """Tell the newsroom and every journalist who hears of the desk's cases; where none does, the editors, saying so.

    Args:
        case: the case.
        at: when.
        to: its desk, and who is told there.
        reports: what was told, sealed to some of them; the others get the notice alone.
        is_canary: they are worked out all the same, but their letters go to the canary's mailbox.

    Returns:
        How many letters are owed.
    """
    told = _desk_or_editors(to)
    addressees = _carrying(reports, [_newsroom(), *map(_addressee, told.members)])
    return _owe("new_case", case, at, addressees, is_canary=is_canary, again=False, **told.facts)


def told_again(case: Case, at: datetime, bouncing: Collection[str]) -> int:
    """Tell of a case once more of which nobody heard: as of a new one, but to nobody whose letters come back.

    Where that leaves nobody, every editor and admin is told; where there is none of these either, all are, whatever
    comes back.

    Args:
        case: the case.
        at: when.
        bouncing: whose letters come back: members' numbers, and ``alarms.NEWSROOM``.

    Returns:
        How many letters are owed.
    """
    told = _desk_or_editors(destination_at(case.desk_id))
    everybody = [_newsroom(), *map(_addressee, told.members)]
    others = map(_addressee, members.in_charge())
    reached = [one for one in everybody if _name(one) not in bouncing]
    reached = reached or [one for one in others if _name(one) not in bouncing] or everybody
    about = About(case.id, case.reference, case.desk_id, case.country, case.urgent)
    return _owe("new_case", about, at, reached, again=True, **told.facts)


def further_words(case: Case, at: datetime, *, raised: bool, reports: Reports = NO_REPORTS) -> int:
    """Tell of further words: who answers for the case, or the newsroom; everybody, if the case became urgent by them.

    Everybody too, if who answers for it cannot hear of it, such as one who is away while nobody stands in.

    Returns:
        How many letters are owed.
    """
    hears = None if raised else _holder(case)
    if raised or (hears is None and case.assignee_id):
        told = _desk_or_editors(destination_at(case.desk_id))
        addressees, facts = [_newsroom(), *map(_addressee, told.members)], told.facts
    else:
        addressees, facts = [_addressee(hears) if hears else _newsroom()], _HEARD
    about = About(case.id, case.reference, case.desk_id, case.country, case.urgent)
    return _owe("further_words", about, at, _carrying(reports, addressees), raised=raised, **facts)


def hearers(to: Destination, case: Case | None) -> list[Correspondent]:
    """Return the members who may be told of a new case, or of further words of one.

    Args:
        to: the desk, and who is told there.
        case: the case that words are added to, if there is one.
    """
    holds = _holder(case) if case else None
    here = [Correspondent(holds.id, holds.address, holds.language)] if holds else []
    return [*_desk_or_editors(to).members, *here]


def told_more(case: Case, at: datetime, *, raised: bool, consent: bool) -> int:
    """Tell that a block of questions was answered; once in ten minutes, unless it raised urgency or changed consent.

    Returns:
        How many letters are owed.
    """
    if consent:
        return _owe_about("consent_changed", case, at, _whoever_holds(case))
    if not raised and letters.owed_at("further_words", case.id, at):
        at += ROUNDING  # once more when the ten minutes are over, since the first may have been read by then
        if letters.owed_at("further_words", case.id, at):
            return 0
    return further_words(case, at, raised=raised)


def answered(case: Case, at: datetime) -> int:
    """Tell whoever answers for the case, or else the desk, that the complainant wrote a message."""
    return _owe_about("new_message", case, at, _whoever_holds(case))


def files_arrived(case: Case, at: datetime) -> int:
    """Tell whoever answers for the case, or else the desk, that the complainant sent files; once in ten minutes."""
    if letters.owed_at("files_arrived", case.id, at):
        at += ROUNDING  # once more when the ten minutes are over, since the first may have been read by then
        if letters.owed_at("files_arrived", case.id, at):
            return 0
    return _owe_about("files_arrived", case, at, _whoever_holds(case))


def code_renewed(case: Case, at: datetime) -> int:
    """Tell whoever answers for the case, or else the desk, that its complainant took a new code."""
    return _owe_about("code_renewed", case, at, _whoever_holds(case))


def deletion_asked(case: Case, at: datetime) -> int:
    """Tell the newsroom and the desk that the complainant asked for deletion."""
    return _owe_about("deletion_asked", case, at, _everybody(case))


def to_member(kind: str, case: Case, at: datetime, member: Member) -> int:
    """Tell one member of something about a case that concerns them: an offer, its refusal, that it is theirs now."""
    return _owe_about(kind, case, at, [_addressee(member)])


def given_up(case: Case, at: datetime) -> int:
    """Tell the newsroom and the desk that nobody answers for a case any more."""
    return _owe_about("given_up", case, at, _everybody(case))


def moved_here(case: Case, at: datetime) -> int:
    """Tell who hears of a desk's cases of one that was moved there: to them it is a new one."""
    told = _desk_or_editors(destination_at(case.desk_id))
    about = About(case.id, case.reference, case.desk_id, case.country, case.urgent)
    return _owe("new_case", about, at, [_addressee(member) for member in told.members], again=False, **told.facts)


def urgency_changed(case: Case, at: datetime) -> int:
    """Tell the newsroom and the desk that a member made a case urgent, or no longer so."""
    return _owe_about("urgency_changed", case, at, _everybody(case))


def mailed_answer(case: Case, at: datetime) -> int:
    """Tell whoever answers for a case, or else the desk, that somebody answered a letter about it by e-mail."""
    return _owe_about("answer_by_mail", case, at, _whoever_holds(case))


def due(case: Case, at: datetime) -> int:
    """Tell whoever answers for a case, or else the desk, that its day has come."""
    return _owe_about("due", case, at, _whoever_holds(case))


def ending(cases: Collection[Case], at: datetime) -> int:
    """Tell that the time is over for which cases are kept: one letter to each who answers for any, or else at the desk.

    Where nobody hears of a case, the newsroom does.

    Args:
        cases: the cases, with the day on which each ends.
        at: when.

    Returns:
        How many letters are owed.
    """
    hears: dict[tuple[int, int | None], list[Addressee]] = {}
    told: dict[Addressee, list[datetime]] = {}
    for case in cases:
        known = (case.desk_id, case.assignee_id)
        if known not in hears:
            there = [one for one in _whoever_holds(case) if one.member_id is not None]
            hears[known] = there or [_newsroom()]
        for addressee in hears[known]:
            told.setdefault(addressee, []).append(case.ends_at or at)
    for addressee, ends in told.items():
        with speaking(addressee.language):
            first = day(min(ends))
        fills = {
            "count": str(len(ends)),
            "day": first,
            "link": f"{current_app.config['DESK_URL']}/desk/?tab=ending",
        }
        enqueue("ending", [addressee], at, fills=fills)
    return len(told)


def called(member: Member, due_at: datetime) -> Addressee:
    """Return a member who is called to a case, by a letter that goes out at a moment."""
    return _addressee(member)._replace(due_at=due_at)


def overdue(case: Case, at: datetime, members: Sequence[Addressee], *, step: int, within: timedelta) -> int:
    """Call others to a case that nobody acknowledged. At its last step the newsroom is told that it is overdue.

    Args:
        case: the case.
        at: when.
        members: whom it calls.
        step: which, see ``waiting``.
        within: how long nobody acknowledged it.

    Returns:
        How many letters are owed.
    """
    owed, last = 0, step == waiting.NEWSROOM
    for addressee in [_newsroom(), *members] if last else members:
        with speaking(addressee.language):
            lasted = lasting(int(within / timedelta(minutes=1)))
        link = f"{current_app.config['DESK_URL']}/desk/cases/{case.reference}"
        fills = {"reference": case.reference, "link": link, "within": lasted}
        owed += enqueue(
            *("overdue", [addressee], at),
            case_id=case.id,
            fills=fills,
            country=case.country,
            urgent=case.urgent,
            step=str(step),
        )
    return owed


def nudge(case: Case, at: datetime, sealed_address: SealedBytes, language: str) -> int:
    """Remind a complainant who asked for it that there is something new: no name, no reference, no link.

    Args:
        case: the case.
        at: when.
        sealed_address: the address, sealed to the outbox identity.
        language: the language that the person chose.
    """
    return enqueue("nudge", [Addressee("", language, None, sealed_address)], at, fills={}, case_id=case.id)


def mail_received(case_id: int, at: datetime, sealed_address: SealedBytes, language: str) -> int:
    """Answer one who wrote by mail: safer ways to reach the newsroom, and nothing of what they wrote.

    Args:
        case_id: the case that their mail opened.
        at: when.
        sealed_address: theirs, sealed to the outbox identity.
        language: that of the mail, guessed.
    """
    return enqueue(
        MAIL_RECEIVED,
        [Addressee("", language, None, sealed_address)],
        at,
        fills={"page": f"{current_app.config['PUBLIC_URL']}/{language}/"},
        case_id=case_id,
    )


def member_locked(desk_ids: Collection[int], at: datetime, cases: Handed, *, removed: bool) -> int:
    """Tell the newsroom, the editors and who is seated at these desks that an account was shut; not whose.

    Args:
        desk_ids: where the member was seated, and where cases wait again.
        at: when.
        cases: what became of the cases that hung on the member.
        removed: whether the member left for good.

    Returns:
        How many letters are owed.
    """
    seated = [member for desk_id in sorted(desk_ids) for member in desks.seated_at(desk_id)]
    return enqueue(
        "member_locked",
        [_newsroom(), *map(_addressee, members.editors()), *map(_addressee, seated)],
        at,
        fills={
            **{name: str(count) for name, count in cases._asdict().items()},
            "link": f"{current_app.config['DESK_URL']}/desk/",
        },
        urgent=True,
        removed=removed,
        any_over=cases.over > 0,
        any_untold=cases.untold > 0,
    )


def _whoever_holds(case: Case) -> list[Addressee]:
    hears = _holder(case)
    return _everybody(case) if hears is None else [_addressee(hears)]


def _holder(case: Case) -> Member | None:
    """Return who answers for a case, or stands in for them; nobody where nobody does, or nobody stands in."""
    return cover.holder_hearing(case.assignee_id, case.desk_id, now()) if case.assignee_id else None


def _everybody(case: Case) -> list[Addressee]:
    told = _desk_or_editors(destination_at(case.desk_id))
    return [_newsroom(), *map(_addressee, told.members)]


def _owe_about(kind: str, case: Case, at: datetime, addressees: list[Addressee]) -> int:
    return _owe(kind, About(case.id, case.reference, case.desk_id, case.country, case.urgent), at, addressees)


def _desk_or_editors(to: Destination) -> Told:
    """Return who is told at a desk; where a country's desk has no journalist, or all are away, the facts say so."""
    if to.journalists:
        return Told(to.journalists, _HEARD)
    of_country = desks.by_name(EDITORS).id != to.desk_id
    facts = {"no_journalist": of_country and not to.all_away, "all_away": of_country and to.all_away}
    return Told(cover.editors_hearing(to.desk_id, now()), facts)


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


def _carrying(reports: Reports, addressees: list[Addressee]) -> list[Addressee]:
    """Return the addressees, each with the report that is sealed to their certificate as it is now."""
    sealed = standing(reports)
    return [one._replace(sealed_report=sealed.get(one.member_id)) for one in addressees]


def _name(addressee: Addressee) -> str:
    """Return what an alarm calls an addressee."""
    return alarms.NEWSROOM if addressee.member_id is None else str(addressee.member_id)


def _addressee(member: Correspondent | Member) -> Addressee:
    return letter_choices.addressee(member)
