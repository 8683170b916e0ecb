"""Promised seats: granted by whoever holds the key, and by nobody else."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from intake import sealing
from intake.audit import AuditEntry
from intake.desks import promises, queries, seats
from intake.desks.models import DeskKey, Promise, Seat
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import EDITOR, Member
from intake.sealing import new_identity, seal_identity
from tests.factories import (
    House,
    confirm,
    count_rows,
    letters,
    make_case,
    make_desk,
    make_member,
    make_promise,
    sign_in,
    token,
)


def press(client: FlaskClient, path: str, **answers: object) -> int:
    """Press a button at the desk, the password typed again just before."""
    confirm()
    return client.post(path, data={"csrf_token": token(client, "/desk/promises"), **answers}).status_code


def page_of(client: FlaskClient, member: Member, path: str = "/desk/promises") -> str:
    """Return a page as a member sees it."""
    sign_in(client, member)
    return client.get(path).get_data(as_text=True)


def grant(house: House, holder: Member, promise_id: int) -> Member:
    """Grant a promise, as a view does."""
    with transaction():
        return promises.grant(house.visitors[holder.id], promise_id)


def acts() -> list[tuple[str, int | None]]:
    """Return what was done with seats, and by whom."""
    rows = db.session.execute(
        select(AuditEntry.act, AuditEntry.member_id).where(AuditEntry.act.like("desk.%")).order_by(AuditEntry.id)
    )
    return [(act, by) for act, by in rows]


def lock(member: Member) -> None:
    """Lock a member out."""
    with transaction():
        db.session.execute(update(Member).where(Member.id == member.id).values(locked_at=now()))


def test_who_is_seated_sees_who_promised_what_and_grants_it_with_one_press(client: FlaskClient, house: House) -> None:
    admin = make_member(house, role=None, is_admin=True, name="Olga")
    holder, newcomer = make_member(house, "KZ"), make_member(house, "KG", name="Timur")
    case, _, _ = make_case("KZ")
    found = make_promise(newcomer, "KZ", by=admin)
    page = page_of(client, holder)
    for words in ("Timur shall be seated", "Olga", "Kazakhstan", sealing.fingerprint(newcomer.recipient)):
        assert words in page
    assert press(client, f"/desk/promises/{found.id}/grant") == 302
    reader = client.application.test_client()
    sign_in(reader, newcomer)
    assert reader.get(f"/desk/cases/{case.reference}").status_code == 200
    assert count_rows(Promise) == 0
    assert acts()[-2:] == [("desk.promised", admin.id), ("desk.seated", holder.id)]


def test_granting_asks_for_the_password_again(client: FlaskClient, house: House) -> None:
    holder, newcomer = make_member(house, "KZ"), make_member(house, "KG")
    found = make_promise(newcomer, "KZ")
    sign_in(client, holder)
    own = token(client, "/desk/promises")
    answer = client.post(f"/desk/promises/{found.id}/grant", data={"csrf_token": own})
    assert answer.status_code == 401
    assert "Your password again" in answer.get_data(as_text=True)
    assert count_rows(Promise) == 1


def test_a_promise_that_is_granted_twice_seats_once(client: FlaskClient, house: House) -> None:
    holder, newcomer = make_member(house, "KZ"), make_member(house)
    number = make_promise(newcomer, "KZ").id
    sign_in(client, holder)
    assert press(client, f"/desk/promises/{number}/grant") == 302
    assert press(client, f"/desk/promises/{number}/grant") == 404
    assert press(client, f"/desk/promises/{number}/decline") == 404
    assert count_rows(Seat) == 2


def test_who_is_not_seated_at_the_desk_sees_no_promise_and_grants_none(client: FlaskClient, house: House) -> None:
    make_member(house, "KZ")
    newcomer = make_member(house, name="Timur")
    found = make_promise(newcomer, "KZ")
    for other in (make_member(house, "KG"), make_member(house, role=None, is_admin=True), newcomer):
        browser = client.application.test_client()
        assert "shall be seated" not in page_of(browser, other)
        assert "A seat was promised" not in browser.get("/desk/").get_data(as_text=True)
        for act in ("grant", "decline"):
            assert press(browser, f"/desk/promises/{found.id}/{act}") == 404
        with pytest.raises(promises.NoPromiseError):
            grant(house, other, found.id)
    assert (count_rows(Promise), count_rows(Seat)) == (1, 2)


@pytest.mark.parametrize("number", ["0", "999", "2147483647", "2147483648", "-1", "x"])
def test_a_promise_that_is_none_is_not_there(client: FlaskClient, house: House, number: str) -> None:
    sign_in(client, make_member(house, "KZ"))
    for act in ("grant", "decline"):
        assert press(client, f"/desk/promises/{number}/{act}") == 404


@pytest.mark.parametrize("column", ["locked_at", "left_at"])
def test_who_is_locked_out_or_gone_is_not_seated(client: FlaskClient, house: House, column: str) -> None:
    holder, newcomer = make_member(house, "KZ"), make_member(house)
    found = make_promise(newcomer, "KZ")
    with transaction():
        db.session.execute(update(Member).where(Member.id == newcomer.id).values({column: now()}))
    page = page_of(client, holder)
    assert "Seat them" not in page
    assert "A seat was promised" not in client.get("/desk/").get_data(as_text=True)
    assert press(client, f"/desk/promises/{found.id}/grant") == 302
    assert "nobody can seat them now" in client.get("/desk/promises").get_data(as_text=True)
    with pytest.raises(promises.NotHereError):
        grant(house, holder, found.id)
    assert (count_rows(Promise), count_rows(Seat)) == (1, 1)
    assert press(client, f"/desk/promises/{found.id}/decline") == 302
    assert count_rows(Promise) == 0


def test_a_promise_that_is_declined_seats_nobody(client: FlaskClient, house: House) -> None:
    holder, newcomer = make_member(house, "KZ"), make_member(house)
    found = make_promise(newcomer, "KZ")
    sign_in(client, holder)
    assert "A seat was promised" in client.get("/desk/").get_data(as_text=True)
    assert press(client, f"/desk/promises/{found.id}/decline") == 302
    assert (count_rows(Promise), count_rows(Seat)) == (0, 1)
    assert acts()[-1] == ("desk.promise_declined", holder.id)
    assert "A seat was promised" not in client.get("/desk/").get_data(as_text=True)


def test_an_admin_without_the_key_promises_and_an_editor_with_it_seats(client: FlaskClient, house: House) -> None:
    admin, editor = make_member(house, role=None, is_admin=True), make_member(house, *house.keys, role=EDITOR)
    newcomer = make_member(house, name="Timur")
    desk = queries.by_name("UZ")
    sign_in(client, admin)
    assert press(client, f"/desk/desks/{desk.id}/seats", member=newcomer.id) == 404
    assert press(client, f"/desk/desks/{desk.id}/promises", member=newcomer.id) == 302
    assert press(client, f"/desk/desks/{desk.id}/promises", member=newcomer.id) == 302, "twice is harmless"
    assert (count_rows(Promise), len(letters("seat_promised"))) == (1, 1)
    for member, where in (("999", desk.id), ("x", desk.id), ("", desk.id), (newcomer.id, 999)):
        assert press(client, f"/desk/desks/{where}/promises", member=member) == 404
    browser = client.application.test_client()
    sign_in(browser, editor)
    assert press(browser, f"/desk/desks/{desk.id}/seats", member=newcomer.id) == 302
    assert count_rows(Promise) == 0, "whoever is seated is promised no seat"


def test_a_journalist_promises_seats_and_unseats_nobody(client: FlaskClient, house: House) -> None:
    journalist, colleague = make_member(house, "KZ"), make_member(house, "KZ")
    desk = queries.by_name("KZ")
    sign_in(client, journalist)
    for path in ("promises", "promises/withdraw", "seats", "seats/remove"):
        assert press(client, f"/desk/desks/{desk.id}/{path}", member=colleague.id) == 404
    assert count_rows(Seat) == 2


def test_who_is_seated_is_promised_nothing(house: House) -> None:
    member, other = make_member(house, "KZ"), make_member(house)
    desk_id = queries.by_name("KZ").id
    with transaction():
        assert not promises.promise(member, desk_id, None)
        assert promises.promise(other, desk_id, None)
        assert not promises.promise(other, desk_id, None)
    with pytest.raises(promises.NoPromiseError), transaction():
        promises.promise(other, 999, None)
    assert count_rows(Promise) == 1


def test_the_desk_is_told_by_neutral_letters_and_not_who_did_it(house: House) -> None:
    holder, colleague = make_member(house, "KZ", name="Aigerim"), make_member(house, "KZ", language="ru")
    make_member(house, "KG")
    editor = make_member(house, *house.keys, role=EDITOR)
    newcomer = make_member(house, name="Timur")
    found = make_promise(newcomer, "KZ", by=editor)
    told = letters("seat_promised")
    assert [letter.address for letter in told] == [holder.address, colleague.address]
    grant(house, holder, found.id)
    seated = letters("seated")
    assert [letter.address for letter in seated] == [colleague.address, editor.address, newcomer.address]
    for letter in (*told, *seated):
        text = letter.subject + letter.body
        for word in ("Timur", "Aigerim", "KZ", "Kazakhstan", newcomer.address, sealing.fingerprint(newcomer.recipient)):
            assert word not in text
        assert "/desk/promises" in letter.body
    assert {letter.language for letter in told} == {"en", "ru"}


def test_a_promise_is_taken_back(client: FlaskClient, house: House) -> None:
    newcomer = make_member(house)
    make_promise(newcomer, "KZ")
    desk = queries.by_name("KZ")
    admin = make_member(house, role=None, is_admin=True)
    sign_in(client, admin)
    assert press(client, f"/desk/desks/{desk.id}/promises/withdraw", member=newcomer.id) == 302
    assert press(client, f"/desk/desks/{desk.id}/promises/withdraw", member=newcomer.id) == 404
    assert count_rows(Promise) == 0
    assert acts()[-1] == ("desk.promise_withdrawn", admin.id)


def test_who_is_unseated_reads_nothing_from_the_next_request_on(client: FlaskClient, house: House) -> None:
    admin, member = make_member(house, role=None, is_admin=True), make_member(house, "KZ", "KG", name="Timur")
    here, there = make_case("KZ")[0], make_case("KG")[0]
    reader = client.application.test_client()
    sign_in(reader, member)
    assert reader.get(f"/desk/cases/{here.reference}").status_code == 200
    desk = queries.by_name("KZ")
    sign_in(client, admin)
    assert press(client, f"/desk/desks/{desk.id}/seats/remove", member=member.id) == 302
    assert "give the desk a new key" in client.get("/desk/desks").get_data(as_text=True)
    assert reader.get(f"/desk/cases/{here.reference}").status_code == 404
    assert reader.get(f"/desk/cases/{there.reference}").status_code == 200
    assert press(client, f"/desk/desks/{desk.id}/seats/remove", member=member.id) == 404
    assert press(client, f"/desk/desks/{desk.id}/seats/remove", member="x") == 404
    assert acts()[-1] == ("desk.unseated", admin.id)


def test_unseating_takes_older_keys_of_the_desk_too(house: House) -> None:
    member = make_member(house, "KZ")
    rotated(house, "KZ", member)
    assert count_rows(Seat) == 2
    with transaction():
        seats.unseat(member.id, queries.by_name("KZ").id, member.id)
    assert count_rows(Seat) == 0


def test_seats_are_kept_as_promises_and_open_nothing_until_they_are_granted_anew(house: House) -> None:
    member, colleague = make_member(house, "KZ", "KG"), make_member(house, "KZ", "KG")
    make_promise(member, "TJ")
    rotated(house, "KZ", member)
    desk_ids = sorted(queries.by_name(name).id for name in ("KZ", "KG"))
    lock(member)
    before = len(letters("seat_promised"))
    with transaction():
        assert promises.keep_seats_as_promises(member.id, colleague.id) == desk_ids
    with transaction():
        assert promises.keep_seats_as_promises(member.id, colleague.id) == [], "twice is harmless"
    assert len(letters("seat_promised")) == before, "nobody is asked while nobody can grant it"
    held = db.session.scalars(select(Promise).where(Promise.member_id == member.id)).all()
    assert sorted(found.desk_id for found in held) == sorted([*desk_ids, queries.by_name("TJ").id])
    with pytest.raises(seats.NoSeatError):
        seats.open_key(house.visitors[member.id], house.keys["KG"][0])
    with transaction():
        db.session.execute(update(Member).where(Member.id == member.id).values(locked_at=None))
        assert promises.remind(db.session.get_one(Member, member.id)) == 1
    assert letters("seat_promised")[-1].address == colleague.address
    kyrgyzstan = next(found for found in held if found.desk_id == queries.by_name("KG").id)
    grant(house, colleague, kyrgyzstan.id)
    assert seats.open_key(house.visitors[member.id], house.keys["KG"][0]) == house.identity("KG")


def test_a_new_editor_is_promised_every_desk_where_they_have_no_seat(house: House) -> None:
    make_desk(house, "North")
    member = make_member(house, "KZ")
    make_promise(member, "KG")
    with transaction():
        new = promises.promise_every_desk(member, None)
    assert len(new) == len(queries.all_desks()) - 2
    assert count_rows(Promise) == len(queries.all_desks()) - 1


def test_a_holder_of_an_older_key_alone_grants_nothing(house: House) -> None:
    holder, newcomer = make_member(house, "KZ"), make_member(house)
    found = make_promise(newcomer, "KZ")
    rotated(house, "KZ")
    with pytest.raises(promises.NoPromiseError):
        grant(house, holder, found.id)


def test_who_waits_for_a_seat_sees_where_and_the_fingerprint_to_tell(client: FlaskClient, house: House) -> None:
    newcomer = make_member(house)
    make_promise(newcomer, "KZ")
    page = page_of(client, newcomer)
    assert "Promised to you" in page
    assert "Kazakhstan" in page
    assert sealing.fingerprint(newcomer.recipient) in page


def test_a_fingerprint_is_short_in_groups_and_of_one_recipient() -> None:
    one, other = new_identity().recipient, new_identity().recipient
    assert re.fullmatch(r"([0-9a-f]{4} ){5}[0-9a-f]{4}", sealing.fingerprint(one))
    assert sealing.fingerprint(one) == sealing.fingerprint(one) != sealing.fingerprint(other)


def rotated(house: House, desk: str, *seated: Member) -> None:
    """Give a desk a newer key, at which some are seated."""
    old, identity = queries.current_key(queries.by_name(desk).id), new_identity()
    with transaction():
        db.session.execute(update(DeskKey).where(DeskKey.id == old.id).values(replaced_at=now()))
        newer = DeskKey(
            desk_id=old.desk_id,
            generation=old.generation + 1,
            recipient=identity.recipient,
            rescue_copy=seal_identity(identity, [house.rescue.recipient]),
            made_at=now(),
        )
        db.session.add(newer)
        db.session.flush()
        found = queries.desk(old.desk_id)
        assert found is not None
        for member in seated:
            seats.give(member, found, newer.id, seal_identity(identity, [member.recipient]), by=None)
