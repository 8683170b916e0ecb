"""Invitations carry keys; seats are given only by who holds the key."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from intake.desks import first_admin, promises, queries, seats, setup
from intake.desks.models import Desk, DeskKey, Invitation, InvitationKey, InvitationPromise, Promise, Seat
from intake.desks.routing import destination_at
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members import codes
from intake.members.models import EDITOR, JOURNALIST, Member
from intake.sealing import SealError, new_identity, unseal_identity
from tests.factories import (
    PASSWORD,
    House,
    confirm,
    count_rows,
    current_keys,
    hidden_on,
    letters,
    make_case,
    make_desk,
    make_member,
    one_time_code,
    sign_in,
    token,
    token_on,
)


def accept(client: FlaskClient, invitation_id: str, code: str, **changes: str) -> tuple[int, str]:
    """Accept an invitation as a newcomer would."""
    path = f"/desk/invitation/{invitation_id}"
    page = client.get(path)
    if page.status_code != 200:
        return page.status_code, page.get_data(as_text=True)
    hidden = hidden_on(page.get_data(as_text=True))
    answers = {"code": code, "name": "Newcomer", "address": "new@example.org", "password": PASSWORD}
    answers["one_time"] = one_time_code(hidden["secret"])
    answer = client.post(path, data={**hidden, **answers, **changes})
    return answer.status_code, answer.get_data(as_text=True)


def invite(client: FlaskClient, **answers: object) -> tuple[int, str]:
    """Invite somebody as a signed-in admin."""
    page = client.get("/desk/members").get_data(as_text=True)
    confirm()
    answer = client.post("/desk/members", data={"csrf_token": token_on(page), "language": "ru", **answers})
    return answer.status_code, answer.get_data(as_text=True)


def test_the_first_admin_joins_reads_every_desk_and_the_file_with_the_code_is_gone(
    client: FlaskClient, house: House
) -> None:
    kept = first_admin.write("link", house.first_admin.code)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert accept(client, house.first_admin.invitation_id, house.first_admin.code.lower())[0] == 200
    assert not kept.exists()
    member = db.session.scalars(select(Member)).one()
    assert (member.role, member.is_admin) == (EDITOR, True)
    for country in ("KZ", "UZ", "other"):
        case, _, _ = make_case(country)
        assert client.get(f"/desk/cases/{case.reference}").status_code == 200


def test_an_invitation_is_accepted_once(client: FlaskClient, house: House) -> None:
    assert accept(client, house.first_admin.invitation_id, house.first_admin.code)[0] == 200
    assert accept(client, house.first_admin.invitation_id, house.first_admin.code)[0] == 410
    assert count_rows(Member) == 1
    assert count_rows(InvitationKey) == 0, "the sealed keys do not outlive the acceptance"


def test_a_wrong_code_is_answered_kindly_with_the_rest_kept_and_slowed(client: FlaskClient, house: House) -> None:
    status, page = accept(client, house.first_admin.invitation_id, "22222-22222-22222-22222")
    assert status == 422
    assert "The code is not right" in page
    assert 'value="Newcomer"' in page
    assert PASSWORD not in page
    for _ in range(10):
        status, _ = accept(client, house.first_admin.invitation_id, "22222-22222-22222-22222")
    assert status == 429
    assert count_rows(Member) == 0


@pytest.mark.parametrize("password", ["", "password", "Newcomer1", "12345678901234567890", "qwertyuiop", "x" * 201])
def test_a_password_that_can_be_guessed_is_refused(client: FlaskClient, house: House, password: str) -> None:
    status, _ = accept(client, house.first_admin.invitation_id, house.first_admin.code, password=password)
    assert status == 422
    assert count_rows(Member) == 0


def test_the_password_that_is_offered_is_strong(client: FlaskClient, house: House) -> None:
    page = client.get(f"/desk/invitation/{house.first_admin.invitation_id}").get_data(as_text=True)
    offered = re.findall(r'class="suggestion"[^>]*>([^<]+)<', page)[0]
    answer = accept(client, house.first_admin.invitation_id, house.first_admin.code, password=offered)
    assert answer[0] == 200


def test_an_invitation_ends_after_72_hours(client: FlaskClient, house: House) -> None:
    with transaction():
        db.session.scalars(select(Invitation)).one().ends_at = now() - timedelta(seconds=1)
    assert accept(client, house.first_admin.invitation_id, house.first_admin.code)[0] == 410


def test_an_admin_invites_a_journalist_and_the_letter_has_the_link_without_the_code(
    client: FlaskClient, house: House
) -> None:
    admin = make_member(house, *house.keys, role=EDITOR, is_admin=True)
    sign_in(client, admin)
    desk = queries.by_name("TJ")
    status, page = invite(client, address="zarina@example.org", role=JOURNALIST, desks=[desk.id])
    assert status == 200
    code = re.findall(r'class="code"[^>]*>([^<]+)<', page)[0]
    (letter,) = letters("invitation")
    invitation = db.session.scalars(select(Invitation).where(Invitation.invited_by_id == admin.id)).one()
    assert letter.address == "zarina@example.org"
    assert letter.language == "ru"
    assert f"/desk/invitation/{invitation.id}" in letter.body
    assert code not in letter.body
    newcomer = client.application.test_client()
    assert accept(newcomer, invitation.id, code, name="Zarina", address="ignored@example.org")[0] == 200
    member = db.session.scalars(select(Member).where(Member.name == "Zarina")).one()
    assert member.address == "zarina@example.org"
    assert [member.id for member in destination_at(desk.id).journalists] == [member.id]
    here, there = make_case("TJ")[0], make_case("KZ")[0]
    assert newcomer.get(f"/desk/cases/{here.reference}").status_code == 200
    assert newcomer.get(f"/desk/cases/{there.reference}").status_code == 404


def test_an_admin_gives_no_key_that_they_do_not_hold_and_promises_the_seat(client: FlaskClient, house: House) -> None:
    admin = make_member(house, "KZ", is_admin=True)
    sign_in(client, admin)
    page = re.sub("<[^>]+>", "", client.get("/desk/members").text)
    assert "Kazakhstan seated at once" in page
    assert "Uzbekistan promised" in page
    uzbekistan, kazakhstan = queries.by_name("UZ"), queries.by_name("KZ")
    invite(client, address="a@example.org", role=JOURNALIST, desks=[uzbekistan.id, kazakhstan.id])
    invited = db.session.scalars(select(Invitation).where(Invitation.invited_by_id == admin.id)).one()
    carried = [key.desk_key_id for key in queries.invitation_keys(invited.id)]
    assert carried == [house.keys["KZ"][0]]
    assert queries.promised_by(invited.id) == [uzbekistan.id]


def test_who_was_invited_with_a_promise_reads_once_a_colleague_granted_it(client: FlaskClient, house: House) -> None:
    admin, holder = make_member(house, role=None, is_admin=True), make_member(house, "UZ")
    here, there = make_case("UZ")[0], make_case("KG")[0]
    sign_in(client, admin)
    desk = queries.by_name("UZ")
    _, page = invite(client, address="zarina@example.org", role=JOURNALIST, desks=[desk.id])
    code = re.findall(r'class="code"[^>]*>([^<]+)<', page)[0]
    invited = db.session.scalars(select(Invitation.id).where(Invitation.invited_by_id == admin.id)).one()
    newcomer = client.application.test_client()
    assert accept(newcomer, invited, code)[0] == 200
    assert newcomer.get(f"/desk/cases/{here.reference}").status_code == 404
    assert [letter.address for letter in letters("seat_promised")] == [holder.address]
    found = db.session.scalars(select(Promise)).one()
    assert (found.desk_id, found.promised_by_id) == (desk.id, admin.id)
    with transaction():
        promises.grant(house.visitors[holder.id], found.id)
    assert newcomer.get(f"/desk/cases/{here.reference}").status_code == 200
    assert newcomer.get(f"/desk/cases/{there.reference}").status_code == 404
    assert count_rows(InvitationPromise) == 0


def test_an_editor_is_invited_to_every_desk_those_included_that_were_made_meanwhile(
    client: FlaskClient, house: House
) -> None:
    admin, colleague = make_member(house, "KZ", "TJ", is_admin=True), make_member(house, "TJ")
    sign_in(client, admin)
    _, page = invite(client, address="ed@example.org", role=EDITOR)
    code = re.findall(r'class="code"[^>]*>([^<]+)<', page)[0]
    invited = db.session.scalars(select(Invitation.id).where(Invitation.invited_by_id == admin.id)).one()
    assert queries.promised_by(invited) == sorted(
        desk.id for desk in queries.all_desks() if desk.name not in {"KZ", "TJ"}
    )
    later = make_desk(house, "North")
    assert accept(client.application.test_client(), invited, code)[0] == 200
    editor = db.session.scalars(select(Member).where(Member.address == "ed@example.org")).one()
    assert {desk.name for _, _, desk in queries.seats_of(editor)} == {"KZ", "TJ"}
    promised = set(db.session.scalars(select(Promise.desk_id).where(Promise.member_id == editor.id)))
    assert promised == {desk.id for desk in queries.all_desks() if desk.name not in {"KZ", "TJ"}}
    assert later.id in promised
    told = [letter.address for letter in letters("seated")]
    assert sorted(told) == sorted([admin.address, colleague.address]), "one letter each, none to the newcomer"


def test_an_admin_without_a_role_is_invited_and_somebody_without_any_right_is_not(
    client: FlaskClient, house: House
) -> None:
    sign_in(client, make_member(house, "KZ", is_admin=True))
    status, page = invite(client, address="b@example.org", role="none")
    assert status == 422
    assert "Without a role, they need the rights of an admin." in page
    assert invite(client, address="b@example.org", role="none", is_admin="1")[0] == 200
    invited = db.session.scalars(select(Invitation).where(Invitation.address == "b@example.org")).one()
    assert (invited.role, invited.is_admin, queries.invitation_keys(invited.id)) == (None, True, [])


def test_an_invitation_is_void_when_its_inviter_left_or_it_was_revoked(client: FlaskClient, house: House) -> None:
    admin = make_member(house, "KZ", is_admin=True)
    sign_in(client, admin)
    kazakhstan = queries.by_name("KZ")
    ids = []
    for address in ("a@example.org", "b@example.org"):
        invite(client, address=address, role=JOURNALIST, desks=[kazakhstan.id])
        ids.append(db.session.scalars(select(Invitation.id).where(Invitation.address == address)).one())
    page = client.get("/desk/members").get_data(as_text=True)
    client.post(f"/desk/members/invitations/{ids[0]}/revoke", data={"csrf_token": token_on(page)})
    newcomer = client.application.test_client()
    assert newcomer.get(f"/desk/invitation/{ids[0]}").status_code == 410
    assert newcomer.get(f"/desk/invitation/{ids[1]}").status_code == 200
    with transaction():
        db.session.get_one(Member, admin.id).left_at = now()
    assert newcomer.get(f"/desk/invitation/{ids[1]}").status_code == 410


@pytest.mark.parametrize(
    "answers",
    [
        {"address": "no address", "role": "journalist"},
        {"address": "zаrina@example.org", "role": "journalist"},  # a Cyrillic letter: no mail server takes it
        {"address": "a@example.org", "role": "chief"},
        {"address": "a@example.org", "role": "journalist", "desks": ["x", "99"]},
        {"address": "a@example.org", "role": "editor", "language": "xx"},
    ],
)
def test_a_wrong_invitation_is_refused_with_the_form_kept(
    client: FlaskClient, house: House, answers: dict[str, object]
) -> None:
    sign_in(client, make_member(house, "KZ", is_admin=True))
    status, page = invite(client, **answers)
    assert status == 422
    assert str(answers["address"]) in page
    assert letters("invitation") == []


def test_only_an_admin_invites_and_makes_desks(client: FlaskClient, house: House) -> None:
    member = make_member(house, *house.keys, role=EDITOR)
    sign_in(client, member)
    page = client.get("/desk/desks").get_data(as_text=True)
    assert "Make a desk" not in page
    assert client.post("/desk/desks", data={"csrf_token": token_on(page), "name": "North"}).status_code == 404
    assert "Invite somebody" not in client.get("/desk/members").get_data(as_text=True)
    assert client.post("/desk/members", data={"csrf_token": token(client, "/desk/members")}).status_code == 404


def test_a_holder_of_the_key_seats_a_colleague_and_no_one_else_can(client: FlaskClient, house: House) -> None:
    admin = make_member(house, "KZ", is_admin=True)
    colleague = make_member(house, "KG", name="Bakyt")
    case, _, _ = make_case("KZ")
    sign_in(client, admin)
    page = client.get("/desk/desks").get_data(as_text=True)
    kazakhstan, kyrgyzstan = queries.by_name("KZ"), queries.by_name("KG")
    answers = {"csrf_token": token_on(page), "member": str(colleague.id)}
    confirm()
    assert (
        client.post(f"/desk/desks/{kyrgyzstan.id}/seats", data={**answers, "member": str(admin.id)}).status_code == 404
    )
    assert client.post(f"/desk/desks/{kazakhstan.id}/seats", data=answers).status_code == 302
    assert client.post(f"/desk/desks/{kazakhstan.id}/seats", data=answers).status_code == 302, "twice is harmless"
    assert client.post(f"/desk/desks/{kazakhstan.id}/seats", data={**answers, "member": "x"}).status_code == 404
    other = client.application.test_client()
    sign_in(other, colleague)
    assert other.get(f"/desk/cases/{case.reference}").status_code == 200


def test_a_seat_opens_for_its_member_alone(house: House) -> None:
    one, other = make_member(house, "KZ"), make_member(house, "KZ")
    seat = db.session.scalars(select(Seat).where(Seat.member_id == one.id)).one()
    with pytest.raises(SealError):
        unseal_identity(seat.identity, house.visitors[other.id].identity)
    with pytest.raises(seats.NoSeatError):
        seats.open_key(house.visitors[one.id], house.keys["KG"][0])


def test_the_rescue_identity_invites_a_first_admin_anew_and_no_other_identity_does(
    client: FlaskClient, house: House
) -> None:
    case, _, _ = make_case("TM")
    with pytest.raises(SealError), transaction():
        setup.rescue(new_identity())
    with transaction():
        invited = setup.rescue(house.rescue)
    lost = house.first_admin
    assert accept(client, lost.invitation_id, lost.code)[0] == 410, "what was lost opens nothing any more"
    assert accept(client, invited.invitation_id, invited.code)[0] == 200
    member = db.session.scalars(select(Member)).one()
    sign_in(client, member)
    assert client.get(f"/desk/cases/{case.reference}").status_code == 200


def test_setting_up_makes_five_country_desks_and_the_editors(house: House) -> None:
    assert [desk.name for desk in queries.all_desks()] == ["KG", "KZ", "TJ", "TM", "UZ", "editors"]
    for key in current_keys():
        desk = db.session.get_one(Desk, key.desk_id)
        assert unseal_identity(key.rescue_copy, house.rescue) == house.identity(desk.name)


def test_a_code_is_long_enough_that_nobody_guesses_it() -> None:
    made = {codes.new() for _ in range(500)}
    assert len(made) == 500
    assert all(re.fullmatch(r"([2-9A-HJKMNP-TV-Z]{5}-){3}[2-9A-HJKMNP-TV-Z]{5}", code) for code in made)


def test_who_is_a_member_already_is_not_invited_again(client: FlaskClient, house: House) -> None:
    colleague = make_member(house, "KG")
    sign_in(client, make_member(house, "KZ", is_admin=True))
    desk = queries.by_name("KZ")
    status, page = invite(client, address=colleague.address.upper(), role=JOURNALIST, desks=[desk.id])
    assert status == 422
    assert "A member with this address is here already" in page


def test_an_address_that_was_taken_meanwhile_is_said(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, "KZ", is_admin=True))
    desk = queries.by_name("KZ")
    page = invite(client, address="zarina@example.org", role=JOURNALIST, desks=[desk.id])[1]
    code = re.findall(r'class="code"[^>]*>([^<]+)<', page)[0]
    invited = db.session.scalars(select(Invitation.id).where(Invitation.address == "zarina@example.org")).one()
    make_member(house, "KG", address="zarina@example.org")
    status, page = accept(client.application.test_client(), invited, code)
    assert status == 422
    assert "A member with this address is here already" in page


def test_a_seat_at_an_old_key_of_a_desk_opens_nothing(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, _ = make_case("KZ")
    old = queries.current_key(queries.by_name("KZ").id)
    with transaction():
        db.session.execute(update(DeskKey).where(DeskKey.id == old.id).values(replaced_at=now()))
        newer = DeskKey(
            desk_id=old.desk_id,
            generation=2,
            recipient=old.recipient,
            rescue_copy=old.rescue_copy,
            made_at=now(),
        )
        db.session.add(newer)
    sign_in(client, member)
    assert case.reference not in client.get("/desk/").get_data(as_text=True)
    assert client.get(f"/desk/cases/{case.reference}").status_code == 404
