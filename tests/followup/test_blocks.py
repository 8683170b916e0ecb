"""Blocks of details: every question may be skipped, nothing typed is lost, nothing forged is taken."""

import gzip
import html
import re

import pytest
from flask import Flask

from intake.cases import queries as cases
from intake.cases import statements, visits
from intake.cases.models import Case
from intake.extensions import db, settle, transaction
from intake.followup import blocks
from intake.followup.questions import Long, Short
from intake.i18n import TAGS
from intake.reference.perpetrators import PERPETRATORS
from intake.reference.violations import VIOLATIONS
from tests.complainant_pages import OTHER_BYTES
from tests.factories import House, make_case
from tests.followup.asking import EVERYTHING, Filled, fault, page_of, post


@pytest.fixture
def database() -> str:
    """Nothing here asks a database."""
    return "sqlite"


def test_every_block_is_filled_above() -> None:
    assert set(EVERYTHING) == set(blocks.BLOCKS)
    assert all(block.name == name for name, block in blocks.BLOCKS.items())


@pytest.mark.parametrize("block", EVERYTHING)
def test_what_was_answered_comes_back_as_it_was_saved(asked: Flask, block: str) -> None:
    form = post(asked, block, EVERYTHING[block])
    assert form.errors == {}
    saved = form.answers("7")
    assert (saved.block, saved.base) == (block, 7)
    again = blocks.empty(block, "KZ", saved.words)
    assert again.words() == saved.words
    posted = post(asked, block, Filled(page_of(again)).fields)
    assert posted.errors == {}
    assert posted.answers(7) == saved
    asks = {name.partition("-")[0] for name, _ in EVERYTHING[block]}
    assert asks <= set(saved.words) | {"passed"}


@pytest.mark.parametrize("block", EVERYTHING)
def test_every_question_can_be_skipped(asked: Flask, block: str) -> None:
    form = post(asked, block)
    assert form.errors == {}
    saved = form.answers("x; DROP TABLE")
    assert saved.base == 0
    assert saved.words == {"publication": {"pub_level": "ask_first"}, "sharing": {"share_with": []}}.get(block, {})
    posted = post(asked, block, Filled(page_of(blocks.empty(block, "KZ", {}))).fields)
    assert posted.errors == {}
    assert posted.answers(0).words == saved.words


@pytest.mark.parametrize("lang", TAGS)
@pytest.mark.parametrize("block", EVERYTHING)
def test_a_page_is_small_says_what_is_wrong_where_it_is_wrong_and_keeps_what_was_typed(
    asked: Flask, block: str, lang: str
) -> None:
    full = page_of(blocks.empty(block, "KZ", post(asked, block, EVERYTHING[block]).words()), lang)
    assert len(gzip.compress(full.encode())) <= OTHER_BYTES
    form = post(asked, block, [(name, f"{value}{'x' * 1100}") for name, value in EVERYTHING[block]])
    text = page_of(form)
    found = Filled(text)
    for name in form.errors:
        assert f'href="#{name}"' in text
        assert name in found.ids
        assert f"{name}-e" in found.ids
        assert re.search(rf'aria-describedby="[^"]*\b{name}-e"', text)
    for name, value in EVERYTHING[block]:
        if name in form and isinstance(form[name], Short | Long):
            assert (name, f"{value}{'x' * 1100}") in found.fields
    assert len(found.ids) == len(set(found.ids))
    assert "<script>alert" not in page_of(post(asked, block, relation="<script>alert(1)</script>"))
    assert ("base", "7") in found.fields
    assert dict(found.fields)["csrf_token"]


def test_a_region_is_one_of_the_cases_own_country(asked: Flask) -> None:
    assert post(asked, "when", region="UZ-AN", country="UZ").errors == {}
    assert "region" in post(asked, "when", region="UZ-AN", country="KZ").errors
    assert "region" in post(asked, "when", region="UZ-AN", country="other").errors
    assert 'name="region"' not in page_of(blocks.empty("when", "other", {}))


@pytest.mark.parametrize(
    ("block", "name", "value"),
    [
        ("victim", "reporter_role", "king"),
        ("victim", "victim_minor", "YES"),
        ("when", "where_now", "XX"),
        ("when", "ongoing", "1"),
        ("kind", "categories", "torture"),
        ("who", "perp_type", "angels"),
        ("steps", "complained_to", "pope"),
        ("danger", "kinds", "x"),
        ("contact", "contact_mode", "pigeon"),
        ("contact", "reply_lang", "xx"),
        ("publication", "pub_level", "always"),
        ("publication", "pub_details", "name"),
        ("sharing", "share_with", "police"),
        ("consent", "keep", "maybe"),
        ("detention", "warrant", "x"),
        ("victim", "victim_birth_year", "1899"),
        ("victim", "victim_birth_year", "²²²²"),
    ],
)
def test_an_answer_that_was_not_offered_is_refused(asked: Flask, block: str, name: str, value: str) -> None:
    assert list(post(asked, block, {name: value}).errors) == [name]


def test_five_kinds_are_taken_and_a_sixth_is_not(asked: Flask) -> None:
    for block, name, offered in (("kind", "categories", VIOLATIONS), ("who", "perp_type", PERPETRATORS)):
        codes = [*offered]
        assert post(asked, block, [(name, code) for code in [*codes[:5], codes[0]]]).errors == {}
        six = post(asked, block, [(name, code) for code in codes[:6]])
        assert "5 at most" in fault(six, name)
        assert all((name, code) in Filled(page_of(six)).fields for code in codes[:6])


def test_text_is_counted_as_people_count_and_cleaned(asked: Flask) -> None:
    family = "👨‍👩‍👧‍👦"
    assert post(asked, "victim", victim_name=family * 200).errors == {}
    assert "201" in fault(post(asked, "victim", victim_name=family * 201), "victim_name")
    assert post(asked, "who", perp_detail="👩\u200d" * 30_000).errors  # one character of 200 kB
    piled = post(asked, "who", perp_detail="a" + "\u0301\u0302" * 30_000)
    assert piled.words()["perp_detail"] == "á\u0302" + "\u0301\u0302" * 14
    form = post(asked, "who", perp_detail="x\0\u202ey\r\nz")
    assert form.errors == {}
    assert form.words()["perp_detail"] == "xy\nz"
    assert post(asked, "victim", relation="a\0\u2066  b").words()["relation"] == "a b"


def test_a_channel_needs_its_address_and_an_address_its_channel(asked: Flask) -> None:
    assert "contact_value" in post(asked, "contact", contact_mode="phone", contact_value="12").errors
    assert "contact_value" in post(asked, "contact", contact_mode="phone", contact_value="1" * 121).errors
    assert "contact_value" in post(asked, "contact", contact_value="@quagga").errors
    coded = post(asked, "contact", contact_mode="code", contact_value="@quagga")
    assert coded.errors == {}
    assert coded.words() == {"contact_mode": "code"}
    assert coded.plain() == {"reachable": True}
    assert post(asked, "contact", contact_mode="none").plain() == {"reachable": False}
    assert post(asked, "contact", safe_times="evenings").plain() == {}


def test_a_reminder_is_an_address_with_the_language_of_the_page(asked: Flask) -> None:
    with asked.test_request_context(
        "/ru/case/details/contact", method="POST", data={"reminder_address": "Q@EXAMPLE.org"}
    ):
        form = blocks.posted("contact", "KZ")
        assert form.validate()
        assert form.words() == {"reminder_address": "Q@example.org", "reminder_language": "ru"}
        assert form.plain() == {}
    for wrong in ("quagga", "a@b@c", "a@localhost", "q@example.org\nBcc: x@example.org", "x" * 250 + "@example.org"):
        assert "reminder_address" in post(asked, "contact", reminder_address=wrong).errors
    assert asked.config["REMINDER_ADDRESS"] in html.unescape(page_of(blocks.empty("contact", "KZ", {})))


@pytest.mark.parametrize(
    ("block", "fields", "plain"),
    [
        ("publication", {"pub_level": "never"}, {"not_for_publication": True}),
        ("publication", {"pub_level": "with_name"}, {"not_for_publication": False}),
        ("publication", {}, {"not_for_publication": False}),
        ("sharing", {"share_with": "un"}, {}),
        ("consent", {"contact": "no"}, {"reachable": False}),
        ("consent", {"contact": "yes"}, {"reachable": True}),
        ("consent", {"keep": "no"}, {"not_for_publication": True}),
    ],
)
def test_consent_takes_effect(asked: Flask, block: str, fields: dict[str, str], plain: dict[str, bool]) -> None:
    saved = post(asked, block, fields).answers(0)
    assert saved.consent
    assert saved.plain == plain


def test_limits_of_withdrawal_are_said(asked: Flask) -> None:
    assert "copies we cannot" in page_of(blocks.empty("publication", "KZ", {}))
    assert "cannot be called back" in page_of(blocks.empty("sharing", "KZ", {}))
    assert "no reports without a name" in page_of(blocks.empty("sharing", "KZ", {}))
    assert "cannot be undone" in page_of(blocks.empty("consent", "KZ", {}))


def test_the_blocks_that_matter_come_first() -> None:
    for category in ("DISAPPEARANCE", "ARBITRARY_DETENTION", "TORTURE", "DETENTION_CONDITIONS"):
        assert blocks.ordered(["OTHER", category, "CHILD", "?"])[:2] == ["detention", "danger"]
        assert sorted(blocks.ordered([category])) == sorted(blocks.BLOCKS)
    assert blocks.ordered(["CHILD"])[:2] == ["danger", "contact"]
    for categories in ([], ["?"], ["OTHER"], ["RELIGION"]):
        assert sorted([*blocks.ordered(categories), "detention"]) == sorted(blocks.BLOCKS)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("victim", "Who reports: A relative"),
        ("victim", "Year of birth: 1987"),
        ("when", "Happened or began: 3 December 2024"),
        ("when", "Ended: January 2025"),
        ("when", "In which region?: Almaty (city)"),
        ("when", "In which country is the person now?: Türkiye"),
        ("kind", "Kind of violation: Torture or cruel treatment; Something else / I am not sure"),
        ("kind", "Punishment for complaining, journalism or defending others: Yes"),
        ("who", "Alleged perpetrators: Police / Ministry of Internal Affairs; I do not know"),
        ("who", "About the alleged perpetrators: A white car, badge 17"),
        ("detention", "Alleged to hold the person: men without badges"),
        ("danger", "Day and hour: 3 December 2026, 14:00 (local time: Kazakhstan)"),
        ("contact", "How to reach the person: Signal"),
        ("contact", "Answer in: Қазақша"),
        ("publication", "May it be published?: Yes, without the name"),
        ("sharing", "May be shown to: Lawyers; UN bodies"),
        ("consent", "May we contact you?: No, I take this back"),
    ],
)
def test_answers_are_read_in_words(asked: Flask, block: str, words: str) -> None:
    saved = post(asked, block, EVERYTHING[block]).answers(0).words
    facts = blocks.facts(block, saved, "en")
    assert words in [f"{label}: {said}" for label, said in facts]
    assert len(facts) == len(saved) - ("reminder_language" in saved)


def test_answers_are_read_in_the_readers_language_outside_of_any_page(app: Flask) -> None:
    facts = dict(blocks.facts("when", {"date_from": "2024-12-03", "region": "KZ-75", "where_now": "KZ"}, "ru"))
    assert "3 декабря 2024" in facts.values()
    assert "Казахстан" in facts.values()
    assert blocks.facts("sharing", {"share_with": []}, "en") == [("May be shown to", "Nobody")]


def test_answers_of_an_older_form_are_shown_as_they_were_kept(asked: Flask) -> None:
    old = {
        "date_from": "2024-99",
        "date_to": 7,
        "region": "ZZ-1",
        "where_now": None,
        "place": ["a", {"b": True}],
        "gone": "with the wind",
    }
    facts = dict(blocks.facts("when", old, "en"))
    assert facts["Happened or began"] == "2024-99"
    assert facts["gone"] == "with the wind"
    assert dict(blocks.facts("who", {"perp_type": ["police", "dragons"]}, "en")) == {
        "Alleged perpetrators": "Police / Ministry of Internal Affairs; dragons"
    }
    assert blocks.facts("danger", {"deadline": "tomorrow"}, "en") == [("Day and hour", "tomorrow")]
    assert blocks.facts("danger", {"deadline": {"at": "x"}}, "en") == [("Day and hour", "x (universal time, UTC)")]
    assert blocks.facts("no such block", {"a": 1}, "en") == [("a", "1")]
    assert page_of(blocks.empty("when", "KZ", old))
    assert page_of(blocks.empty("who", "KZ", {"perp_type": "police", "perp_detail": 7}))
    assert page_of(blocks.empty("danger", "KZ", {"now": "x", "kinds": {}, "deadline": {"at": 3}}))


def test_changing_to_and_fro_keeps_every_version(app: Flask, house: House) -> None:
    case, keys, _ = make_case()
    with transaction():
        cookie = visits.begin(case, keys)
    visit = visits.find(cookie)
    assert visit
    numbers = []
    for name, base in (("A", 0), ("B", 2), ("A", 3), ("A", 3)):
        answers = post(app, "victim", victim_name=name).answers(base)
        numbers.append(settle(lambda told=answers: statements.seal_answers(visit, case, told), statements.tell))  # type: ignore[misc]  # mypy does not follow the default
    assert numbers == [2, 3, 4, 4]
    db.session.rollback()
    told = cases.read_statements(db.session.get_one(Case, case.id), visit.opens)
    assert [one.words["answers"].get("victim_name") for one in told[1:]] == ["A", "B", "A"]
