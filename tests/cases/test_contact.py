"""Safe contact: no detail is on the case page; the rules are read first, and whoever opens the details is logged."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from intake.cases.models import Case
from intake.sealing import CodeKeys
from tests.cases import acts, page_of, post, tell, visit_of
from tests.factories import House, hidden_on, make_case, make_member, sign_in

RULES: dict[str, Any] = {
    "contact_mode": "phone",
    "safe_times": "Weekdays after eight",
    "message_ok": "no",
    "shared_device": "yes",
    "say_you_are": "A school friend",
    "reply_lang": "kk",
}
DETAILS: dict[str, Any] = {
    "contact_value": "+7 700 555 01 02",
    "fallback_person": "Aunt Quagga, flat 5",
    "reminder_address": "quagga@example.org",
}
EARLIER = "+7 700 555 99 99"
FIRST = "@first-told"


@pytest.fixture
def told() -> tuple[Case, CodeKeys]:
    """Return a case whose person told three times how to be reached."""
    case, keys, _ = make_case(contact_mode="signal", contact_value=FIRST)
    tell(visit_of(case, keys), case, "contact", contact_mode="phone", contact_value=EARLIER)
    tell(visit_of(case, keys), case, "contact", **RULES, **DETAILS)
    return case, keys


def open_details(client: FlaskClient, case: Case) -> str:
    """Read the rules, and press the button."""
    known = hidden_on(page_of(client, case, "/contact"))["known"]
    answer = post(client, case, "contact", known=known)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_no_detail_is_in_the_case_page_also_of_earlier_versions(
    client: FlaskClient, house: House, told: tuple[Case, CodeKeys]
) -> None:
    case, _ = told
    sign_in(client, make_member(house, "KZ"))
    for page in (page_of(client, case), page_of(client, case), post(client, case, "messages").get_data(as_text=True)):
        for secret in (FIRST, EARLIER, *DETAILS.values(), RULES["safe_times"], RULES["say_you_are"], "Phone call"):
            assert secret not in page
        assert f'href="/desk/cases/{case.reference}/contact"' in page


def test_the_rules_are_shown_first_and_the_details_after_a_press_that_is_logged_each_time(
    client: FlaskClient, house: House, told: tuple[Case, CodeKeys]
) -> None:
    case, _ = told
    member = make_member(house, "KZ")
    sign_in(client, member)
    rules = page_of(client, case, "/contact")
    for words in ("Phone call", "Weekdays after eight", "A school friend", "Қазақша"):
        assert words in rules
    for secret in (FIRST, EARLIER, *DETAILS.values()):
        assert secret not in rules
    assert ("case.contact_opened", member.id) not in acts(case)
    page = open_details(client, case)
    for words in (FIRST, EARLIER, *DETAILS.values(), "Weekdays after eight"):
        assert words in page
    assert page.index(DETAILS["contact_value"]) < page.index("2 earlier versions") < page.index(EARLIER)
    assert acts(case).count(("case.contact_opened", member.id)) == 1
    open_details(client, case)
    assert acts(case).count(("case.contact_opened", member.id)) == 2
    assert "Contact details opened" in page_of(client, case)


def test_rules_that_changed_meanwhile_are_to_be_read_again(
    client: FlaskClient, house: House, told: tuple[Case, CodeKeys]
) -> None:
    case, keys = told
    member = make_member(house, "KZ")
    sign_in(client, member)
    known = hidden_on(page_of(client, case, "/contact"))["known"]
    tell(visit_of(case, keys), case, "contact", {"reachable": False}, contact_mode="none")
    for stale in (known, "", "x"):
        answer = post(client, case, "contact", known=stale)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 409
        assert "Must not be contacted" in page
        assert DETAILS["contact_value"] not in page
    assert ("case.contact_opened", member.id) not in acts(case)
    assert "Must not be contacted" in page_of(client, case)
    assert DETAILS["contact_value"] in open_details(client, case)


def test_that_contact_was_forbidden_is_told_though_the_rules_did_not_change(
    client: FlaskClient, house: House, told: tuple[Case, CodeKeys]
) -> None:
    case, keys = told
    sign_in(client, make_member(house, "KZ"))
    known = hidden_on(page_of(client, case, "/contact"))["known"]
    tell(visit_of(case, keys), case, "consent", {"reachable": False}, contact="no")
    answer = post(client, case, "contact", known=known)
    assert answer.status_code == 409
    assert "Must not be contacted" in answer.get_data(as_text=True)


def test_where_the_person_gave_no_rules_the_page_says_so(client: FlaskClient, house: House) -> None:
    case, _, _ = make_case(contact_mode="email", contact_value='"><img src=x>')
    sign_in(client, make_member(house, "KZ"))
    rules = page_of(client, case, "/contact")
    assert "The person gave no rules." in rules
    assert "E-mail" in rules
    assert "img src" not in rules
    page = open_details(client, case)
    assert "<img" not in page
    assert "&lt;img src=x&gt;" in page


def test_a_person_who_comes_back_with_the_code_left_no_details(client: FlaskClient, house: House) -> None:
    case, _, _ = make_case()
    sign_in(client, make_member(house, "KZ"))
    page = open_details(client, case)
    assert "Comes back with the code" in page or "come back with my code" in page
    assert "The person gave no address, number or name." in page


def test_further_words_that_say_how_to_reach_the_person_hold_beside_the_rules(
    client: FlaskClient, house: House, told: tuple[Case, CodeKeys]
) -> None:
    case, keys = told
    tell(visit_of(case, keys), case, "contact", **RULES, **{**DETAILS, "contact_value": "+7 700 555 03 04"})
    sign_in(client, make_member(house, "KZ"))
    page = open_details(client, case)
    assert page.index("+7 700 555 03 04") < page.index("earlier versions") < page.index(DETAILS["contact_value"])


def test_another_desk_finds_neither_rules_nor_details(
    client: FlaskClient, house: House, told: tuple[Case, CodeKeys]
) -> None:
    case, _ = told
    sign_in(client, make_member(house, "KG"))
    assert client.get(f"/desk/cases/{case.reference}/contact").status_code == 404
    assert post(client, case, "contact", known="3").status_code == 404
    assert [act for act, _ in acts(case)].count("case.contact_opened") == 0
