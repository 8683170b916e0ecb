"""Coming back with the code."""

import pytest
from flask.testing import FlaskClient

from intake.cases import return_code, triage
from intake.extensions import transaction
from intake.followup import views
from tests.factories import House, make_case, make_member


def ask(client: FlaskClient, code: str, lang: str = "en", **headers: str) -> tuple[int, str]:
    """Post a code; return status and page."""
    page = client.post(f"/{lang}/case", data={"code": code}, headers=headers)
    assert "Set-Cookie" not in page.headers
    return page.status_code, page.get_data(as_text=True)


def test_the_code_shows_the_status_in_plain_words(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, code = make_case(urgent=True)
    status, page = ask(client, " ".join(return_code.groups(code)))
    assert status == 200
    assert case.reference in page
    assert "Not yet." in page
    with transaction():
        triage.acknowledge(house.visitors[member.id], case.reference)
    assert "has taken up your message" in ask(client, code)[1]


def test_the_page_shows_nothing_of_the_story_and_not_the_code(client: FlaskClient, house: House) -> None:
    _, _, code = make_case(story="Zanzibar, and twenty characters more.")
    page = ask(client, code)[1]
    assert "Zanzibar" not in page
    assert code not in page.replace(" ", "")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Type your code"),
        ("1234", "24 digits, and you typed 4"),
        ("abcd", "digits only"),
        ("1" * 24, "seems to be wrong"),
    ],
)
def test_a_mistyped_code_is_answered_kindly_and_kept(client: FlaskClient, typed: str, words: str) -> None:
    status, page = ask(client, typed)
    assert status == 422
    assert words in page
    assert f'value="{typed}"' in page


def test_an_unknown_code_is_answered_kindly(client: FlaskClient) -> None:
    status, page = ask(client, return_code.mint())
    assert status == 422
    assert "We found no case" in page


def test_many_wrong_codes_from_one_visitor_are_slowed_but_others_and_right_codes_are_not(
    client: FlaskClient, house: House
) -> None:
    _, _, code = make_case()
    client.application.config["PUBLIC_URL"] = "https://write.example"  # behind a proxy, which adds the header
    here, elsewhere = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
    answers = [ask(client, return_code.mint(), **here)[0] for _ in range(20)]
    assert answers[0] == 422
    assert answers[-1] == 429
    assert ask(client, return_code.mint(), **elsewhere)[0] == 422
    assert ask(client, code, **here)[0] == 200


def test_without_a_proxy_an_invented_header_changes_nothing(client: FlaskClient) -> None:
    answers = [ask(client, return_code.mint(), **{"X-Forwarded-For": f"192.0.2.{n}"})[0] for n in range(20)]
    assert answers[-1] == 429


def test_another_sites_page_cannot_post_a_code(client: FlaskClient) -> None:
    assert ask(client, return_code.mint(), **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert views.WRONG_CODES.kind == "wrong-code"
