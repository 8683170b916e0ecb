"""Which desk answers for a country and a language: for new cases only, and never none."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, select

from intake.audit import AuditEntry
from intake.cases.models import Case
from intake.desks import queries, routes
from intake.desks.models import OTHERS, Route
from intake.desks.routing import destination_for
from intake.extensions import db, transaction
from intake.i18n import TAGS
from intake.members.models import Member
from intake.reference.countries import COUNTRIES, OTHER
from tests.factories import (
    House,
    come_back,
    confirm,
    hidden_code,
    letters,
    make_case,
    make_desk,
    make_member,
    sign_in,
    token,
)
from tests.factories import fields as complaint

MEETING = 0.5  # seconds that one admin waits for the other


def lead(country: str, language: str, desk_id: int, by: Member) -> None:
    """Route, as a view does."""
    with transaction():
        routes.lead(country, language, desk_id, by.id)


def desk_of(country: str, language: str) -> int:
    """Return where a complaint goes that is sent now."""
    return make_case(country, language=language)[0].desk_id


def test_a_complaint_in_russian_goes_to_another_desk_than_one_in_english_and_so_do_their_letters(
    client: FlaskClient, house: House
) -> None:
    admin, general = make_member(house, is_admin=True), make_member(house, "KZ")
    desk = make_desk(house, "Kazakhstan in Russian")
    reader = make_member(house, desk.name)
    lead("KZ", "ru", desk.id, admin)
    told = {}
    for language in ("ru", "en"):
        before = len(letters())
        sent = complaint()
        assert client.post(f"/{language}/", data=sent).status_code == 200
        told[language] = {letter.address for letter in letters()[before:]}
        assert "KZ" in come_back(client.application.test_client(), hidden_code(sent), language)
    assert told["ru"] == {"info@acca.media", reader.address}
    assert told["en"] == {"info@acca.media", general.address}
    (for_reader, for_general) = (letters()[index].body for index in (0, -1))
    browser = client.application.test_client()
    sign_in(browser, reader)
    queue = browser.get("/desk/").get_data(as_text=True)
    references = [
        line.removeprefix("Case: ")
        for body in (for_reader, for_general)
        for line in body.splitlines()
        if "Case: " in line
    ]
    assert references[0] in queue
    assert references[1] not in queue


def test_a_country_without_a_route_of_the_language_goes_where_all_its_others_go(house: House) -> None:
    admin, desk = make_member(house, is_admin=True), make_desk(house, "North")
    lead("KZ", "ru", desk.id, admin)
    assert desk_of("KZ", "ru") == desk.id
    assert desk_of("KZ", "en") == queries.by_name("KZ").id
    assert desk_of("KG", "ru") == queries.by_name("KG").id
    assert desk_of(OTHER, "ru") == queries.by_name("editors").id


def test_a_country_that_lost_its_routes_goes_to_the_editors(house: House) -> None:
    with transaction():
        db.session.execute(delete(Route).where(Route.country == "KZ"))
    assert desk_of("KZ", "ru") == queries.by_name("editors").id


def test_a_change_applies_to_new_cases_only(house: House) -> None:
    admin, desk = make_member(house, is_admin=True), make_desk(house, "North")
    before, keys, _ = make_case("KZ")
    lead("KZ", OTHERS, desk.id, admin)
    assert desk_of("KZ", "en") == desk.id
    db.session.expire_all()
    assert before.desk_id == queries.by_name("KZ").id, "the case stays, with its key"
    assert keys.tag


def test_one_statement_finds_the_desk_and_who_is_told(app: Flask, house: House) -> None:
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with transaction():
        destination_for("KZ", "ru")
    assert len([statement for statement in asked if "SELECT" in statement]) == 1


@pytest.mark.parametrize(
    ("country", "language", "desk"),
    [("XX", OTHERS, "KZ"), ("KZ", "xx", "KZ"), ("KZ", OTHERS, None), ("KZ", "ru", None), ("", "", "KZ")],
)
def test_a_route_from_or_to_nowhere_is_refused(house: House, country: str, language: str, desk: str | None) -> None:
    admin = make_member(house, is_admin=True)
    before = all_routes()
    with pytest.raises(routes.RouteError):
        lead(country, language, queries.by_name(desk).id if desk else 999, admin)
    assert all_routes() == before


def test_no_country_is_left_without_a_desk(client: FlaskClient, house: House) -> None:
    admin = make_member(house, is_admin=True)
    sign_in(client, admin)
    confirm()
    own = token(client, "/desk/routes")
    for country in (*COUNTRIES, OTHER):
        answers = {"csrf_token": own, "country": country, "language": OTHERS}
        assert client.post("/desk/routes/remove", data=answers).status_code == 404
        assert client.post("/desk/routes", data={**answers, "desk": "999"}).status_code == 404
    assert {country for country, language in all_routes() if language == OTHERS} == {*COUNTRIES, OTHER}


def test_an_admin_changes_adds_and_removes_routes_and_each_is_written_down(client: FlaskClient, house: House) -> None:
    admin = make_member(house, is_admin=True)
    north = make_desk(house, "North")
    sign_in(client, admin)
    confirm()
    own = token(client, "/desk/routes")
    for path, answers in (
        ("", {"country": "KG", "language": "", "desk": north.id}),
        ("", {"country": "KG", "language": "", "desk": north.id}),
        ("", {"country": "KG", "language": "ru", "desk": queries.by_name("KZ").id}),
        ("/remove", {"country": "KG", "language": "ru"}),
    ):
        answer = client.post(f"/desk/routes{path}", data={"csrf_token": own, **answers})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/routes")
    assert desk_of("KG", "ru") == desk_of("KG", "en") == north.id
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.act == "desk.route_changed").order_by(AuditEntry.number)
    ).all()
    assert [(entry.member_id, entry.detail["language"], entry.detail["now"]) for entry in entries] == [
        (admin.id, "", north.id),
        (admin.id, "ru", queries.by_name("KZ").id),
        (admin.id, "ru", None),
    ], "what changes nothing is not written down"


def test_the_page_offers_every_country_every_desk_and_the_languages_that_are_free(
    client: FlaskClient, house: House
) -> None:
    admin, north = make_member(house, is_admin=True), make_desk(house, "<b>North</b>")
    lead("TJ", "ru", north.id, admin)
    sign_in(client, admin)
    page = client.get("/desk/routes").get_data(as_text=True)
    assert "&lt;b&gt;North&lt;/b&gt;" in page
    assert "<b>North" not in page
    assert page.partition("<main")[2].count('name="language" value="ru"') == 2, "to change it and to remove it"
    assert page.count('<option value="ru">') == len(COUNTRIES), "of all countries but the one that has it"
    assert page.count('<option value="en">') == len(COUNTRIES) + 1


def test_two_admins_at_once_leave_one_desk_for_the_language_and_the_country(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = make_member(house, is_admin=True)
    by, north, south = admin.id, make_desk(house, "North").id, make_desk(house, "South").id
    both, check = threading.Barrier(2), routes._check  # noqa: SLF001 the place where the two would meet

    def together(country: str) -> None:
        """Check, and keep the transaction open until the other admin has come as far."""
        check(country)
        with suppress(threading.BrokenBarrierError):
            both.wait(MEETING)

    monkeypatch.setattr(routes, "_check", together)

    def work(desk_id: int) -> None:
        with app.app_context():
            try:
                with transaction():
                    routes.lead("KZ", "ru", desk_id, by)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        for working in [pool.submit(work, north), pool.submit(work, south)]:
            working.result()
    db.session.rollback()
    assert all_routes()["KZ", "ru"] in {north, south}
    assert all_routes()["KZ", OTHERS] == queries.by_name("KZ").id


def test_a_route_that_is_removed_by_two_is_removed_once(house: House) -> None:
    admin, north = make_member(house, is_admin=True), make_desk(house, "North")
    lead("KZ", "ru", north.id, admin)
    with transaction():
        routes.remove("KZ", "ru", admin.id)
    with pytest.raises(routes.RouteError), transaction():
        routes.remove("KZ", "ru", admin.id)
    assert desk_of("KZ", "ru") == queries.by_name("KZ").id


def test_a_case_that_a_member_enters_goes_by_the_persons_language(client: FlaskClient, house: House) -> None:
    admin, desk = make_member(house, "KG", is_admin=True), make_desk(house, "North")
    lead("UZ", "ru", desk.id, admin)
    sign_in(client, admin)
    for language in TAGS:
        code = re.findall(r'name="code" value="([^"]+)"', client.get("/desk/cases/new").get_data(as_text=True))[0]
        answers = {**complaint(country="UZ", code=code), "channel": "phone", "language": language}
        entered = client.post("/desk/cases/new", data={**answers, "csrf_token": token(client, "/desk/cases/new")})
        assert entered.status_code == 200
    went = {case.language: case.desk_id for case in db.session.scalars(select(Case))}
    assert went == {tag: desk.id if tag == "ru" else queries.by_name("UZ").id for tag in TAGS}


def all_routes() -> dict[tuple[str, str], int]:
    """Return every route."""
    db.session.rollback()
    return {(route.country, route.language): route.desk_id for route in db.session.scalars(select(Route))}
