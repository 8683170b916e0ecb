"""Filling a trial with invented members and complaints, through the path that real ones take."""

from collections.abc import Iterator
from dataclasses import dataclass

from intake.cases import return_code
from intake.cases.models import DEMO
from intake.complaint import submit
from intake.desks import seats, setup
from intake.desks.models import Desk
from intake.extensions import db, settle
from intake.i18n import TAGS
from intake.members import one_time_codes, secrets
from intake.members.models import EDITOR
from intake.reference import demo as invented
from intake.sealing import code_keys, seal_identity


@dataclass(frozen=True)
class SeatedMember:
    """An invented member, and where they are seated."""

    address: str
    role: str
    is_admin: bool
    desks: str


@dataclass(frozen=True)
class Seated:
    """The invented members, and the password and the secret of the one-time codes of them all."""

    members: list[SeatedMember]
    password: str
    secret: str


def seat_members() -> Seated:
    """Make the desks anew and seat invented members at them, while the desks' identities are at hand.

    Only for an instance that nobody joined and nobody wrote to.
    """
    found = setup.house()
    recipient = found.rescue_recipient if found else ""
    setup.unmake_desks()
    db.session.expire_all()
    keys = [(key, db.session.get_one(Desk, key.desk_id), identity) for key, identity in setup.make_desks(recipient)]
    password, secret = secrets.suggestion(), one_time_codes.new_secret()
    seated = []
    for number, person in enumerate(sorted(invented.members(), key=lambda person: person.role != EDITOR)):
        made = secrets.make_identity(password, secret)
        is_admin = number == 0
        member = secrets.join(
            made,
            name=person.name,
            address=person.address,
            language=person.language,
            role=person.role,
            is_admin=is_admin,
        )
        member.reads = person.language
        places = [place for place in keys if person.role == EDITOR or place[1].name in person.countries]
        for key, desk, identity in places:
            seats.give(member, desk, key.id, seal_identity(identity, [member.recipient]), by=None)
        seated.append(
            SeatedMember(member.address, person.role, is_admin, ", ".join(desk.name for _, desk, _ in places))
        )
    return Seated(seated, password, secret)


def complaints(count: int, seed: int) -> Iterator[submit.Complaint]:
    """Return invented complaints.

    Args:
        count: how many.
        seed: the same seed gives the same ones.
    """
    for story in invented.stories(count, seed):
        yield submit.Complaint(
            language=story.language if story.language in TAGS else "ru",
            story=story.story,
            urgent=story.urgent,
            country=story.country,
            contact_mode=story.contact_mode,
            contact_value=story.contact_value,
            consent=True,
            channel=DEMO,
        )


def send(complaint: submit.Complaint) -> submit.Receipt:
    """Send one invented complaint under a fresh return code, which nobody keeps."""
    keys = code_keys(return_code.mint(), setup.code_salt())
    return settle(submit.sealing_of(complaint, keys), submit.submit)
