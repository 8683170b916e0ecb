"""Each host serves its own pages alone: the complainants', under a path of another site, the members', the onion's."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from intake import config
from intake.app import create_app
from intake.extensions import db
from intake.sealing import Cost
from tests.factories import (
    PASSWORD,
    House,
    fields,
    hidden_code,
    make_member,
    one_time_code,
    token_on,
)

PUBLIC, DESK, ONION = "https://write.example", "https://desk.example", "http://abcdef.onion"
Served = Callable[..., FlaskClient]


@pytest.fixture
def served(app: Flask, house: House, settings: config.Settings) -> Iterator[Served]:
    """Return a function that serves the house elsewhere than at its trial's address."""
    made = []

    def serve(public_url: str = PUBLIC, desk_url: str = DESK, onion_url: str | None = None) -> FlaskClient:
        elsewhere = replace(settings, public_url=public_url, desk_url=desk_url, onion_url=onion_url)
        made.append(create_app(elsewhere, password_cost=Cost(memory=8, passes=1)))
        return made[-1].test_client()

    yield serve
    for other in made:
        with other.app_context():
            db.engine.dispose()


def statuses(browser: FlaskClient, *pages: str) -> list[int]:
    """Return how addresses are answered."""
    found = []
    for page in pages:
        host, _, path = page.removeprefix("https://").removeprefix("http://").partition("/")
        found.append(browser.get(f"/{path}", base_url=f"{page.split(':')[0]}://{host}").status_code)
    return found


def test_where_hosts_differ_each_serves_its_own_pages(served: Served) -> None:
    browser = served()
    own = (f"{PUBLIC}/en/safety", f"{DESK}/desk/sign-in", "https://other.example/healthz", f"{PUBLIC}/healthz")
    assert statuses(browser, *own) == [200] * 4
    foreign = (
        f"{DESK}/en/safety",
        f"{PUBLIC}/desk/sign-in",
        "https://other.example/en/safety",
        f"{PUBLIC}/static/desk.css",
    )
    assert statuses(browser, *foreign) == [404] * 4


def test_over_https_browsers_are_told_to_stay_there(served: Served) -> None:
    browser = served(desk_url=PUBLIC, onion_url=ONION)
    assert "Strict-Transport-Security" in browser.get("/en/safety", base_url=PUBLIC).headers
    assert "Strict-Transport-Security" not in browser.get("/en/safety", base_url=ONION).headers


def test_under_a_path_of_another_site_nothing_else_of_it_is_taken(served: Served) -> None:
    browser = served(f"{PUBLIC}/report")
    assert statuses(
        browser, f"{PUBLIC}/report", f"{PUBLIC}/report/", f"{PUBLIC}/report/kk/", f"{PUBLIC}/report/leave"
    ) == [*(200, 200, 200, 303)]
    foreign = ("/", "/en/", "/reports/en/", "/report/desk/sign-in", "/report/report/en/", "/reporten/")
    assert statuses(browser, *(f"{PUBLIC}{path}" for path in foreign)) == [404] * 6
    assert statuses(browser, f"{DESK}/report/en/", f"{DESK}/desk/sign-in") == [404, 200]


def _walk(browser: FlaskClient, site: str, path: str) -> TestResponse:
    """Send a complaint and come back with its code by links and forms; return the page of the files."""
    page = browser.get(f"{path}/en/", base_url=site)
    assert "Set-Cookie" not in page.headers
    inside = set(re.findall(r'(?:href|action)="(/[^"]*)"', page.get_data(as_text=True)))
    assert inside
    assert all(address.startswith(f"{path}/") for address in inside)
    sent = fields()
    answer = browser.post(f"{path}/en/", base_url=site, data=sent)
    assert answer.status_code == 200
    onward = re.search(r'name="next" value="([^"]*/files)"', answer.get_data(as_text=True))
    assert onward is not None
    opened = browser.post(f"{path}/en/case", base_url=site, data={"code": hidden_code(sent), "next": onward[1]})
    assert (opened.status_code, opened.headers["Location"]) == (303, f"{path}/en/case/files")
    return browser.get(opened.headers["Location"], base_url=site)


def _cookies(browser: FlaskClient, site: str, path: str) -> dict[str, tuple[str, bool]]:
    """Return the cookies that a browser holds for a site: path, and whether HTTPS alone."""
    host = site.split("//")[1]
    names = ("visit", "form", "member")
    held = {
        prefix + name: browser.get_cookie(prefix + name, host, path)
        for name in names
        for prefix in ("", "__Host-", "__Secure-")
    }
    return {name: (cookie.path, bool(cookie.secure)) for name, cookie in held.items() if cookie}


@pytest.mark.parametrize(
    ("site", "path", "expected"),
    [
        (PUBLIC, "/report", {"__Secure-visit": ("/report", True), "__Secure-form": ("/report", True)}),
        (ONION, "", {"visit": ("/", False), "form": ("/", False)}),
    ],
    ids=["under a path", "onion"],
)
def test_a_complainant_walks_the_whole_way_at_each_address(
    served: Served, site: str, path: str, expected: dict[str, tuple[str, bool]]
) -> None:
    browser = served(f"{PUBLIC}/report", onion_url=ONION)
    page = _walk(browser, site, path)
    assert page.status_code == 200
    assert _cookies(browser, site, path or "/") == expected
    words = {"csrf_token": token_on(page.get_data(as_text=True)), "text": "Once more", "once": "a" * 32}
    answer = browser.post(f"{path}/en/case/messages", base_url=site, data=words)
    assert answer.status_code in {200, 303}, "the form's cookie must be the one that was set"
    browser.get(f"{path}/leave", base_url=site)
    assert _cookies(browser, site, path or "/") == {}


def test_what_lies_ready_for_one_address_is_not_shown_at_another(served: Served) -> None:
    browser = served(f"{PUBLIC}/report", onion_url=ONION)
    for site, path in ((PUBLIC, "/report"), (ONION, ""), (PUBLIC, "/report")):
        for name in ("", "safety"):
            page = browser.get(f"{path}/en/{name}", base_url=site).get_data(as_text=True)
            inside = re.findall(r'(?:href|action)="(/[^"]*)"', page)
            assert inside
            assert {address.startswith("/report/") for address in inside} == {bool(path)}, (site, name)


def test_members_sign_in_at_their_own_host(served: Served, house: House) -> None:
    browser, member = served(f"{PUBLIC}/report"), make_member(house, "KZ")
    form = browser.get("/desk/sign-in", base_url=DESK).get_data(as_text=True)
    secrets = {"address": member.address, "password": PASSWORD, "code": one_time_code(), "csrf_token": token_on(form)}
    answer = browser.post("/desk/sign-in", base_url=DESK, data=secrets)
    assert answer.status_code == 302
    assert _cookies(browser, DESK, "/") == {"__Host-member": ("/", True), "__Host-form": ("/", True)}
