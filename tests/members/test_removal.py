"""Removing a member: as locked out, and for good."""

import pytest
from werkzeug.exceptions import NotFound

from intake.cases import lockdown
from intake.cases.lockdown import OneselfError
from intake.desks.models import Promise, Seat
from intake.extensions import db, transaction
from intake.members.models import EDITOR, Factor, Member, MemberSecret, MemberSession
from tests.cases import acts
from tests.factories import House, make_case, make_member
from tests.members import acts_of_house, lock, rows_of, take


def test_removing_is_for_good_no_promise_stays_and_the_address_is_free(house: House) -> None:
    admin, member = make_member(house, is_admin=True), make_member(house, "KZ", name="Aigerim")
    address, case = member.address, take(member, house, make_case("KZ")[0])
    with transaction():
        done = lockdown.remove(house.visitors[admin.id], member.id)
    assert done.cases == (1, 0, 0)
    assert set(rows_of(member, MemberSession, MemberSecret, Factor, Seat, Promise).values()) == {0}
    row = db.session.get_one(Member, member.id)
    assert (row.address, row.name, row.left_at is not None) == ("", "Aigerim", True)
    assert acts_of_house("member.removed") == [(admin.id, {"member": member.id})]
    assert acts(case)[-1] == ("case.handed_back", admin.id)
    successor = make_member(house, "KZ", address=address)
    for another in (successor, make_member(house, "KZ")):
        with transaction():
            lockdown.remove(house.visitors[admin.id], another.id)
    with pytest.raises(NotFound), transaction():
        lockdown.remove(house.visitors[admin.id], member.id)


def test_removing_takes_an_admin_and_another_than_oneself(house: House) -> None:
    admin, editor, member = make_member(house, is_admin=True), make_member(house, role=EDITOR), make_member(house, "KZ")
    with pytest.raises(NotFound), transaction():
        lockdown.remove(house.visitors[editor.id], member.id)
    with pytest.raises(OneselfError), transaction():
        lockdown.remove(house.visitors[admin.id], admin.id)
    lock(house, editor, member)
    with transaction():
        lockdown.remove(house.visitors[admin.id], member.id)
    assert rows_of(member, Promise) == {"promise": 0}, "what was kept when they were locked goes too"
