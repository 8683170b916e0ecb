"""A new code for the present one: offered, typed from paper, taken."""

import re

from flask.testing import FlaskClient

from intake.cases import return_code
from intake.cases.models import Case
from tests.factories import (
    House,
    come_back,
    count_rows,
    fields,
    hidden_on,
    letters,
    make_case,
    signed_code,
)
from tests.followup.test_case import STRANGE, ask, once_on, press, text_of


def test_a_new_code_opens_the_case_and_the_old_one_nothing(client: FlaskClient, house: House) -> None:
    _, _, code = make_case(story=STRANGE)
    page = come_back(client, code)
    press(client, "/en/case/messages", text="Anything new?", once=once_on(page))
    elsewhere = client.application.test_client()
    come_back(elsewhere, code)
    fresh, offered = offer(client, code)
    assert fresh != code
    assert ask(client.application.test_client(), code)[0] == 303, "an offered code changes nothing yet"
    assert ask(client.application.test_client(), fresh)[0] == 422
    for typed in ("", code, return_code.mint()):
        assert press(client, "/en/case/code/take", fresh=offered, code=typed).status_code == 422
    assert press(client, "/en/case/code/take", fresh=offered, code=fresh).status_code == 303
    assert ask(client.application.test_client(), code)[0] == 422
    assert "Come back with your code" in text_of(elsewhere.get("/en/case"))
    assert STRANGE in text_of(client.get("/en/case/words")), "the visit goes on"
    come_back(elsewhere, fresh)
    assert STRANGE in text_of(elsewhere.get("/en/case/words"))
    assert "Anything new?" in text_of(elsewhere.get("/en/case/messages"))
    assert [letter.kind for letter in letters("code_renewed")] == ["code_renewed"]


def test_a_lost_answer_never_leaves_the_person_without_a_code_that_works(client: FlaskClient, house: House) -> None:
    case, _, code = make_case()
    come_back(client, code)
    fresh, offered = offer(client, code)
    other, _ = offer(client, code)
    assert other != fresh, "a second press offers another, and neither opens anything"
    press(client, "/en/case/code/take", fresh=offered, code=fresh)
    again = client.application.test_client()
    assert case.reference in come_back(again, fresh)


def test_only_a_code_that_was_offered_to_this_visit_can_be_taken(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    come_back(client, code)
    for forged in (signed_code(), "1" * 24, flipped(offer(client, code)[1])):
        answer = press(client, "/en/case/code/take", fresh=forged, code=forged[:24])
        assert answer.headers["Location"] == "/en/case/code"
    fresh, offered = offer(client, code)
    later, stale = offer(client, code)
    assert press(client, "/en/case/code/take", fresh=offered, code=fresh).headers["Location"] == "/en/case"
    refused = press(client, "/en/case/code/take", fresh=stale, code=later)
    assert refused.headers["Location"] == "/en/case/code"
    assert "was not taken" in text_of(client.get("/en/case/code"))
    assert ask(client.application.test_client(), fresh)[0] == 303


def test_a_dead_code_does_not_come_alive_by_an_old_page(client: FlaskClient, house: House) -> None:
    sent = fields()
    assert client.post("/en/", data=sent).status_code == 200
    code = sent["code"][:24]
    come_back(client, code)
    fresh, offered = offer(client, code)
    press(client, "/en/case/code/take", fresh=offered, code=fresh)
    again = client.post("/en/", data={**sent, "story": STRANGE})
    assert again.status_code == 422
    assert STRANGE in text_of(again)
    assert hidden_on(text_of(again))["code"][:24] not in {code, fresh}, "the text is kept, under a code that nobody saw"
    assert count_rows(Case) == 1
    assert client.post("/en/", data={**sent, "story": STRANGE, **hidden_on(text_of(again))}).status_code == 200
    assert count_rows(Case) == 2
    assert ask(client.application.test_client(), code)[0] == 422


def offer(client: FlaskClient, code: str) -> tuple[str, str]:
    """Ask for a new code; return its digits, and what the page carries."""
    page = text_of(press(client, "/en/case/code", code=code))
    return "".join(re.findall(r"<span>(\d{4})</span>", page)), hidden_on(page)["fresh"]


def flipped(signed: str) -> str:
    """Return a signed code with another first digit."""
    return f"{(int(signed[0]) + 1) % 10}{signed[1:]}"
