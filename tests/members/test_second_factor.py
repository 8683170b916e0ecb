"""Two secrets at once: six digits that are good once, recovery codes that stand in for one of the two, never both."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from intake.extensions import db, transaction
from intake.members import one_time_codes, recovery, sign_in
from intake.members.models import ONE_TIME_CODE, RECOVERY, Factor, Member, MemberSecret, MemberSession
from intake.members.sign_in import Offered, SpentError, open_account
from tests.factories import (
    ONE_TIME_SECRET,
    PASSWORD,
    House,
    confirm,
    count_rows,
    hidden_on,
    letters,
    make_member,
    one_time_code,
    token,
    token_on,
)
from tests.factories import sign_in as enter


@pytest.fixture
def member(house: House) -> Member:
    return make_member(house, "KZ")


def codes_of(house: House, member: Member) -> list[str]:
    """Give a member ten recovery codes, as the account page does, and return them."""
    made = recovery.make(house.visitors[member.id].identity)
    with transaction():
        recovery.save(made, member)
    return made.codes


def attempt(client: FlaskClient, member: Member, **typed: str) -> int:
    """Send the sign-in form as it was typed, and return the status."""
    address = member.address
    page = token(client, "/desk/sign-in")
    return client.post("/desk/sign-in", data={"address": address, "csrf_token": page, **typed}).status_code


def test_a_password_alone_opens_nothing(client: FlaskClient, member: Member) -> None:
    assert attempt(client, member, password=PASSWORD) == 422
    assert attempt(client, member, password=PASSWORD, code="000000") == 422
    assert attempt(client, member, code=one_time_code()) == 422
    assert count_rows(MemberSession) == 0, "nobody is half signed in"


def test_a_code_is_good_once_and_none_before_it_afterwards(client: FlaskClient, member: Member) -> None:
    earlier, this, later = (one_time_code(step=step) for step in (-1, 0, 1))
    assert attempt(client, member, password=PASSWORD, code=this) == 302
    for _ in range(2):  # A, B, A as well
        for spent in (this, earlier):
            assert attempt(client, member, password=PASSWORD, code=spent) == 422
        if _ == 0:
            assert attempt(client, member, password=PASSWORD, code=f"{later[:3]} {later[3:]}") == 302
    assert attempt(client, member, password=PASSWORD, code=later) == 422


def test_a_code_of_another_minute_is_refused(client: FlaskClient, member: Member) -> None:
    for step in (-3, -2, 2, 3):
        assert attempt(client, member, password=PASSWORD, code=one_time_code(step=step)) == 422


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "0" * 5000, "\x00"])
def test_what_is_no_code_is_refused_kindly(client: FlaskClient, member: Member, typed: str) -> None:
    assert attempt(client, member, password=PASSWORD, code=typed) == 422


def test_of_two_requests_with_one_code_at_the_same_moment_one_gets_in(client: FlaskClient, member: Member) -> None:
    offered = Offered(member.address, PASSWORD, one_time_code())
    first, second = open_account(offered), open_account(offered)
    assert first
    assert second
    with transaction():
        sign_in.admit(first, "")
    with pytest.raises(SpentError), transaction():
        sign_in.admit(second, "")
    assert count_rows(MemberSession) == 1


def test_the_secret_of_the_codes_is_sealed_to_the_member(house: House, member: Member) -> None:
    factor = db.session.scalars(select(Factor)).one()
    assert factor.kind == ONE_TIME_CODE
    assert ONE_TIME_SECRET.encode() not in bytes(factor.sealed)
    passed = one_time_codes.check(factor.id, factor.sealed, 0, house.visitors[member.id].identity, one_time_code())
    assert passed


def test_a_recovery_code_stands_in_for_the_factor_once(client: FlaskClient, house: House, member: Member) -> None:
    code, another, *_ = codes_of(house, member)
    assert attempt(client, member, password=PASSWORD, recovery=code.lower().replace("-", " ")) == 302
    assert attempt(client, member, password=PASSWORD, recovery=code) == 422, "it is good once"
    assert recovery.left(member.id) == 9, "the identity is sealed to it no more"
    assert attempt(client, member, password=PASSWORD, recovery=another) == 302


def test_a_recovery_code_stands_in_for_the_password_and_a_new_one_is_chosen(
    client: FlaskClient, house: House, member: Member
) -> None:
    code, *_ = codes_of(house, member)
    page = token(client, "/desk/sign-in")
    answers = {"address": member.address, "recovery": code, "code": one_time_code(), "next": "/desk/cases/new"}
    answer = client.post("/desk/sign-in", data={**answers, "csrf_token": page})
    assert answer.headers["Location"] == "/desk/account/password"
    page = client.get("/desk/account/password").get_data(as_text=True)
    chosen = re.findall(r'class="suggestion"[^>]*>([^<]+)<', page)[0]
    changed = client.post("/desk/account/password", data={"password": chosen, "csrf_token": token_on(page)})
    assert changed.status_code == 302
    other = client.application.test_client()
    assert enter(other, member, PASSWORD).status_code == 422
    assert enter(other, member, chosen).status_code == 302
    assert client.get("/desk/account/password").status_code == 401, "from now on the password is asked again"


def test_a_recovery_code_stands_in_for_one_never_for_both(client: FlaskClient, house: House, member: Member) -> None:
    one, two, *_ = codes_of(house, member)
    assert attempt(client, member, recovery=one) == 422
    assert attempt(client, member, password=PASSWORD, code=one_time_code(), recovery=one) == 422
    assert attempt(client, member, password=one, recovery=two) == 422
    assert attempt(client, member, recovery=one, code=two) == 422
    assert open_account(Offered(member.address, "", "", one)) is None
    assert recovery.left(member.id) == 10
    assert count_rows(MemberSession) == 0


def test_a_recovery_code_of_another_member_opens_nothing(client: FlaskClient, house: House, member: Member) -> None:
    code, *_ = codes_of(house, make_member(house, "KZ"))
    assert attempt(client, member, password=PASSWORD, recovery=code) == 422
    assert attempt(client, member, recovery=code, code=one_time_code()) == 422


def test_of_two_requests_with_one_recovery_code_one_gets_in(client: FlaskClient, house: House, member: Member) -> None:
    code, *_ = codes_of(house, member)
    offered = Offered(member.address, PASSWORD, "", code)
    first, second = open_account(offered), open_account(offered)
    assert first
    assert second
    with transaction():
        sign_in.admit(first, "")
    with pytest.raises(SpentError), transaction():
        sign_in.admit(second, "")


def test_new_recovery_codes_kill_the_old_ones(client: FlaskClient, house: House, member: Member) -> None:
    old, *_ = codes_of(house, member)
    enter(client, member)
    page = client.get("/desk/account").get_data(as_text=True)
    asked = client.post("/desk/account/recovery", data={"csrf_token": token_on(page)})
    assert asked.status_code == 401, "the password is asked again"
    carried = hidden_on(asked.get_data(as_text=True))
    shown = client.post("/desk/confirm", data={**carried, "password": PASSWORD})
    made = re.findall(r"<li>([2-9A-Z-]{23})", shown.get_data(as_text=True))
    assert len(made) == len(set(made)) == 10
    other = client.application.test_client()
    assert attempt(other, member, password=PASSWORD, recovery=old) == 422
    assert attempt(other, member, password=PASSWORD, recovery=made[3]) == 302
    assert [letter.address for letter in letters("secrets_changed")] == [member.address]
    kept = db.session.scalars(select(MemberSecret).where(MemberSecret.kind == RECOVERY)).all()
    assert not any(code.encode() in bytes(row.identity) for row in kept for code in made)


def test_who_holds_a_recovery_code_is_never_slowed(client: FlaskClient, house: House, member: Member) -> None:
    code, *_ = codes_of(house, member)
    answers = [attempt(client, member, password="wrong", code="1") for _ in range(11)]
    assert answers == [422] * 10 + [429]
    assert attempt(client, member, password=PASSWORD, code=one_time_code()) == 429
    assert attempt(client, member, password=PASSWORD, recovery=code) == 302


def test_an_app_is_replaced_by_another(client: FlaskClient, member: Member) -> None:
    enter(client, member)
    confirm()
    page = client.get("/desk/account/codes").get_data(as_text=True)
    hidden = hidden_on(page)
    wrong = client.post("/desk/account/codes", data={**hidden, "one_time": "000000"})
    assert wrong.status_code == 422
    assert hidden["secret"] in wrong.get_data(as_text=True), "the app has taken it already"
    done = client.post("/desk/account/codes", data={**hidden, "one_time": one_time_code(hidden["secret"])})
    assert done.status_code == 302
    other = client.application.test_client()
    assert enter(other, member).status_code == 422
    assert enter(other, member, code=one_time_code(hidden["secret"])).status_code == 302
    assert len(letters("secrets_changed")) == 1


@pytest.mark.parametrize("secret", ["", "AAAA", "1" * 32, "A" * 33, "é" * 32])
def test_a_secret_that_is_none_of_ours_is_replaced(client: FlaskClient, member: Member, secret: str) -> None:
    enter(client, member)
    confirm()
    page = client.get("/desk/account/codes").get_data(as_text=True)
    answers = {"csrf_token": token_on(page), "secret": secret, "one_time": "123456"}
    answer = client.post("/desk/account/codes", data=answers)
    assert answer.status_code == 422
    assert one_time_codes.is_secret(hidden_on(answer.get_data(as_text=True))["secret"])


def test_the_last_second_factor_stays(client: FlaskClient, member: Member) -> None:
    enter(client, member)
    confirm()
    factor_id = db.session.scalars(select(Factor.id)).one()
    page = client.get("/desk/account").get_data(as_text=True)
    client.post(f"/desk/account/factors/{factor_id}/remove", data={"csrf_token": token_on(page)})
    assert "your only second factor" in client.get("/desk/account").get_data(as_text=True)
    assert count_rows(Factor) == 1


def test_another_members_factor_is_not_there(client: FlaskClient, house: House, member: Member) -> None:
    other = make_member(house, "KZ")
    enter(client, member)
    confirm()
    theirs = db.session.scalars(select(Factor.id).where(Factor.member_id == other.id)).one()
    page = client.get("/desk/account").get_data(as_text=True)
    client.post(f"/desk/account/factors/{theirs}/remove", data={"csrf_token": token_on(page)})
    assert count_rows(Factor) == 2


def test_a_member_without_a_second_factor_cannot_sign_in(client: FlaskClient, member: Member) -> None:
    with transaction():
        db.session.execute(update(Factor).values(kind="gone"))
    assert attempt(client, member, password=PASSWORD, code=one_time_code()) == 422
