"""The members' pages: who sees whom, what is shown of them, and their rights."""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.test import TestResponse

from intake.audit import AuditEntry
from intake.cases import lockdown
from intake.desks import queries as desks
from intake.desks import rights
from intake.desks.models import Desk, Promise
from intake.desks.rights import Rights
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.admins import LastAdminError
from intake.members.models import EDITOR, JOURNALIST, PASSKEY, Factor, Member
from intake.members.recovery import COUNT
from intake.sealing import SealedBytes, seal_document
from intake.web.access import marked
from tests.factories import House, confirm, make_member, sign_in, token
from tests.members import as_saved


def page(client: FlaskClient, path: str = "") -> str:
    """Return a page about members."""
    return client.get(f"/desk/members{path}").get_data(as_text=True)


def names_on(text: str) -> list[str]:
    """Return the names in the table of members."""
    return re.findall(r'href="/desk/members/\d+">([^<]+)</a>', text)


def change(client: FlaskClient, member: Member, **answers: str) -> TestResponse:
    """Post the form of rights, the password typed just before."""
    confirm()
    own = token(client, "/desk/cases/new")
    return client.post(f"/desk/members/{member.id}", data={"csrf_token": own, **answers})


def promised_to(member: Member) -> set[str]:
    """Return the names of the desks where a member is promised a seat."""
    db.session.rollback()
    pick = select(Desk.name).join(Promise, Promise.desk_id == Desk.id).where(Promise.member_id == member.id)
    return set(db.session.scalars(pick))


@pytest.fixture
def admin(house: House) -> Member:
    return make_member(house, role=None, is_admin=True, name="Zhanna")


def test_a_journalist_sees_the_colleagues_of_their_desks_and_nothing_else_of_them(
    client: FlaskClient, house: House, admin: Member
) -> None:
    me, colleague = make_member(house, "KZ", name="Aigerim"), make_member(house, "KZ", "UZ", name="Bolat")
    stranger, locked = make_member(house, "KG", name="Chyngyz"), make_member(house, "KZ", name="Dana")
    with transaction():
        lockdown.lock(house.visitors[admin.id], locked.id)
    sign_in(client, me)
    text = page(client)
    assert names_on(text) == ["Aigerim", "Bolat", "Dana"]
    assert text.count("Locked out") == 1
    assert f'href="/desk/members/{colleague.id}/lock"' in text
    assert f'href="/desk/members/{locked.id}/lock"' not in text
    own = page(client, f"/{colleague.id}")
    for shown in (text, own):
        assert colleague.address not in shown
        assert "Uzbekistan" not in shown
        assert "Invite somebody" not in shown
        assert "recovery codes left" not in shown
        assert "Remove for good" not in shown
        assert "Role and rights" not in shown
    for hidden in (stranger, admin):
        assert client.get(f"/desk/members/{hidden.id}").status_code == 404
        assert client.get(f"/desk/members/{hidden.id}/lock").status_code == 404


def test_an_editor_sees_everybody_and_where_they_are_seated(client: FlaskClient, house: House, admin: Member) -> None:
    colleague = make_member(house, "KZ", "UZ", name="Bolat")
    sign_in(client, make_member(house, role=EDITOR, name="Aigerim"))
    text = page(client)
    assert names_on(text) == ["Aigerim", "Bolat", "Zhanna"]
    assert "Kazakhstan, Uzbekistan" in text
    for shown in (text, page(client, f"/{colleague.id}")):
        assert colleague.address not in shown
        assert "Invite somebody" not in shown
        assert "recovery codes left" not in shown


def test_an_admin_sees_what_is_there_of_everybody(client: FlaskClient, house: House, admin: Member) -> None:
    member = make_member(house, "KZ", name="Bolat")
    with transaction():
        sealed = seal_document("passkey/1", {"name": "key"}, [member.recipient])
        db.session.add(Factor(member_id=member.id, kind=PASSKEY, sealed=SealedBytes(sealed), added_at=now()))
        kyrgyzstan = desks.by_name("KG").id
        db.session.add(Promise(member_id=member.id, desk_id=kyrgyzstan, promised_by_id=admin.id, promised_at=now()))
        db.session.get_one(Member, member.id).signed_in_on = date(2026, 11, 22)
    sign_in(client, admin)
    for text in (page(client), page(client, f"/{member.id}")):
        for fact in (member.address, "one-time codes, 1 passkey", f"{COUNT} recovery codes left", "22 November 2026"):
            assert fact in text
        assert "Kazakhstan" in text
        assert "Kyrgyzstan" in text
    assert "Invite somebody" in page(client)
    assert client.get("/desk/members/999").status_code == 404


def test_who_left_is_not_there_any_more(client: FlaskClient, house: House, admin: Member) -> None:
    member = make_member(house, "KZ", name="Bolat")
    sign_in(client, admin)
    assert "Bolat" in page(client)
    confirm()
    own = token(client, f"/desk/members/{member.id}/remove")
    answer = client.post(f"/desk/members/{member.id}/remove", data={"csrf_token": own})
    assert answer.status_code == 200
    assert "Bolat was removed" in answer.get_data(as_text=True)
    assert "Bolat" not in page(client)
    assert client.get(f"/desk/members/{member.id}").status_code == 404


def test_nobody_removes_oneself(client: FlaskClient, house: House, admin: Member) -> None:
    make_member(house, is_admin=True)
    sign_in(client, admin)
    confirm()
    own = token(client, f"/desk/members/{admin.id}/remove")
    answer = client.post(f"/desk/members/{admin.id}/remove", data={"csrf_token": own})
    assert answer.status_code == 422
    assert "You cannot remove yourself" in answer.get_data(as_text=True)
    assert client.get("/desk/").status_code == 200


def test_the_page_before_the_lock_says_what_happens_and_after_it_what_was_done(
    client: FlaskClient, house: House, app: Flask
) -> None:
    make_member(house, is_admin=True)
    member = make_member(house, "KZ", "UZ", name="Bolat")
    sign_in(client, make_member(house, "KZ"))
    asked = page(client, f"/{member.id}/lock")
    for effect in (
        "sessions end",
        "recovery codes",
        "seats at desks are taken away",
        "back into the queue",
        "Only an admin",
    ):
        assert effect in asked
    assert as_saved(member).locked_at is None, "asking locks nobody"
    confirm()
    own = token(client, f"/desk/members/{member.id}/lock")
    answer = client.post(f"/desk/members/{member.id}/lock", data={"csrf_token": own})
    assert "Bolat is locked out" in answer.get_data(as_text=True)
    again = client.post(f"/desk/members/{member.id}/lock", data={"csrf_token": own})
    assert (again.status_code, again.headers["Location"]) == (302, f"/desk/members/{member.id}"), "twice is harmless"
    assert client.get(f"/desk/members/{member.id}/lock").status_code == 302
    assert "Locked out" in page(client, f"/{member.id}")


def test_a_new_key_is_offered_for_each_desk_once_desks_can_have_one(
    client: FlaskClient, house: House, app: Flask
) -> None:
    make_member(house, is_admin=True)
    member, kazakhstan = make_member(house, "KZ", "UZ"), desks.by_name("KZ").id
    app.view_functions.pop("desks.rotation", None)
    sign_in(client, make_member(house, "KZ"))
    confirm()
    own = token(client, f"/desk/members/{member.id}/lock")
    answer = client.post(f"/desk/members/{member.id}/lock", data={"csrf_token": own})
    assert "/rotation" not in answer.get_data(as_text=True)
    app.view_functions["desks.rotation"] = marked(lambda: "", "member")
    offered = page(client, f"/{member.id}")
    assert re.findall(r'href="(/desk/desks/\d+/rotation)"', offered) == [f"/desk/desks/{kazakhstan}/rotation"]
    assert "Uzbekistan: somebody who is seated there can do it" in " ".join(offered.split())


def test_an_invitation_anew_is_offered_to_admins_once_there_are_any(
    client: FlaskClient, house: House, app: Flask, admin: Member
) -> None:
    member = make_member(house, "KZ")
    sign_in(client, admin)
    app.view_functions.pop("desks.invite_again", None)
    assert "/invite" not in page(client, f"/{member.id}")
    app.view_functions["desks.invite_again"] = marked(lambda: "", "admin")
    assert f'action="/desk/members/{member.id}/invite"' in page(client, f"/{member.id}")


def test_an_admin_changes_role_rights_and_languages(client: FlaskClient, house: House, admin: Member) -> None:
    member = make_member(house, "KZ")
    sign_in(client, admin)
    answer = change(client, member, role="", is_admin="1", reads="ru, kk  uz_Cyrl,")
    assert answer.status_code == 302
    row = as_saved(member)
    assert (row.role, row.is_admin, row.reads) == (None, True, "ru kk uz_Cyrl")
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "member.changed"))
    assert (entry.member_id, entry.detail["member"], entry.detail["admin"]) == (admin.id, member.id, True)
    text = page(client, f"/{member.id}")
    assert 'value="ru kk uz_Cyrl"' in text
    assert 'name="role" value="" checked' in text
    change(client, member, role="", is_admin="1", reads="ru kk uz_Cyrl")
    assert db.session.scalars(select(AuditEntry).where(AuditEntry.act == "member.changed")).all() == [entry]


def test_who_becomes_an_editor_is_promised_every_desk_where_they_are_not_seated(
    client: FlaskClient, house: House, admin: Member
) -> None:
    member = make_member(house, "KZ")
    sign_in(client, admin)
    change(client, member, role=EDITOR)
    assert promised_to(member) == set(house.keys) - {"KZ"}
    change(client, member, role=JOURNALIST)
    assert promised_to(member) == set(house.keys) - {"KZ"}
    assert promised_to(admin) == set()


@pytest.mark.parametrize("answers", [{"role": "chief"}, {"role": JOURNALIST, "reads": "Kazakh, mostly"}])
def test_a_wrong_change_is_refused_with_the_form_kept(
    client: FlaskClient, house: House, admin: Member, answers: dict[str, str]
) -> None:
    member = make_member(house, "KZ", role=EDITOR)
    sign_in(client, admin)
    answer = change(client, member, **answers)
    assert answer.status_code == 422
    assert 'class="e"' in answer.get_data(as_text=True)
    assert answers.get("reads", "") in answer.get_data(as_text=True)
    assert as_saved(member).role == EDITOR


def test_the_last_admin_keeps_the_right(client: FlaskClient, house: House, admin: Member) -> None:
    sign_in(client, admin)
    answer = change(client, admin, role=EDITOR)
    assert answer.status_code == 422
    assert "This is the last admin" in answer.get_data(as_text=True)
    row = as_saved(admin)
    assert (row.is_admin, row.role) == (True, None)
    make_member(house, is_admin=True)
    assert change(client, admin, role=EDITOR).status_code == 302
    assert client.get("/desk/desks").status_code == 404


def test_whose_right_was_taken_meanwhile_changes_and_removes_nobody(house: House, admin: Member) -> None:
    other, member = make_member(house, is_admin=True), make_member(house, "KZ")
    with transaction():
        rights.change(house.visitors[admin.id], other.id, Rights(None, is_admin=False, reads=""))
    for act in (
        lambda: rights.change(house.visitors[other.id], member.id, Rights(EDITOR, is_admin=True, reads="")),
        lambda: lockdown.remove(house.visitors[other.id], member.id),
    ):
        with pytest.raises(NotFound), transaction():
            act()
    with pytest.raises(LastAdminError), transaction():
        rights.change(house.visitors[admin.id], admin.id, Rights(None, is_admin=False, reads=""))
