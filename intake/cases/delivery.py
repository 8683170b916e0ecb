"""The delivery ledger of a case: who was told of it, how far that came, and who acknowledged it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from intake.audit import AuditEntry
from intake.cases import letters_read
from intake.cases.letters_read import Delivery
from intake.cases.models import Case
from intake.extensions import db
from intake.members import queries as members
from intake.members.models import Member
from intake.outbox.models import Letter

MOST = 100  # letters that are shown
_ACKNOWLEDGED = "case.acknowledged"


@dataclass(frozen=True)
class Told:
    """Somebody to whom letters about a case go, and how far the newest came.

    Attributes:
        to: the member's name, or whom it is.
        letters: the letters, newest first; one at least.
        claimed_at: when they acknowledged the case, if ever they did.
    """

    to: str
    letters: list[Delivery]
    claimed_at: datetime | None

    @property
    def newest(self) -> Delivery:
        """The letter that tells how far it came."""
        return self.letters[0]


@dataclass(frozen=True)
class Claim:
    """An acknowledgement of a case: by whom, where that is known still, and when."""

    member_id: int | None
    at: datetime
    by: str


@dataclass(frozen=True)
class Ledger:
    """The letters about a case, newest first, whether there are older ones, and who was told by them.

    Attributes:
        claim: who acknowledged the case, if somebody has.
        earlier: who acknowledged it before it went back to the queue, the last first.
    """

    letters: list[Delivery]
    more: bool
    people: list[Told]
    claim: Claim | None
    earlier: list[Claim]

    @property
    def owed(self) -> int:
        """How many of them are not accepted yet."""
        return sum(letter.next_at is not None for letter in self.letters)


def of_case(case: Case) -> Ledger:
    """Return what became of the letters about a case.

    Args:
        case: the case, fetched for a member of its desk.
    """
    picked = select(Letter.id).where(Letter.case_id == case.id).order_by(Letter.owed_at.desc(), Letter.id.desc())
    letters = letters_read.read(picked.limit(MOST + 1))
    claims = _claims(case)
    shown, last = letters[:MOST], {claim.member_id: claim.at for claim in reversed(claims)}
    grouped: dict[tuple[int | None, str], list[Delivery]] = {}
    for letter in shown:
        grouped.setdefault((letter.member_id, letter.to), []).append(letter)
    people = [
        Told(to, theirs, last.get(member_id) if member_id else None) for (member_id, to), theirs in grouped.items()
    ]
    people.sort(key=lambda told: (told.claimed_at is None, told.newest.member_id is None, told.to.casefold()))
    stands = case.acknowledged_at is not None
    return Ledger(shown, len(letters) > MOST, people, claims[0] if stands else None, claims[1:] if stands else claims)


def _claims(case: Case) -> list[Claim]:
    """Return who acknowledged a case and when, the last first: as the audit has it, and the case itself."""
    entries = select(AuditEntry.member_id, AuditEntry.at, Member.name).outerjoin(Member)
    entries = entries.where(AuditEntry.case_id == case.id, AuditEntry.act == _ACKNOWLEDGED)
    rows = db.session.execute(entries.order_by(AuditEntry.id.desc()))
    found = [Claim(member_id, at, name or "–") for member_id, at, name in rows]
    if case.acknowledged_at is None:
        return found
    # Whoever gives a case a status acknowledges it by that: the case alone says so.
    own, by_id = case.acknowledged_at, case.acknowledged_by_id
    by = members.names({by_id}).get(by_id or 0, "–")
    return [Claim(by_id, own, by), *(claim for claim in found if claim.member_id != by_id or claim.at < own)]
