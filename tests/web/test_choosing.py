"""A language is chosen by its own name on every page; nothing that was typed is lost, and the path keeps it."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from intake.cases.models import Case, Statement
from intake.extensions import db
from intake.i18n import LANGUAGES, TAGS
from intake.members.models import Member
from tests import complainant_pages
from tests.factories import (
    PASSWORD,
    House,
    count_rows,
    fields,
    make_case,
    make_member,
    sign_in,
    signed_code,
    token,
)

STORY = "Менің ағамды алып кетті & <b>қайда</b> екенін айтпайды.\nЕкінші жол."
LINK = re.compile(r'<a href="([^"]*)" lang="([^"]*)" hreflang="\2"( aria-current="page")?>')
BUTTON = re.compile(
    r'<button (?:class="quiet" )?form="(\w+)" formaction="([^"]*)" formnovalidate name="speak" value="([^"]*)"'
)


def links(page: str) -> dict[str, str]:
    """Return where a page is in each language, by its links."""
    return {tag: unescape(address) for address, tag, _ in LINK.findall(page)}


def buttons(page: str) -> dict[str, str]:
    """Return the same by the buttons of its form, which is there."""
    found = BUTTON.findall(page)
    assert all(f'<form id="{form}"' in page for form, _, _ in found)
    return {tag: unescape(address) for _, address, tag in found}


def spoken(page: str) -> str:
    """Return the language of a page."""
    (tag,) = re.findall(r'<html lang="([^"]+)">', page)
    return str(tag)


@pytest.mark.parametrize(
    ("wished", "given"),
    [
        ("kk", "kk"),
        ("uz-Cyrl-UZ,ru;q=0.9", "uz-Cyrl"),
        ("UZ_cyrl", "uz-Cyrl"),
        ("uz-Latn-UZ", "uz"),
        ("en;q=0.3, tg;q=0.8, ru;q=0.5", "tg"),
        ("kk;q=0, ky", "ky"),
        ("de, fr;q=0.9, tk;q=0.1", "tk"),
        ("kaa, en;q=0.5", "ru"),
        ("de, *;q=0.5", "en"),
        ("*", "en"),
        ("", "en"),
        (",;q=,,-,_,\x7f", "en"),
        ("x" * 5000, "en"),
    ],
)
def test_the_first_language_is_the_browsers_first_that_we_speak(
    client: FlaskClient, house: House, wished: str, given: str
) -> None:
    answer = client.get("/", headers={"Accept-Language": wished}, environ_base={"REMOTE_ADDR": "95.56.234.1"})
    assert (answer.status_code, spoken(answer.text)) == (200, given)


@pytest.mark.parametrize(
    ("asked", "given"),
    [("kk", "kk"), ("uz-Cyrl", "uz-Cyrl"), ("uz_Cyrl", "uz-Cyrl"), ("UZ-CYRL", "uz-Cyrl"), ("ky-KG", "ky")]
    + [(unknown, "tg") for unknown in ("xx", "", "<script>", "kk%00", "//evil.example", "-" * 900, "😀")],
)
def test_a_campaigns_link_is_one_request_and_leaves_no_query(
    client: FlaskClient, house: House, asked: str, given: str
) -> None:
    answer = client.get("/", query_string={"lang": asked}, headers={"Accept-Language": "tg"})
    assert (answer.status_code, spoken(answer.text)) == (200, given)
    assert "Set-Cookie" not in answer.headers
    assert f'action="/{given}/"' in answer.text
    assert "?lang" not in answer.text


@pytest.mark.parametrize(
    ("path", "asked", "leads_to"),
    [
        ("/ru/safety", "uz_cyrl", "/uz-Cyrl/safety"),
        ("/ru/", "kk", "/kk/"),
        ("/en/case", "TG", "/tg/case"),
        ("/ru/about", "xx", "/ru/about"),
        ("/ru/about", "https://evil.example/", "/ru/about"),
    ],
)
def test_on_other_pages_it_leads_to_the_path(
    client: FlaskClient, house: House, path: str, asked: str, leads_to: str
) -> None:
    answer = client.get(path, query_string={"lang": asked, "other": "kept-not"})
    assert (answer.status_code, answer.headers["Location"]) == (302, leads_to)


def test_every_public_page_links_to_itself_in_every_language_by_its_own_name(client: FlaskClient, house: House) -> None:
    for path in ("", "voice", "safety", "about", "case", "case/messages", "nothing/here"):
        page = client.get(f"/kk/{path}").text
        assert links(page) == {tag: f"/{tag}/{path}" for tag in TAGS}, path
        assert f'lang="kk" hreflang="kk" aria-current="page">{LANGUAGES[1].own_name}' in page
    assert links(client.get("/").text) == {tag: f"/{tag}/" for tag in TAGS}
    assert links(client.get("/nothing").text) == {tag: f"/{tag}/" for tag in TAGS}
    assert links(client.get("/kk/%22%3E%3Cscript%3E").text)["ru"] == "/ru/%22%3E%3Cscript%3E"
    assert links(client.post("/kk/safety").text) == {tag: f"/{tag}/safety" for tag in TAGS}


def test_choosing_after_an_error_keeps_every_word_and_the_code_and_saves_nothing(
    client: FlaskClient, house: House
) -> None:
    typed = fields(story=STORY, consent=None, contact_mode="signal", contact_value="@someone", urgent="1")
    typed["code"] = signed_code()
    first = client.post("/ru/", data=typed)
    assert first.status_code == 422
    assert buttons(first.text) == {tag: f"/{tag}/" for tag in TAGS}
    second = client.post(buttons(first.text)["uz-Cyrl"], data={**typed, "speak": "uz-Cyrl"})
    assert (second.status_code, spoken(second.text)) == (200, "uz-Cyrl")
    assert unescape(second.text.partition("<textarea")[2]).partition("\n")[2].startswith(STORY)
    for kept in ('value="KZ" required checked', 'value="@someone"', 'name="urgent" value="1" checked', typed["code"]):
        assert kept in second.text
    assert 'class="es"' not in second.text
    assert 'aria-invalid="true"' not in second.text
    assert "Set-Cookie" not in second.headers
    assert count_rows(Case) == 0


def test_choosing_never_sends_even_what_is_complete(client: FlaskClient, house: House) -> None:
    assert client.post("/tk/", data={**fields(story=STORY, code=signed_code()), "speak": "tk"}).status_code == 200
    assert client.post("/tk/voice", data={**fields(story=STORY, code=signed_code()), "speak": "tk"}).status_code == 200
    assert count_rows(Case) == 0


def test_the_page_with_the_code_is_read_in_another_language_with_the_same_code(
    client: FlaskClient, house: House
) -> None:
    code = signed_code()
    page = client.post("/ru/", data=fields(code=code)).text
    shown = re.findall(r"<span>(\d{4})</span>", page)
    assert len(shown) == 6
    again = client.post(buttons(page)["tg"], data={"story": "ва боз", "code": code, "speak": "tg"})
    assert (again.status_code, spoken(again.text)) == (200, "tg")
    assert re.findall(r"<span>(\d{4})</span>", again.text) == shown
    assert "ва боз</textarea>" in again.text
    assert count_rows(Statement) == 1


def test_a_message_that_was_refused_is_carried_into_another_language(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    client.post("/ru/case", data={"code": code})
    token = re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/ru/case").text)[0]
    long = "а" * 10_001
    page = client.post("/ru/case/messages", data={"csrf_token": token, "text": long, "once": "1"})
    assert page.status_code == 422
    again = client.post(buttons(page.text)["ky"], data={"csrf_token": token, "text": long, "once": "1", "speak": "ky"})
    assert (again.status_code, spoken(again.text)) == (200, "ky")
    assert long in again.text


def test_a_wrong_code_stays_in_the_field_and_is_not_counted(client: FlaskClient, house: House) -> None:
    page = client.post("/ru/case", data={"code": "1234 5678"}).text
    again = client.post(buttons(page)["en"], data={"code": "1234 5678", "speak": "en"})
    assert (again.status_code, spoken(again.text)) == (200, "en")
    assert 'value="1234 5678"' in again.text


def test_what_waits_for_the_code_is_done_in_the_language_of_the_code(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    asked = client.post("/ru/case/messages", data={"text": "Мы здесь", "once": "1"})
    assert asked.status_code == 401
    carried = {"code": code, "next": "/ru/case/messages", "kept-text": "Мы здесь", "kept-once": "1"}
    assert client.post("/tg/case", data=carried).headers["Location"] == "/tg/case"
    assert (
        client.post("/tg/case", data={"code": code, "next": "/ru/case/words"}).headers["Location"] == "/tg/case/words"
    )


def test_before_sign_in_the_address_says_the_language_and_the_form_keeps_it(client: FlaskClient, house: House) -> None:
    page = client.get("/desk/sign-in?next=/desk/search", headers={"Accept-Language": "en"}).text
    kazakh = client.get(links(page)["kk"]).text
    assert spoken(kazakh) == "kk"
    assert 'name="next" value="/desk/search"' in kazakh
    assert 'action="/desk/sign-in?lang=kk"' in kazakh
    token = re.findall(r'name="csrf_token" value="([^"]+)"', kazakh)[0]
    typed = {
        "csrf_token": token,
        "address": "a@example.org",
        "password": PASSWORD,
        "kept-text": "typed",
        "next": "/desk/",
    }
    wrong = client.post("/desk/sign-in?lang=kk", data=typed)
    assert spoken(wrong.text) == "kk"
    again = client.post(buttons(wrong.text)["ru"], data={**typed, "speak": "ru"})
    assert (again.status_code, spoken(again.text)) == (200, "ru")
    for kept in ('value="a@example.org"', 'name="kept-text" value="typed"', 'name="next" value="/desk/"'):
        assert kept in again.text
    assert PASSWORD not in again.text


def test_a_member_chooses_at_the_desk_and_stays_where_they_were(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    sign_in(client, member)
    page = client.get("/desk/?tab=open").text
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    assert 'name="next" value="/desk/?tab=open"' in page
    chosen = {"csrf_token": token, "language": "uz-Cyrl", "next": "/desk/?tab=open"}
    assert client.post("/desk/account/language", data=chosen).headers["Location"] == "/desk/?tab=open"
    assert spoken(client.get("/desk/?lang=ru").text) == "uz-Cyrl"
    assert db.session.scalars(select(Member.language).where(Member.id == member.id)).one() == "uz-Cyrl"
    for forged in ("xx", "", "en; DROP TABLE member"):
        assert client.post("/desk/account/language", data={**chosen, "language": forged}).status_code == 400
    away = client.post("/desk/account/language", data={**chosen, "next": "https://evil.example/"})
    assert away.headers["Location"] == "/desk/account"
    assert client.post("/desk/account/language", data={"csrf_token": token, "language": "kk"}).status_code == 204


def test_a_page_that_answers_a_form_at_the_desk_is_left_as_it_is(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, "KZ"))
    page = client.get("/desk/cases/new").text
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    answer = client.post("/desk/account/password", data={"csrf_token": token, "password": "x"}).text
    assert "/desk/account/language" in answer
    assert 'name="next" value="/desk/account/password?"' not in answer


def test_links_are_no_way_elsewhere(app: Flask, client: FlaskClient, house: House) -> None:
    for path in ("//evil.example/kk", "/kk//evil.example", "/kk/%2F%2Fevil.example?lang=ru"):
        answer = client.get(path)
        assert all(address.startswith("/") and not address.startswith("//") for address in links(answer.text).values())
        assert "//" not in answer.headers.get("Location", "")[:2]


class Pressed(HTMLParser):
    """What Enter presses in each form of a page: its first button, in the order of the page."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.first: dict[str, str] = {}
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("id", f"form {self.getpos()}")
        if tag == "button" and given.get("type", "submit") == "submit":
            self.first.setdefault(given.get("form", self._inside), given.get("name", ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = "" if tag == "form" else self._inside


def test_enter_never_presses_a_language(app: Flask, client: FlaskClient, house: House) -> None:
    shown = {page.name: page.answer(app).get_data(as_text=True) for page in complainant_pages.every_page(app, "en")}
    shown["sign in"] = client.post("/desk/sign-in", data={"csrf_token": token(client, "/desk/sign-in")}).text
    shown["invitation"] = client.get(f"/desk/invitation/{house.first_admin.invitation_id}").text
    assert sum('name="speak"' in page for page in shown.values()) > 10
    assert not [name for name, page in shown.items() if "speak" in Pressed(page).first.values()]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("/KK/", "/kk/"),
        ("/uz_cyrl/safety", "/uz-Cyrl/safety"),
        ("/ru-RU/case", "/ru/case"),
        ("/KK/nothing", None),
        ("/KK//example.org/", None),
        ("/xx/", None),
        ("/desks/", None),
    ],
)
def test_a_language_written_otherwise_in_a_path_leads_to_the_right_page(
    client: FlaskClient, house: House, written: str, meant: str | None
) -> None:
    answer = client.get(written)
    assert (answer.status_code, answer.headers.get("Location")) == ((302, meant) if meant else (404, None))
    assert client.post("/KK/").status_code == 404


def test_who_must_sign_in_first_comes_to_the_page_with_its_filters_in_their_language(
    client: FlaskClient, house: House
) -> None:
    asked = client.get("/desk/?tab=all&detected=fa&again=1&lang=KK")
    assert asked.headers["Location"] == "/desk/sign-in?next=/desk/?tab%3Dall%26detected%3Dfa&lang=kk"
    page = client.get(asked.headers["Location"]).text
    assert spoken(page) == "kk"
    assert 'name="next" value="/desk/?tab=all&amp;detected=fa"' in page
    assert client.get("/desk/search").headers["Location"] == "/desk/sign-in?next=/desk/search"
