"""Coding a case: what is suggested, saved, read again, refused; and that nothing of it lies in plain."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.test import TestResponse

from intake.cases import coding, export, queries, wishes
from intake.cases.coding import Chosen, RegionError
from intake.cases.models import Case
from intake.cases.notes import CollisionError
from intake.cases.paper_models import Coding
from intake.extensions import db, settle, transaction
from intake.followup import wish_blocks
from intake.members.models import Member
from intake.reference import leaf_codes, violations
from intake.reference.leaf_codes import LEAVES, TREATIES
from intake.sealing import CodeKeys, SealError, unseal
from tests.cases import acts, page_of, reference, saved, tell, visit_of
from tests.cases.coded import code, coded, counts
from tests.cases.rotating import rotate
from tests.factories import House, come_back, count_rows, hidden_on, make_case, make_member, sign_in, token

Told = tuple[Case, CodeKeys]


@pytest.fixture
def member(house: House) -> Member:
    """Return a journalist of the Kazakhstan desk."""
    return make_member(house, "KZ", name="Aigerim")


@pytest.fixture
def told() -> Told:
    """Return a case whose complainant ticked what it is, who did it, and where."""
    case, keys, _ = make_case()
    tell(visit_of(case, keys), case, "kind", categories=["TORTURE", "DISCRIMINATION"], reprisal=True)
    tell(visit_of(case, keys), case, "who", perp_type=["police"])
    tell(visit_of(case, keys), case, "when", region="KZ-10")
    return saved(case), keys


def send(client: FlaskClient, case: Case, **data: Any) -> TestResponse:
    """Post the form of the coding with the visitor's own token."""
    own = token(client, "/desk/cases/new")
    return client.post(f"/desk/cases/{reference(case)}/coding", data={**data, "csrf_token": own})


def ticked(page: str) -> set[str]:
    """Return the values of all boxes that are ticked on a page."""
    return set(re.findall(r'value="([^"]+)" checked', page))


def test_every_leaf_code_has_a_group_a_category_and_known_treaties() -> None:
    assert len(LEAVES) == 27
    assert {leaf.group for leaf in LEAVES.values()} == set(violations.GROUPS)
    assert {leaf.category for leaf in LEAVES.values()} - {""} == set(violations.VIOLATIONS)
    assert {one.treaty for leaf in LEAVES.values() for one in leaf.articles} == set(TREATIES)
    assert leaf_codes.said("C29 whole") == "ILO C29"
    assert leaf_codes.said("of old") == "of old"


def test_what_a_complainant_may_choose_is_what_the_desk_filters_by(app: Flask) -> None:
    with app.test_request_context():
        publication, sharing = wish_blocks.PublicationForm(None), wish_blocks.SharingForm(None)
        assert [option.code for option in publication.pub_level.options] == [
            wishes.ASK_FIRST,
            wishes.WITH_NAME,
            wishes.WITHOUT_NAME,
            wishes.NEVER,
        ]
        assert tuple(option.code for option in sharing.share_with.options) == wishes.SHARE


def test_a_suggestion_is_ticked_and_is_none_of_the_desks_until_it_is_saved(
    client: FlaskClient, member: Member, told: Told, house: House
) -> None:
    case, _ = told
    sign_in(client, member)
    assert "ready as a suggestion" in page_of(client, case)
    page = page_of(client, case, "/coding")
    assert "This is a suggestion" in page
    codes = {value for value in ticked(page) if value in LEAVES}
    assert codes == {"TORTURE", "DEFENDER_REPRISAL"}, "which discrimination it is, a member says"
    assert page.count(">suggested<") == 2 + 3 + 1 + 1
    assert '<option value="KZ-10" selected>' in page
    assert {"police", "TORTURE:ICCPR 7"} <= ticked(page)
    assert count_rows(Coding) == 0
    assert counts() == {}
    assert ("case.opened", member.id) in acts(case)


def test_what_was_saved_stands_on_the_case_and_in_the_form(
    client: FlaskClient, member: Member, told: Told, house: House
) -> None:
    case, _ = told
    sign_in(client, member)
    chosen = {"codes": ["TORTURE", "LGBTI"], "articles": ["TORTURE:ICCPR 7", "LGBTI:ICCPR 26", "DEATH:ICCPR 6"]}
    law = "Constitution, article 17 \u202efdp"
    saved_it = send(client, case, **chosen, perpetrators="police", region="KZ-11", law=law, base="0", once="a")
    assert saved_it.status_code == 302
    page = page_of(client, case)
    for words in ("Torture or cruel treatment", "against LGBTI people", "ICCPR, art. 7", "Police", "Akmola"):
        assert words in page
    assert "Constitution, article 17 fdp" in page, "marks that turn the reading round are gone"
    opened = coded(case, house.identity("KZ"))
    assert opened is not None
    newest = opened.newest
    assert (newest.codes, newest.perpetrators, newest.region) == (("TORTURE", "LGBTI"), ("police",), "KZ-11")
    assert newest.articles == ("ICCPR 7", "ICCPR 26"), "an article of a code that is not chosen does not count"
    form = page_of(client, case, "/coding")
    assert "This is a suggestion" not in form
    assert {"TORTURE", "LGBTI", "TORTURE:ICCPR 7"} <= ticked(form)
    assert "TORTURE:UDHR 5" not in ticked(form), "what was unticked stays so"
    assert "DEATH:UDHR 3" in ticked(form), "what another code brings is ready"
    assert acts(case).count(("case.coded", member.id)) == 1


def test_each_save_is_a_version_and_the_same_press_twice_is_one(
    client: FlaskClient, member: Member, told: Told, house: House
) -> None:
    case, _ = told
    sign_in(client, member)
    for _ in range(2):
        assert send(client, case, codes="DEATH", base="0", once="a").status_code == 302
    base = hidden_on(page_of(client, case, "/coding"))["base"]
    assert send(client, case, codes="CHILD", base=base, once="b").status_code == 302
    opened = coded(case, house.identity("KZ"))
    assert opened is not None
    assert [one.codes for one in (opened.newest, *opened.earlier)] == [("CHILD",), ("DEATH",)]
    page = page_of(client, case)
    assert "An earlier version" in page
    assert "Death in custody" in page
    assert count_rows(Coding) == 2


def test_over_a_newer_version_nothing_is_saved_and_both_are_shown(
    client: FlaskClient, member: Member, told: Told, house: House
) -> None:
    case, _ = told
    first = code(house.visitors[member.id], case, "DEATH")
    colleague = make_member(house, "KZ", name="Daniyar")
    code(house.visitors[colleague.id], case, "CHILD", replaces=first)
    sign_in(client, member)
    answer = send(client, case, codes=["TORTURE"], base=str(first), once="mine", law="My words")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "A newer version was kept meanwhile" in page
    assert "Harm to a child" in page
    assert "Daniyar" in page
    assert "TORTURE" in ticked(page)
    assert "My words" in page
    assert count_rows(Coding) == 2
    assert send(client, case, codes=["TORTURE"], **hidden_on(page)).status_code == 302, "now it is known"
    opened = coded(case, house.identity("KZ"))
    assert opened is not None
    assert opened.newest.codes == ("TORTURE",)


def test_of_two_first_codings_one_is_saved(house: House, member: Member, told: Told) -> None:
    visitor = house.visitors[member.id]
    code(visitor, told[0], "DEATH")
    with pytest.raises(CollisionError):
        code(visitor, told[0], "CHILD")
    assert set(counts().values()) == {1}


def test_a_version_of_another_case_is_none_of_this_one(
    client: FlaskClient, house: House, member: Member, told: Told
) -> None:
    other, _, _ = make_case(story="They closed the newspaper of our town, and nobody says why.")
    foreign = code(house.visitors[member.id], other, "DEATH")
    with pytest.raises(NotFound):
        code(house.visitors[member.id], told[0], "CHILD", replaces=foreign)
    sign_in(client, member)
    assert send(client, told[0], codes="CHILD", base=str(foreign)).status_code == 404
    assert send(client, told[0], codes="CHILD", base="x" * 50).status_code == 302, "no number is none"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Choose at least one"),
        ({"codes": ["TORTURE", "ONLINE_PRIVACY"]}, "Choose from what is offered"),
        ({"codes": "TORTURE", "articles": "TORTURE:ICCPR 99"}, "Choose from what is offered"),
        ({"codes": "TORTURE", "perpetrators": "neighbour"}, "Choose from what is offered"),
        ({"codes": "TORTURE", "region": "KG-B"}, "Choose from what is offered"),
        ({"codes": "TORTURE", "law": "ы́" * 10_000}, "500 characters at most"),
    ],
)
def test_what_was_not_offered_is_refused_and_nothing_typed_is_lost(
    client: FlaskClient, member: Member, told: Told, data: dict[str, Any], said: str
) -> None:
    sign_in(client, member)
    answer = send(client, told[0], **{"law": "Xylophagous", **data}, base="0")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert data.get("law", "Xylophagous") in page
    assert count_rows(Coding) == 0


def test_a_region_that_the_complainant_keeps_to_themselves_is_refused(
    client: FlaskClient, house: House, member: Member
) -> None:
    case, keys, _ = make_case()
    sign_in(client, member)
    page = page_of(client, case, "/coding")
    assert "named no region" in page
    assert 'name="region"' not in page
    answer = send(client, case, codes="DEATH", region="KZ-10")
    assert answer.status_code == 422
    assert "does not let the region be kept" in answer.get_data(as_text=True)
    with pytest.raises(RegionError):
        code(house.visitors[member.id], case, "DEATH", region="KZ-10")
    assert count_rows(Coding) == 0
    tell(visit_of(saved(case), keys), saved(case), "publication", pub_level="ask_first", pub_details=["place"])
    assert send(client, case, codes="DEATH", region="KZ-10").status_code == 302, "the place may be shown"


def test_a_region_is_given_no_more_once_that_is_taken_back(
    client: FlaskClient, house: House, member: Member, told: Told
) -> None:
    case, keys = told
    first = code(house.visitors[member.id], case, "DEATH", region="KZ-10")
    found = coded(case, house.identity("KZ"))
    assert found is not None
    assert found.newest.region == "KZ-10"
    tell(visit_of(saved(case), keys), saved(case), "consent", keep="no")
    found = coded(case, house.identity("KZ"))
    assert found is not None
    assert found.newest.region == ""
    sign_in(client, member)
    assert "took back" in page_of(client, case, "/coding")
    assert "Abai" not in page_of(client, case, "/coding")
    assert send(client, case, codes="DEATH", region="KZ-10", base=str(first)).status_code == 422


def test_a_region_is_refused_that_was_taken_back_while_it_was_saved(house: House, member: Member, told: Told) -> None:
    case, keys = told
    name, visitor = reference(case), house.visitors[member.id]
    prepared = coding.seal_coding(visitor, name, Chosen(("DEATH",), {}, region="KZ-10"), "a", None)
    tell(visit_of(saved(case), keys), saved(case), "consent", keep="no")
    pending = [prepared]

    def prepare() -> coding.Writing:
        chosen = Chosen(("DEATH",), {}, region="KZ-10")
        return pending.pop() if pending else coding.seal_coding(visitor, name, chosen, "a", None)

    with pytest.raises(RegionError):
        settle(prepare, coding.keep)
    assert count_rows(Coding) == 0


def test_another_desk_reads_and_codes_nothing(client: FlaskClient, house: House, member: Member, told: Told) -> None:
    case, _ = told
    code(house.visitors[member.id], case, "DEATH")
    sign_in(client, make_member(house, "KG"))
    assert client.get(f"/desk/cases/{case.reference}/coding").status_code == 404
    assert send(client, case, codes="CHILD").status_code == 404
    assert count_rows(Coding) == 1


def test_the_complainant_opens_no_coding_and_the_desk_does_after_a_new_key(
    client: FlaskClient, house: House, member: Member
) -> None:
    case, keys, secret = make_case()
    code(house.visitors[member.id], case, "DEATH", law="Xylophagous")
    row = db.session.scalars(select(Coding)).one()
    with pytest.raises(SealError):
        unseal(row.sealed, keys.identity)
    assert "Death in custody" not in come_back(client, secret)
    assert any(piece.name.endswith("coding-1.age") for piece in export.pieces(saved(case)))
    rotate(house.visitors[member.id])
    visitor = house.visitors[member.id]
    found = coding.read(saved(case), queries.desk_opens(visitor))
    assert found is not None
    assert found.newest.law == "Xylophagous"


def test_a_coding_that_was_moved_to_another_case_does_not_open_there(house: House, member: Member, told: Told) -> None:
    other, _, _ = make_case(story="They closed the newspaper of our town, and nobody says why.")
    code(house.visitors[member.id], other, "DEATH")
    with transaction():
        db.session.scalars(select(Coding)).one().case_id = told[0].id
    with pytest.raises(SealError):
        coded(told[0], house.identity("KZ"))
