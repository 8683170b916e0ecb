"""For whom a copy of a case may be made: what the person agreed to goes along, and nothing else."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from intake.cases import consent, copies, copy_words
from intake.cases.blacking import BAR
from intake.cases.models import Case
from intake.extensions import db, transaction
from intake.members.models import Member
from tests.cases.copying import (
    answer,
    black,
    last_acts,
    layers_of,
    path_of,
    publish,
    sections,
    share,
    signed_in,
    take,
    telling_case,
    text_of,
    voice_case,
)
from tests.factories import (
    House,
    make_case,
    make_member,
    token_on,
)

REFUSED: list[tuple[list[tuple[str, dict[str, Any]]], str, str]] = [
    ([], "lawyers", consent.NOT_SHARED),
    ([("sharing", {"share_with": ["ngos"]})], "lawyers", consent.NOT_SHARED),
    ([("sharing", {"share_with": ["lawyers"]}), ("sharing", {"share_with": []})], "lawyers", consent.NOT_SHARED),
    ([("publication", {"pub_level": "with_name"})], "un", consent.NOT_SHARED),
    ([], "publication", consent.ASK_FIRST),
    ([("sharing", {"share_with": ["lawyers"]})], "publication", consent.ASK_FIRST),
    ([("publication", {"pub_level": "ask_first"})], "publication", consent.ASK_FIRST),
    ([("publication", {"pub_level": "never"})], "publication", consent.NEVER),
    ([("sharing", {"share_with": ["un"]}), ("consent", {"keep": "no"})], "un", consent.TAKEN_BACK),
    ([("publication", {"pub_level": "with_name"}), ("consent", {"keep": "no"})], "publication", consent.TAKEN_BACK),
]


@pytest.fixture
def member(house: House) -> Member:
    """Return a journalist."""
    return make_member(house, "KZ", name="Zarina")


@pytest.fixture
def case(house: House, member: Member) -> Case:
    """Return a case of theirs with something in every corner, that may be shown to anybody."""
    return telling_case(house, member)


@pytest.fixture
def desk(client: FlaskClient, member: Member) -> FlaskClient:
    """Return the browser of the journalist, who typed the password just now."""
    return signed_in(client, member)


def test_without_consent_there_is_no_copy_and_the_page_says_what_to_do(
    house: House, desk: FlaskClient, member: Member
) -> None:
    for told, audience, refusal in REFUSED:
        made, _, _ = make_case("KZ", "Nobody may hear of the okapi but you, and I mean it.")
        for block, words in told:
            answer(house.visitors[member.id], made, block, **words)
        answered = take(desk, made, "zip", audience)
        assert answered.status_code == 422, (told, audience)
        page = answered.get_data(as_text=True)
        assert f'role="alert">{copy_words.REFUSALS[refusal]}<' in page, (told, audience)
        assert "okapi" not in page
    assert last_acts() == []
    assert take(desk, made, "json").status_code == 200, "the newsroom reads it as ever"


def test_a_case_whose_deletion_was_asked_stays_inside(house: House, desk: FlaskClient, case: Case) -> None:
    with transaction():
        saved_case = db.session.get_one(Case, case.id)
        saved_case.deletion_asked_at = saved_case.received_at
    assert take(desk, case, "pdf", "lawyers").status_code == 422
    assert take(desk, case, "pdf").status_code == 200


def test_a_case_that_is_not_for_publication_says_so_on_every_copy(
    house: House, desk: FlaskClient, member: Member, case: Case
) -> None:
    publish(house.visitors[member.id], case, "never")
    assert take(desk, case, "json", "publication").status_code == 422
    answered = take(desk, case, "pdf", "lawyers")
    assert "Not for publication" in text_of(answered.data)


@pytest.mark.parametrize("how", ["without_name", "does_not_know"])
def test_a_name_that_may_not_be_shown_is_blacked_out_wherever_it_stands(
    house: House, desk: FlaskClient, member: Member, case: Case, how: str
) -> None:
    visitor = house.visitors[member.id]
    if how == "without_name":
        publish(visitor, case, "without_name", "place", "voice")
    else:
        answer(visitor, case, "victim", victim_name="Aigul Quaggova", victim_consent=how)
    answered = take(desk, case, "json", "publication")
    assert "quaggova" not in layers_of(answered.data).casefold()
    assert f"{BAR} (name)" in sections(answered)["story"]


def test_places_are_left_out_where_the_person_did_not_agree_to_show_them(
    house: House, desk: FlaskClient, member: Member, case: Case
) -> None:
    assert "Zebrov Street 5" in sections(take(desk, case, "json", "publication"))["answers"]
    publish(house.visitors[member.id], case, "with_name")
    left = sections(take(desk, case, "json", "publication"))["answers"]
    assert "Zebrov Street 5" not in left
    assert "Almaty" not in left


def test_an_answer_that_nobody_decided_about_stays_inside(
    house: House, desk: FlaskClient, member: Member, case: Case
) -> None:
    answer(house.visitors[member.id], case, "who", perp_detail="A car", shoe_size="Numbat 44")
    answer(house.visitors[member.id], case, "of_next_year", what="Numbat 45")
    assert "Numbat" not in layers_of(take(desk, case, "json", "lawyers").data)
    assert "A car" in layers_of(take(desk, case, "json", "lawyers").data)
    assert "Numbat 44" in layers_of(take(desk, case, "json").data)


def test_a_recording_goes_outside_with_consent_and_not_where_words_are_blacked_out(
    house: House, client: FlaskClient, desk: FlaskClient, member: Member
) -> None:
    made, heard = voice_case(client, house, member)
    visitor = house.visitors[member.id]

    def goes_to(audience: str, **fields: str) -> bool:
        layers = take(desk, made, "zip", audience, **fields).data
        assert ("recording-1" in layers_of(layers)) == (heard[:3000] in layers)
        return heard[:3000] in layers

    assert goes_to("lawyers")
    assert not goes_to("publication"), "the person did not agree that their voice is heard"
    publish(visitor, made, "with_name", "voice")
    assert goes_to("publication")
    black(visitor, made, "Quaggova")
    assert not goes_to("publication")
    assert not goes_to("lawyers")
    assert goes_to("inside")
    assert not goes_to("inside", blacked="1")


@pytest.mark.parametrize("asked", ["consent", "deletion"])
def test_consent_that_is_taken_back_while_a_copy_is_made_stops_it(
    house: House, desk: FlaskClient, member: Member, case: Case, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    made, once = copies.make, iter([True])

    def slowly(*args: Any) -> copies.Copy:
        copy = made(*args)
        if next(once, False) and asked == "consent":
            answer(house.visitors[member.id], case, "consent", keep="no")
        elif asked == "deletion":
            with transaction():
                db.session.get_one(Case, case.id).deletion_asked_at = case.received_at
        return copy

    path = path_of(case)
    press = {"csrf_token": token_on(desk.get(path).get_data(as_text=True)), "audience": "lawyers", "form": "pdf"}
    monkeypatch.setattr(copies, "make", slowly)
    assert desk.post(path, data=press).status_code == 422
    assert last_acts() == []


def test_the_page_says_before_what_is_left_out_and_why_there_is_no_copy(
    house: House, desk: FlaskClient, member: Member, case: Case
) -> None:
    share(house.visitors[member.id], case, "lawyers")
    publish(house.visitors[member.id], case, "without_name")
    page = desk.get(path_of(case)).get_data(as_text=True)
    assert "Who else may see it" in page
    assert page.count(" disabled") == 2, "NGOs and the UN"
    assert "it may be published without the name only" in page


def test_a_copy_for_outside_leaves_out_the_desks_work_contact_and_witnesses(desk: FlaskClient, case: Case) -> None:
    for audience in ("lawyers", "publication"):
        answered = take(desk, case, "json", audience)
        layers = layers_of(answered.data)
        for word in ("Nabarlek", "Wombat", "Okapieva", "at night", "Zarina thinks", "secret@", "room 9", "555"):
            assert word not in layers, word
        assert " UTC" not in "".join(sections(answered).values()), "the day alone"
        wanted = {"facts", "story", "answers"} | ({"conversation"} if audience == "lawyers" else set())
        assert set(sections(answered)) == wanted
        assert ("the sister" in layers) == (audience == "lawyers")
        assert "Zarina" not in "".join(sections(answered).values()), "who works here is nobody's business"
        assert answered.json is not None
        assert any("Witnesses" in line for line in answered.json["left_out"])
