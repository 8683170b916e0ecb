"""What is good once: a one-time code, and a recovery code."""

from flask.testing import FlaskClient
from sqlalchemy import select

from intake.extensions import db, transaction
from intake.members import one_time_codes, recovery, secrets, sign_in
from intake.members.models import JOURNALIST, Factor, Member, MemberSecret
from intake.members.one_time_codes import Passed
from intake.members.sign_in import Offered
from tests.factories import ONE_TIME_SECRET, PASSWORD, House, make_member, one_time_code, token


def enter(client: FlaskClient, member: Member, **typed: str) -> int:
    """Sign in with what is typed; return the answer's status."""
    answers = {"address": member.address, **typed, "csrf_token": token(client, "/desk/sign-in")}
    return client.post("/desk/sign-in", data=answers).status_code


def step_of(member: Member) -> int:
    """Return the last step of a member's codes that passed."""
    db.session.rollback()
    return db.session.scalars(select(Factor.counter).where(Factor.member_id == member.id)).one()


def with_recovery() -> tuple[Member, list[str]]:
    """Return a member and their recovery codes."""
    made = secrets.make_identity(PASSWORD, ONE_TIME_SECRET)
    with transaction():
        member = secrets.join(
            made, name="Aigerim", address="a@example.org", language="en", role=JOURNALIST, is_admin=False
        )
    return member, made.recovery.codes


def test_a_one_time_code_is_good_once(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    code = one_time_code()
    assert enter(client, member, password=PASSWORD, code=code) == 302
    assert step_of(member) > 0
    assert enter(client.application.test_client(), member, password=PASSWORD, code=code) == 422


def test_a_code_that_was_right_with_a_wrong_password_is_good_still(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    assert enter(client, member, password="wrong", code=one_time_code()) == 422
    assert enter(client, member, password=PASSWORD, code=one_time_code()) == 302


def test_of_two_codes_the_earlier_is_wrong_once_the_later_passed(client: FlaskClient, house: House) -> None:
    this = one_time_codes.step_now()
    codes = [one_time_code(step=step) for step in (0, 1)]
    assert one_time_codes.matching_step(ONE_TIME_SECRET, codes[0], 0) == this
    assert one_time_codes.matching_step(ONE_TIME_SECRET, codes[1], this) == this + 1
    for code in codes:
        assert one_time_codes.matching_step(ONE_TIME_SECRET, code, this + 1) is None
    member = make_member(house, "KZ")
    answers = [
        enter(client.application.test_client(), member, password=PASSWORD, code=codes[place]) for place in (0, 1, 0, 1)
    ]
    assert answers == [302, 302, 422, 422]


def test_of_two_requests_with_one_code_the_second_finds_it_used(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    factor = db.session.scalars(select(Factor).where(Factor.member_id == member.id)).one()
    for step, passes in ((7, True), (7, False), (6, False), (8, True)):
        with transaction():
            assert one_time_codes.spend(Passed(factor.id, step)) == passes
    offered = Offered(member.address, PASSWORD, one_time_code(), "")
    opened = [sign_in.open_account(offered) for _ in range(2)]
    with transaction():
        assert opened[0]
        sign_in.admit(opened[0], "")
    spent = False
    try:
        with transaction():
            assert opened[1], "both were opened before either was admitted"
            sign_in.admit(opened[1], "")
    except sign_in.SpentError:
        spent = True
    assert spent


def test_a_recovery_code_is_good_once(client: FlaskClient, house: House) -> None:
    member, codes = with_recovery()
    assert enter(client, member, password=PASSWORD, recovery=codes[0]) == 302
    assert recovery.left(member.id) == recovery.COUNT - 1
    other = client.application.test_client()
    assert enter(other, member, password=PASSWORD, recovery=codes[0]) == 422
    assert enter(other, member, recovery=codes[0], code=one_time_code()) == 422
    assert enter(other, member, recovery=codes[1], code=one_time_code()) == 302
    row = db.session.scalars(select(MemberSecret.id).where(MemberSecret.tag.is_not(None))).first()
    assert row
    for good in (True, False):
        with transaction():
            assert recovery.spend(row) == good


def test_a_recovery_code_alone_opens_nothing(client: FlaskClient, house: House) -> None:
    member, codes = with_recovery()
    assert sign_in.open_account(Offered(member.address, "", "", codes[0])) is None
    assert enter(client, member, recovery=codes[0]) == 422
    assert enter(client, member, password="wrong", recovery=codes[0]) == 422
    assert enter(client, member, recovery=codes[0], code="000000") == 422
    assert recovery.left(member.id) == recovery.COUNT


def test_another_members_recovery_code_opens_nothing(client: FlaskClient, house: House) -> None:
    _, codes = with_recovery()
    assert enter(client, make_member(house, "KZ"), password=PASSWORD, recovery=codes[0]) == 422
