"""Making desks: each opens for the rescue identity and every editor, and for nobody else."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from intake.desks import new_desk, queries, seats
from intake.desks.models import Desk, Seat
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members import reads
from intake.members.models import EDITOR, Member
from intake.sealing import SealError, unseal_identity
from tests.factories import House, make_case, make_desk, make_member, sign_in, token


def make(client: FlaskClient, name: str) -> tuple[int, str]:
    """Make a desk as a signed-in admin."""
    answer = client.post("/desk/desks", data={"csrf_token": token(client, "/desk/desks"), "name": name})
    return answer.status_code, answer.get_data(as_text=True)


def test_a_new_desk_opens_for_all_editors_and_for_the_rescue_identity_and_for_nobody_else(house: House) -> None:
    editors = [make_member(house, *house.keys, role=EDITOR) for _ in range(2)]
    gone, locked = (make_member(house, *house.keys, role=EDITOR) for _ in range(2))
    others = [make_member(house, "KZ"), make_member(house, role=None, is_admin=True)]
    with transaction():
        db.session.execute(update(Member).where(Member.id == gone.id).values(left_at=now()))
        db.session.execute(update(Member).where(Member.id == locked.id).values(locked_at=now()))
    with transaction():
        desk = new_desk.make("North", others[1].id)
    key = queries.current_key(desk.id)
    identity = unseal_identity(key.rescue_copy, house.rescue)
    assert identity.recipient == key.recipient
    for editor in editors:
        assert seats.open_key(house.visitors[editor.id], key.id) == identity
    seated = db.session.scalars(select(Seat).where(Seat.desk_key_id == key.id)).all()
    assert {seat.member_id for seat in seated} == {editor.id for editor in editors}
    for member in (gone, locked, *others):
        with pytest.raises(seats.NoSeatError):
            seats.open_key(house.visitors[member.id], key.id)
    for seat in seated:
        with pytest.raises(SealError):
            unseal_identity(seat.identity, house.visitors[others[0].id].identity)


def test_an_admin_makes_a_desk_on_the_page_and_an_editor_reads_what_is_routed_there(
    client: FlaskClient, house: House
) -> None:
    admin, editor = make_member(house, role=None, is_admin=True), make_member(house, *house.keys, role=EDITOR)
    sign_in(client, admin)
    assert make(client, "  North \t and   South ")[0] == 302
    desk = queries.by_name("North and South")
    page = client.get("/desk/desks").get_data(as_text=True)
    assert "North and South" in page
    token_of_routes = token(client, "/desk/routes")
    assert "North and South" in client.get("/desk/routes").get_data(as_text=True)
    assert token_of_routes
    assert [member.id for member in queries.seated_at(desk.id)] == [editor.id]


@pytest.mark.parametrize(
    "name", ["", " ", "x" * 61, "kz", "KZ", "Editors", "EDITORS", "other", "Kazakhstan", "north", "NORTH"]
)
def test_a_name_that_is_none_or_means_another_desk_is_refused(client: FlaskClient, house: House, name: str) -> None:
    make_desk(house, "North")
    sign_in(client, make_member(house, is_admin=True))
    before = len(queries.all_desks())
    status, page = make(client, name)
    assert status == 422
    assert 'role="alert"' in page
    assert len(queries.all_desks()) == before


def test_a_name_may_have_sixty_characters_of_any_script(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, is_admin=True))
    for name in ("x" * 60, "Ў" * 60, "Север и Юг"):
        assert make(client, name)[0] == 302
        assert queries.by_name(name)


def test_two_admins_who_take_the_same_name_get_one_desk(house: House) -> None:
    make_desk(house, "Север")
    with pytest.raises(new_desk.NameTakenError), transaction():
        new_desk.make("СЕВЕР", 1)
    assert [desk.name for desk in queries.all_desks()].count("Север") == 1


def test_a_desk_is_renamed_but_not_that_of_a_country_or_of_the_editors(client: FlaskClient, house: House) -> None:
    north, south = make_desk(house, "North"), make_desk(house, "South")
    sign_in(client, make_member(house, is_admin=True))
    own = token(client, "/desk/desks")
    path = f"/desk/desks/{north.id}/name"
    assert 'value="North"' in client.get(path).get_data(as_text=True)
    for name in ("", "south", "KZ"):
        assert client.post(path, data={"csrf_token": own, "name": name}).status_code == 422
    for name in ("NORTH", "East"):
        assert client.post(path, data={"csrf_token": own, "name": name}).status_code == 302
    assert {desk.name for desk in queries.all_desks()} >= {"East", "South"}
    for kept in ("KZ", "editors"):
        path = f"/desk/desks/{queries.by_name(kept).id}/name"
        assert client.get(path).status_code == 404
        assert client.post(path, data={"csrf_token": own, "name": "West"}).status_code == 404
        with pytest.raises(LookupError), transaction():
            new_desk.rename(queries.by_name(kept).id, "West", 1)
    assert client.get("/desk/desks/999/name").status_code == 404
    assert south.name == "South"


def test_the_page_says_who_is_seated_what_they_read_and_what_is_routed(client: FlaskClient, house: House) -> None:
    reader, admin = make_member(house, "KZ", name="Aigerim"), make_member(house, "KG", is_admin=True)
    sign_in(client, admin)
    answers = {"csrf_token": token(client, "/desk/desks"), "reads": ["ru", "kk"]}
    assert client.post(f"/desk/members/{reader.id}/languages", data=answers).status_code == 302
    page = client.get("/desk/desks").get_data(as_text=True)
    card = re.findall(r"<section.*?</section>", page, re.DOTALL)[1]
    for words in ("Kazakhstan", "Answers for:", "Aigerim", "Journalist", "Read at this desk: Русский, Қазақша"):
        assert words in card
    assert page.count("Nobody is seated here") == 4
    form = client.get(f"/desk/members/{reader.id}/languages").get_data(as_text=True)
    assert len(re.findall(r'value="(?:kk|ru)" checked', form)) == 2
    assert "checked" not in re.sub(r'value="(?:kk|ru)" checked', "", form)


def test_a_language_that_is_none_is_refused(client: FlaskClient, house: House) -> None:
    reader = make_member(house, "KZ")
    sign_in(client, make_member(house, is_admin=True))
    own = token(client, "/desk/desks")
    path = f"/desk/members/{reader.id}/languages"
    assert client.post(path, data={"csrf_token": own, "reads": ["ru", "xx"]}).status_code == 422
    assert client.post("/desk/members/999/languages", data={"csrf_token": own, "reads": "ru"}).status_code == 404
    db.session.expire_all()
    assert db.session.get_one(Member, reader.id).reads == ""


def test_a_list_of_languages_is_read_with_spaces_or_commas() -> None:
    assert reads.tags("kk, ru,en  uz_Cyrl kaa,ru") == ["ru", "en", "kk", "uz_Cyrl", "kaa"]
    assert reads.tags(" , ") == []
    with pytest.raises(ValueError, match="xx"):
        reads.tags("ru xx")
    assert len(reads.OWN_NAMES) == 10


def test_a_name_in_own_words_stands_on_every_page_of_desks(client: FlaskClient, house: House) -> None:
    desk = make_desk(house, "<i>North</i>")
    member = make_member(house, desk.name, is_admin=True)
    sign_in(client, member)
    for path in ("/desk/members", "/desk/desks", "/desk/promises", "/desk/routes"):
        page = client.get(path).get_data(as_text=True)
        assert "&lt;i&gt;North&lt;/i&gt;" in page
        assert "<i>" not in page
    assert db.session.scalars(select(Desk.name).where(Desk.id == desk.id)).one() == "<i>North</i>"
    case, _, _ = make_case("KZ")
    assert client.get(f"/desk/cases/{case.reference}").status_code == 404
