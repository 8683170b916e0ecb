"""What a desk sees of how a case is checked: its claims, its checklist, and whether that is signed off."""

from dataclasses import dataclass

from intake.cases import coding, queries, sign_off, verification
from intake.cases.models import Case
from intake.cases.queries import OpenedStatement
from intake.cases.sign_off import OpenedSigning
from intake.cases.verification import Record, Tick
from intake.members import queries as members
from intake.members.sessions import Visitor
from intake.reference.verification_checklists import items_for

KIND = "kind"  # the block in which a complainant ticks what kind of violation it is
_OPEN = Tick(done=False, word="")


@dataclass(frozen=True)
class Checking:
    """What was checked about a case, for one member.

    Attributes:
        record: the claims and the checklist as they stand.
        items: the items of the checklist that are asked of this case.
        signings: its sign-offs and the ends of them, newest first.
        standing: one of ``sign_off.STANDINGS``.
        may_sign: whether the member signs off at this desk.
        own_work: whether it is their own work, so that an editor of other eyes signs it off.
        alone: whether it is their own work, and they are the only editor.
        names: the names of who is mentioned.
    """

    record: Record
    items: tuple[str, ...]
    signings: list[OpenedSigning]
    standing: str
    may_sign: bool
    own_work: bool
    alone: bool
    names: dict[int, str]

    @property
    def confirmed(self) -> int:
        """How many claims are confirmed."""
        return sum(one.claim.state == verification.CONFIRMED for one in self.record.claims)

    @property
    def unchecked(self) -> int:
        """How many claims nobody checked."""
        return sum(one.claim.state == verification.UNCHECKED for one in self.record.claims)

    @property
    def ticks(self) -> dict[str, Tick]:
        """The ticks of the items that are asked of this case."""
        return {item: self.record.checklist.ticks.get(item, _OPEN) for item in self.items}

    @property
    def former(self) -> dict[str, Tick]:
        """The ticks of items that were asked of this case earlier, when it was thought to be about something else."""
        ticks = self.record.checklist.ticks
        return {item: tick for item, tick in ticks.items() if item not in self.items and tick.done}

    @property
    def done(self) -> int:
        """How many of the items are done."""
        return sum(tick.done for tick in self.ticks.values())

    @property
    def stands(self) -> bool:
        """Whether all of this is signed off."""
        return self.standing == sign_off.STANDS


def open_for(visitor: Visitor, case: Case, statements: list[OpenedStatement]) -> Checking:
    """Open what was checked about a case.

    Args:
        visitor: who reads it.
        case: a case that they may read.
        statements: its statements: what the complainant ticked counts until a journalist codes the case.
    """
    opens = queries.desk_opens(visitor)
    codes = coding.codes_of(case, opens) or ticked(statements)
    record, signings = verification.read(case, opens), sign_off.read(case, opens)
    may_sign, own = sign_off.may_sign(visitor), False
    if may_sign:
        own = sign_off.is_own_work(case, visitor.member.id, record.checkers)
    others = own and sign_off.has_other_editor(case, visitor.member.id)
    return Checking(
        record,
        items_for(codes),
        signings,
        sign_off.standing(signings, record.number),
        may_sign,
        own and others,
        own and not others,
        members.names({*record.member_ids, *(one.member_id for one in signings)}),
    )


def ticked(statements: list[OpenedStatement]) -> tuple[str, ...]:
    """Return the kinds of violation that the complainant ticked last."""
    newest = next((one for one in reversed(statements) if one.block == KIND), None)
    answers = newest.words.get("answers", {}) if newest else {}
    return tuple(str(code) for code in answers.get("categories") or ())
