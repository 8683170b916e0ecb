"""Over HTTPS cookies are bound to their host, and HTTPS is demanded; at the onion address neither."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories import PASSWORD, House, fields, hidden_code, make_member, one_time_code, token_on
from tests.sweep import wire
from tests.web.test_sites import DESK, ONION, PUBLIC, Served, served  # noqa: F401 a fixture


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database: headers know of none."""
    return str(request.param)


def faults(answer: TestResponse, *, secure: bool) -> list[str]:
    return wire.faults(answer.request.path, answer.status_code, [*answer.headers], secure=secure)


def cookies(answer: TestResponse) -> list[str]:
    return answer.headers.getlist("Set-Cookie")


def visit(browser: FlaskClient, url: str) -> list[TestResponse]:
    """Return the answers to whoever complains, comes back with the code, looks, and leaves."""
    complaint = fields()
    answers = [browser.post("/en/", base_url=url, data=complaint)]
    answers.append(browser.post("/en/case", base_url=url, data={"code": hidden_code(complaint)}))
    assert cookies(answers[-1])
    answers += [browser.get(path, base_url=url) for path in ("/en/case", "/leave", "/", "/nothing")]
    assert sum(map(len, map(cookies, answers))) >= 3
    return answers


def test_over_https_every_cookie_is_bound_to_its_host(served: Served, house: House) -> None:  # noqa: F811
    browser, member = served(), make_member(house, "KZ")
    answers = visit(browser, PUBLIC)
    answers.append(browser.get("/desk/sign-in", base_url=DESK))
    token = token_on(answers[-1].get_data(as_text=True))
    form = {"address": member.address, "password": PASSWORD, "code": one_time_code(), "csrf_token": token}
    answers.append(browser.post("/desk/sign-in", base_url=DESK, data=form))
    assert len(cookies(answers[-1])) >= 1
    answers.append(browser.get("/static/desk.css", base_url=DESK))
    assert [found for answer in answers for found in faults(answer, secure=True)] == []


def test_at_the_onion_address_nothing_demands_https(served: Served) -> None:  # noqa: F811
    browser = served(onion_url=ONION)
    assert [found for answer in visit(browser, ONION) for found in faults(answer, secure=False)] == []
