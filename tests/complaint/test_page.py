"""The complaint page: one document, no cookie, every error kind, nothing typed lost."""

import base64
import hashlib
import html
import re
import tempfile
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from intake.cases.models import Case
from intake.complaint import submit
from intake.extensions import StaleError
from intake.i18n import TAGS
from intake.sealing import SealError
from tests.factories import STORY, count_rows, fields, reference_on, send, signed_code

ONE_MEGABYTE = 1024 * 1024


def text_area(page: str) -> str:
    """Return what stands in the story field, as a browser reads it."""
    found = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", page, re.DOTALL)
    assert found
    return html.unescape(found[1])


@pytest.mark.parametrize("lang", TAGS)
def test_the_page_is_one_document_without_cookie_and_is_never_cached(client: FlaskClient, lang: str) -> None:
    page = client.get(f"/{lang}/")
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert f'<html lang="{lang}">' in text
    assert "Set-Cookie" not in page.headers
    assert page.headers["Cache-Control"] == "no-store"
    assert not re.findall(r'src=|<link(?! rel="icon" href="data:,")|@import|url\((?!"data:)', text)


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("ru", "ru"), ("en-GB,ru;q=0.5", "en"), ("kk,en;q=0.3", "kk"), ("uz-UZ", "uz"), ("kaa", "ru"), ("", "en")]
    + [(tag, "uz-Cyrl") for tag in ("uz-Cyrl", "uz-Cyrl-UZ", "uz-cyrl-uz,uz;q=0.9,ru;q=0.8", "uz_Cyrl_UZ")]
    + [(tag, "uz") for tag in ("uz", "uz-Latn-UZ", "uz,uz-Cyrl;q=0.9", "UZ", "uz-Arab-AF")],
)
def test_the_first_page_speaks_the_browsers_language_without_a_redirect(
    client: FlaskClient, wanted: str, language: str
) -> None:
    page = client.get("/", headers={"Accept-Language": wanted})
    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/en/", "/en/voice", "/en/case", "/en/safety", "/ru/about", "/nothing"])
def test_the_policy_allows_exactly_the_style_and_scripts_that_are_emitted(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    policy = page.headers["Content-Security-Policy"]
    inlined = re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", page.get_data(as_text=True), re.DOTALL)
    assert inlined
    for text in inlined:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")


def test_an_empty_form_comes_back_with_each_error_linked_to_its_field(client: FlaskClient) -> None:
    page = client.post("/en/", data={"code": signed_code()})
    text = page.get_data(as_text=True)
    assert page.status_code == 422
    for name in ("country", "story", "consent"):
        assert f'<a href="#{name}">' in text
        assert f'id="{name}"' in text
        assert f'id="{name}-e"' in text
        assert re.search(rf'aria-describedby="[^"]*\b{name}-e"', text), "a screen reader says the error at its field"
    assert count_rows(Case) == 0


def test_after_an_error_everything_typed_is_still_there_and_the_code_is_the_same(client: FlaskClient) -> None:
    code = signed_code()
    page = send(
        client,
        code=code,
        consent=None,
        country="TM",
        story=f"{STORY} <b>&\"'",
        contact_mode="telegram",
        contact_value='@"quagga"',
        urgent="1",
    )
    text = page.get_data(as_text=True)
    assert page.status_code == 422
    assert text_area(text) == f"{STORY} <b>&\"'"
    assert 'value="TM" required checked' in text
    assert 'value="telegram" checked' in text
    assert html.escape('@"quagga"') in text.replace("&#34;", "&quot;")
    assert 'name="urgent" value="1" checked' in text
    assert code in text


def test_who_does_not_say_how_to_be_reached_comes_back_with_the_code(client: FlaskClient) -> None:
    assert send(client, contact_mode=None, contact_value=None).status_code == 200
    assert send(client, contact_mode="pigeon").status_code == 422


@pytest.mark.parametrize("mode", ["email", "phone", "signal", "telegram", "whatsapp"])
def test_a_channel_needs_its_address(client: FlaskClient, mode: str) -> None:
    page = send(client, contact_mode=mode, contact_value="")
    assert page.status_code == 422
    assert '<a href="#contact_value">' in page.get_data(as_text=True)
    assert send(client, contact_mode=mode, contact_value="@quagga").status_code == 200


def test_a_story_is_counted_as_people_count(client: FlaskClient) -> None:
    family = "👨‍👩‍👧‍👦"  # one character to a person, seven code points
    assert send(client, story=family * 19).status_code == 422
    assert send(client, story=family * 20).status_code == 200
    assert send(client, story="я" * 10_000).status_code == 200
    longer = send(client, story="я" * 10_001)
    assert longer.status_code == 422
    assert "10,001" in longer.get_data(as_text=True)
    assert text_area(longer.get_data(as_text=True)) == "я" * 10_001


def test_a_story_of_a_hundred_kilobytes_of_few_characters_is_refused_with_the_text_kept(client: FlaskClient) -> None:
    zalgo = "a" + "\u0301\u0302" * 15
    page = send(client, story=zalgo * 5_000)
    assert page.status_code == 422
    assert len(text_area(page.get_data(as_text=True))) > 50_000


def test_a_body_of_almost_a_megabyte_comes_back_whole(client: FlaskClient) -> None:
    story = "x" * (ONE_MEGABYTE - 2000)
    page = send(client, story=story)
    assert page.status_code == 422
    assert text_area(page.get_data(as_text=True)) == story


def test_a_larger_body_is_answered_with_advice(client: FlaskClient) -> None:
    page = send(client, story="x" * (2 * ONE_MEGABYTE))
    assert page.status_code == 413
    assert "Press Back" in page.get_data(as_text=True)
    assert count_rows(Case) == 0


@pytest.mark.parametrize(
    "story",
    [
        f"{STORY}\0\0",
        f"{STORY}\x1b[31m\x07",
        f"{STORY} \u202eevil\u202c \u2066x\u2069",
        f"{STORY}\r\nnext\rline",
    ],
)
def test_control_characters_and_bidirectional_tricks_are_taken_out(client: FlaskClient, story: str) -> None:
    page = send(client, story=story, consent=None)
    kept = text_area(page.get_data(as_text=True))
    assert kept.startswith(STORY)
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", kept)
    assert send(client, story=story).status_code == 200


@pytest.mark.parametrize(
    "story", ["Мен үйден шыға алмаймын, көмектесіңіз!", "برادرم را از خانه بردند و خبری نیست", "兄弟被带走了" * 5]
)
def test_any_script_is_welcome(client: FlaskClient, story: str) -> None:
    assert send(client, story=story).status_code == 200


def test_lone_surrogates_are_no_fault_of_ours(client: FlaskClient) -> None:
    body = f"country=KZ&consent=1&contact_mode=code&code={signed_code()}&story=%ED%A0%80%FF%FE"
    page = client.post("/en/", data=body, content_type="application/x-www-form-urlencoded")
    assert page.status_code == 422


@pytest.mark.parametrize("country", ["", "RU", "kz", "KZ'--", "other " * 3])
def test_a_country_that_is_not_offered_is_refused_kindly(client: FlaskClient, country: str) -> None:
    page = send(client, country=country)
    assert page.status_code == 422
    assert "Choose the country where it happened." in page.get_data(as_text=True)


@pytest.mark.parametrize(("fields", "answer"), [(4_900, 422), (10_000, 413)])
def test_thousands_of_fields_are_no_fault_of_ours(client: FlaskClient, fields: int, answer: int) -> None:
    body = "&".join(f"field{number}=x" for number in range(fields))
    page = client.post("/en/", data=body, content_type="application/x-www-form-urlencoded")
    assert page.status_code == answer
    parts = {f"field{number}": "x" for number in range(2_000)}
    assert client.post("/en/", data=parts, content_type="multipart/form-data").status_code == 413


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", "x/y; charset=nonsense"])
def test_a_wrong_content_type_is_no_fault_of_ours(client: FlaskClient, kind: str) -> None:
    page = client.post("/en/", data=b'{"story": "x"}', content_type=kind)
    assert page.status_code == 422


def test_a_forged_code_is_refused_with_the_text_kept_and_a_fresh_code(client: FlaskClient) -> None:
    for forged in ("", "1234", signed_code()[:-3] + "abc", "x" * 5000, "1" * 24):
        page = send(client, code=forged)
        text = page.get_data(as_text=True)
        assert page.status_code == 422
        assert text_area(text) == STORY
        fresh = re.search(r'name="code" value="([^"]+)"', text)
        assert fresh
        assert fresh[1] != forged
        assert send(client, code=signed_code(fresh[1][:24]), consent=None).status_code == 422, "the fresh code is good"
    assert count_rows(Case) == 0


def test_a_page_that_stood_open_for_a_year_still_sends(client: FlaskClient) -> None:
    assert send(client, code=signed_code(age=365 * 86_400)).status_code == 200


def test_a_code_that_finds_a_case_is_accepted_whatever_became_of_the_signing_key(
    client: FlaskClient, app: Flask
) -> None:
    answers = fields()
    reference = reference_on(client.post("/en/", data=answers).get_data(as_text=True))
    app.secret_key = "another key, since the old one was lost"
    again = client.post("/en/", data=answers)
    assert again.status_code == 200
    assert reference_on(again.get_data(as_text=True)) == reference
    assert count_rows(Case) == 1


@pytest.mark.parametrize("caught", [{"website": "https://example.org"}, {"code": "hasty"}])
def test_a_robot_gets_its_text_back_with_one_button(client: FlaskClient, caught: dict[str, str]) -> None:
    answers = fields(**{**caught, **({"code": signed_code(age=1)} if "code" in caught else {})})
    page = client.post("/en/", data=answers)
    text = page.get_data(as_text=True)
    assert page.status_code == 422
    assert count_rows(Case) == 0
    assert text_area(text) == STORY
    assert ">Send it</button>" in text
    voucher = re.search(r'name="person" value="([^"]+)"', text)
    assert voucher
    assert client.post("/en/", data={**answers, "person": "1"}).status_code == 422
    assert client.post("/en/", data={**answers, "person": voucher[1]}).status_code == 200
    assert count_rows(Case) == 1


def test_a_voucher_of_another_code_is_worth_nothing(client: FlaskClient) -> None:
    page = send(client, website="x").get_data(as_text=True)
    voucher = re.search(r'name="person" value="([^"]+)"', page)
    assert voucher
    assert send(client, website="x", person=voucher[1]).status_code == 422


def test_file_parts_are_refused_unread_and_the_text_is_kept(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))  # whoever opens a temporary file fails
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields().items()]
    parts.append('--b\r\nContent-Disposition: form-data; name="f"; filename="wound.jpg"\r\n\r\n' + "marker" * 150_000)
    body = "\r\n".join([*parts, "--b--\r\n"])
    page = client.post("/en/", data=body, content_type="multipart/form-data; boundary=b")
    assert page.status_code == 422
    assert text_area(page.get_data(as_text=True)) == STORY
    assert "Files cannot be sent here yet" in page.get_data(as_text=True)
    assert count_rows(Case) == 0


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), StaleError(), SealError()])
def test_any_fault_of_ours_keeps_the_text(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def broken(*_: object) -> None:
        raise fault

    monkeypatch.setattr(submit, "submit", broken)
    page = send(client)
    assert page.status_code == 503
    assert text_area(page.get_data(as_text=True)) == STORY


def test_who_must_press_again_is_not_taken_for_a_robot(client: FlaskClient) -> None:
    page = send(client, code="forged").get_data(as_text=True)
    fresh, voucher = (re.findall(rf'name="{name}" value="([^"]+)"', page)[0] for name in ("code", "person"))
    assert send(client, code=fresh, person=voucher).status_code == 200


def test_a_locked_database_delays_and_keeps_the_text(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(_sealed: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))  # noqa: EM101 an SQL statement

    code = signed_code()
    with monkeypatch.context() as patch:
        patch.setattr(submit, "submit", locked)
        page = send(client, code=code)
    assert page.status_code == 503
    assert text_area(page.get_data(as_text=True)) == STORY
    assert "Not saved yet" in page.get_data(as_text=True)
    assert code in page.get_data(as_text=True)
    assert send(client, code=code).status_code == 200


def test_leaving_goes_elsewhere_at_once(client: FlaskClient) -> None:
    page = client.get("/leave")
    assert page.status_code == 303
    assert not page.headers["Location"].startswith("/")
