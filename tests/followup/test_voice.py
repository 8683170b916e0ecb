"""Who comes back with the code adds a voice message to the case that is there."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from intake.cases import queries as cases
from intake.cases.models import Case, Statement
from intake.evidence import queries, read
from intake.evidence.models import File
from tests.factories import House, count_rows, letters, make_case, make_member, post_parts, sound, token_on

PATH = "/en/case/voice"


def come_back(client: FlaskClient, code: str) -> str:
    """Open the case with its code; return the token of the page with the recorder."""
    assert client.post("/en/case", data={"code": code}).status_code == 303
    return token_on(client.get(PATH).get_data(as_text=True))


def add(client: FlaskClient, token: str, content: bytes | None, story: str = "") -> TestResponse:
    """Post a voice message."""
    return post_parts(client, PATH, {"csrf_token": token, "story": story}, content)


def test_a_recording_with_words_is_a_further_statement_and_letters_tell_of_it(
    client: FlaskClient, house: House
) -> None:
    make_member(house, "KZ")
    case, keys, code = make_case()
    token = come_back(client, code)
    answer = add(client, token, sound(), "He said this.")
    assert answer.status_code == 303
    assert "Your voice message was sent." in client.get(answer.headers["Location"]).get_data(as_text=True)
    (_, told) = cases.read_statements(case, lambda _: house.identity("KZ"))
    (file,) = queries.opened_files(case.id, case.reference, lambda _: keys.identity)
    assert told.words["story"] == "He said this."
    assert told.words["recording"] == file.sha256
    assert b"".join(read.plaintext(file)) == sound()
    assert len(letters("further_words")) == 1


def test_the_same_message_twice_is_one(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    token = come_back(client, code)
    assert [add(client, token, sound()).status_code for _ in range(2)] == [303, 303]
    assert (count_rows(Case), count_rows(Statement), count_rows(File)) == (1, 2, 1)
    assert add(client, token, sound(4000)).status_code == 303
    assert count_rows(File) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "Record or choose a voice message."),
        (b"%PDF" + b"x" * 500, "no recording that we know"),
        (b"", "no sound"),
    ],
)
def test_words_are_kept_when_the_recording_is_missing_or_none(
    client: FlaskClient, house: House, content: bytes | None, said: str
) -> None:
    _, _, code = make_case()
    page = add(client, come_back(client, code), content, "Words to keep")
    text = page.get_data(as_text=True)
    assert page.status_code == 422
    assert said in text
    assert "Words to keep" in text
    assert "microphone=(self)" in page.headers["Permissions-Policy"]
    assert count_rows(Statement) == 1


def test_a_visit_that_ran_out_keeps_the_words_and_says_that_the_recording_is_gone(
    client: FlaskClient, house: House
) -> None:
    _, _, code = make_case()
    token = come_back(client, code)
    client.delete_cookie("visit")
    page = add(client, token, sound(), "Words to keep")
    text = page.get_data(as_text=True)
    assert page.status_code == 401
    assert "Only your recording could not be kept" in text
    carried = dict(re.findall(r'name="(kept-[^"]+|next)" value="([^"]*)"', text))
    assert carried["kept-story"] == "Words to keep"
    again = client.post("/en/case", data={"code": code, **carried})
    after = again.get_data(as_text=True)
    assert "we could not keep it meanwhile" in after
    assert "Words to keep" in after
    assert "media-src blob:" in again.headers["Content-Security-Policy"], "the recorder runs on this page too"
    answer = add(client, token_on(after), sound(), "Words to keep")
    assert answer.status_code == 303
    assert count_rows(File) == 1


def test_nobody_without_the_code_adds_anything(client: FlaskClient, house: House) -> None:
    make_case()
    assert add(client, "", sound()).status_code == 401
    assert post_parts(client, "/en/case", {"code": "1" * 24}, sound()).status_code == 422
    assert (count_rows(Statement), count_rows(File)) == (1, 0)
