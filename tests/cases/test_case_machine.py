"""A case through anything that members and its complainant may do, in any order: its promises hold after every step."""

from itertools import pairwise

import pytest
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from intake import audit
from intake.cases import queries, statuses, triage
from intake.cases.models import ACKNOWLEDGED, CHECKING, NEEDS_ANSWER, PUBLISHED, RECEIVED, Case
from intake.cases.statuses import GIVEN, NEXT, OPEN, NeverPublishError, NotAllowedError, NotSignedOffError
from intake.desks import queries as desks
from intake.extensions import db, transaction
from intake.members.models import EDITOR
from tests.cases import opener, tell, visit_of, write
from tests.cases.working import give, give_up, move
from tests.factories import House, make_case, make_claim, make_member, sign_off
from tests.rewound import Before
from tests.strategies import examples

PLACES = ("KZ", "KG")
WHO = st.integers(0, 1)
REFUSALS = (NotAllowedError, NeverPublishError, NotSignedOffError)


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database: its file is put back before each walk."""
    return str(request.param)


class Walk(RuleBasedStateMachine):
    """A walk of one case, with what it should be now worked out beside it."""

    before: Before
    house: House
    members: list[int]
    editor: int

    @initialize(is_checked=st.booleans())
    def begin(self, is_checked: bool) -> None:  # noqa: FBT001 drawn
        """Let somebody complain; in half of the walks, let it be checked and signed off."""
        self.before.restore()
        case, self.keys, _ = make_case("KZ")
        self.number, self.reference = case.id, case.reference
        self.status, self.before_question = RECEIVED, RECEIVED
        self.claims, self.signed, self.never = 0, -1, False
        self.once = 0
        if is_checked:
            self.a_claim_is_written_down()
            self.a_member_gives_a_status(0, CHECKING, "")
            self.an_editor_signs_off()

    @property
    def case(self) -> Case:
        """The case as it is saved."""
        db.session.rollback()
        return db.session.get_one(Case, self.number)

    @rule(who=WHO, status=st.sampled_from(GIVEN), words=st.sampled_from(("", "https://acca.media/en/x")))
    def a_member_gives_a_status(self, who: int, status: str, words: str) -> None:
        visitor = self.house.visitors[self.members[who]]
        allowed = status in NEXT[self.status] and (bool(words) or not statuses.asks_words(self.status, status))
        if status == PUBLISHED:
            allowed = allowed and not self.never and self.claims == self.signed
        if not allowed:
            with pytest.raises(REFUSALS):
                give(visitor, self.case, status, words)
            return
        give(visitor, self.case, status, words)
        if status == NEEDS_ANSWER:
            self.ask()
        self.status = status

    @rule(who=WHO)
    def a_member_publishes(self, who: int) -> None:
        self.a_member_gives_a_status(who, PUBLISHED, "https://acca.media/en/x")

    @rule(who=WHO)
    def a_member_publishes_what_never_may_be(self, who: int) -> None:
        self.the_complainant_says_whether_it_may_be_published(never=True)
        self.a_member_publishes(who)

    @rule(who=WHO)
    def a_member_acknowledges(self, who: int) -> None:
        with transaction():
            triage.acknowledge(self.house.visitors[self.members[who]], self.reference)
        self.take_up()

    @rule(who=WHO, asks=st.booleans())
    def a_member_writes(self, who: int, asks: bool) -> None:  # noqa: FBT001 drawn
        self.once += 1
        write(self.house.visitors[self.members[who]], self.case, "May we call you?", f"m{self.once}", asks=asks)
        self.take_up()
        if asks:
            self.ask()
            self.status = NEEDS_ANSWER

    @rule()
    def the_complainant_writes(self) -> None:
        self.once += 1
        write(visit_of(self.case, self.keys), self.case, "Call me in the evening", f"c{self.once}")
        if self.status == NEEDS_ANSWER:
            self.status = self.before_question

    @rule(never=st.booleans())
    def the_complainant_says_whether_it_may_be_published(self, never: bool) -> None:  # noqa: FBT001 drawn
        level = "never" if never else "with_name"
        tell(visit_of(self.case, self.keys), self.case, "publication", {"not_for_publication": never}, pub_level=level)
        self.never = never

    @rule()
    def a_claim_is_written_down(self) -> None:
        make_claim(self.house, self.house.visitors[self.members[0]].member, self.case, f"Claim {self.claims}")
        self.claims += 1

    @precondition(lambda self: self.claims > 0)
    @rule()
    def an_editor_signs_off(self) -> None:
        sign_off(self.house, self.case, self.house.visitors[self.editor].member)
        self.signed = self.claims

    @rule(who=WHO)
    def a_member_gives_the_case_up(self, who: int) -> None:
        visitor, case = self.house.visitors[self.members[who]], self.case
        if case.assignee_id != visitor.member.id or self.status not in OPEN:
            return
        give_up(visitor, case)
        self.status = RECEIVED

    @rule(who=WHO, to=st.sampled_from(PLACES))
    def the_case_moves(self, who: int, to: str) -> None:
        case = self.case
        if case.desk_id == desks.by_name(to).id:
            return
        open_before = self.status in OPEN
        move(self.house.visitors[self.members[who]], case, to)
        self.signed = -1
        if open_before:
            self.status = RECEIVED

    @invariant()
    def its_status_is_what_was_done(self) -> None:
        case = self.case
        assert case.status == self.status
        assert case.not_for_publication == self.never
        assert (case.acknowledged_at is None) == (case.acknowledged_by_id is None)
        if case.status not in {RECEIVED, NEEDS_ANSWER}:
            assert case.acknowledged_at is not None, "nobody has taken up what is worked on"
        if case.status == RECEIVED:
            assert case.escalates_at is not None, "a case waits, and nobody is ever called"
            assert case.escalates_at >= case.received_at
        if case.status not in OPEN:
            assert case.escalates_at is None

    @invariant()
    def the_chain_is_whole(self) -> None:
        for chain in audit.chains():
            assert audit.broken_at(chain) is None
        db.session.rollback()

    @invariant()
    def both_sides_read_the_same(self) -> None:
        case = self.case
        theirs = queries.read_statuses(case, opener(self.keys.identity))
        ours = queries.read_statuses(case, queries.desk_opens(self.house.visitors[self.members[0]]))
        assert [(one.status, one.words, one.at) for one in theirs] == [(one.status, one.words, one.at) for one in ours]
        assert all(after.at >= before.at >= case.received_at for before, after in pairwise(theirs))
        db.session.rollback()

    def take_up(self) -> None:
        """Work out what taking a case up makes of it."""
        if self.status == RECEIVED:
            self.status = ACKNOWLEDGED

    def ask(self) -> None:
        """Work out what an answer brings back."""
        self.take_up()
        if self.status != NEEDS_ANSWER:
            self.before_question = self.status


def test_whatever_is_done_in_whatever_order_the_promises_of_a_case_hold(app: Flask, house: House) -> None:
    Walk.members = [make_member(house, *PLACES).id for _ in range(2)]
    Walk.editor = make_member(house, *PLACES, role=EDITOR).id
    Walk.house, Walk.before = house, Before(app, house)
    run_state_machine_as_test(Walk, settings=examples(6, 300, steps=12))
