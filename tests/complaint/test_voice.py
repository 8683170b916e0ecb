"""A voice message in place of the story, or beside it."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from intake.cases import queries as cases
from intake.cases.models import Case, Statement
from intake.desks.setup import code_salt
from intake.evidence import queries, receive
from intake.evidence.models import File
from intake.evidence.place import storage
from intake.extensions import db
from intake.sealing import code_keys
from intake.storage import Storage
from intake.web.uploads import LARGEST_BODY_WITH_RECORDING, LARGEST_RECORDING
from tests.factories import (
    STORY,
    House,
    count_rows,
    fields,
    letters,
    make_member,
    post_parts,
    send_voice,
    signed_code,
    sound,
)

LOST = "Your recording did not stay on this page"


def kept() -> list[str]:
    """Return the names of the files whose chunks are kept."""
    return sorted(storage().names())


def test_a_recording_in_place_of_the_story_is_a_case(client: FlaskClient, house: House) -> None:
    code = signed_code()
    page = send_voice(client, sound(), code=code, story="")
    assert page.status_code == 200
    assert "We have your message" in page.get_data(as_text=True)
    keys = code_keys(code[:24], code_salt())
    case = cases.by_tag(keys.tag)
    assert case is not None
    (statement,) = cases.read_statements(case, lambda _: house.identity("KZ"))
    for identity in (house.identity("KZ"), keys.identity):
        (file,) = queries.opened_files(case.id, case.reference, lambda _, identity=identity: identity)  # type: ignore[misc]  # a default binds it
        assert (file.size, file.content_type, file.file_name) == (3000, "audio/webm", "voice.webm")
        assert statement.words["recording"] == file.sha256
    assert kept() == [file.name]
    row = db.session.scalars(select(File)).one()
    assert (row.received_at.minute % 10, row.received_at.second, row.member_id) == (0, 0, None)
    assert len(letters()) == 1


def test_words_alone_will_do_on_the_voice_page(client: FlaskClient) -> None:
    assert send_voice(client, None).status_code == 200
    assert client.post("/en/voice", data=fields()).status_code == 200
    assert count_rows(Case) == 2
    assert count_rows(File) == 0


def test_nothing_at_all_or_a_word_alone_is_too_little(client: FlaskClient) -> None:
    for story in ("", "Help"):
        page = send_voice(client, None, story=story)
        assert page.status_code == 422
        assert "Record or choose a voice message, or tell us here" in page.get_data(as_text=True)
        assert LOST not in page.get_data(as_text=True)
    assert count_rows(Case) == 0


def test_the_same_post_twice_is_one_case_and_one_recording(client: FlaskClient) -> None:
    code, content = signed_code(), sound()
    first, second = (send_voice(client, content, code=code, story="") for _ in range(2))
    assert first.data == second.data
    assert (count_rows(Case), count_rows(Statement), count_rows(File), len(kept())) == (1, 1, 1, 1)
    assert len(letters()) == 1


def test_another_recording_under_the_same_code_is_added_to_the_case(client: FlaskClient) -> None:
    code = signed_code()
    send_voice(client, sound(3000), code=code)
    page = send_voice(client, sound(4000), code=code)
    assert "Your words were added" in page.get_data(as_text=True)
    assert (count_rows(Case), count_rows(Statement), count_rows(File)) == (1, 2, 2)
    assert len(letters("further_words")) == 1


def test_the_same_words_without_the_recording_are_other_words(client: FlaskClient) -> None:
    code = signed_code()
    send_voice(client, sound(), code=code)
    send_voice(client, None, code=code)
    assert (count_rows(Case), count_rows(Statement), count_rows(File)) == (1, 2, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"OggS\0" + b"x" * 500,
        b"\x1a\x45\xdf\xa3" + b"x" * 500,
        b"\0\0\0\x1cftypM4A " + b"x" * 500,
        b"\0\0\0\x18ftyp3gp4" + b"x" * 500,
        b"ID3\x03" + b"x" * 500,
        b"\xff\xfb\x90\x64" + b"x" * 500,
        b"RIFF\xaa\xaa\0\0WAVEfmt " + b"x" * 500,
        b"#!AMR\n" + b"x" * 500,
    ],
)
def test_every_kind_of_recording_is_known_by_its_content(client: FlaskClient, content: bytes) -> None:
    assert send_voice(client, content, file_name="whatever.exe", story="").status_code == 200


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "There is no sound in this recording"),
        (b"\x1a\x45\xdf\xa3", "There is no sound in this recording"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF" + b"x" * 500, "no recording that we know"),
        (b"\0\0\0\x18ftypheic" + b"x" * 500, "no recording that we know"),
        (b"RIFF\xaa\xaa\0\0WEBP" + b"x" * 500, "no recording that we know"),
        (b"MZ" + b"x" * 500, "no recording that we know"),
        (b"<script>alert(1)</script>" + b"x" * 500, "no recording that we know"),
    ],
)
def test_what_is_no_recording_is_refused_and_everything_else_is_kept(
    client: FlaskClient, content: bytes, said: str
) -> None:
    page = send_voice(client, content, country="TM")
    text = page.get_data(as_text=True)
    assert page.status_code == 422
    assert said in text
    assert '<a href="#recording">' in text
    assert re.search(r'id="recording"[^>]*recording-e', text)
    assert STORY in text
    assert 'value="TM" required checked' in text
    assert (count_rows(Case), kept()) == (0, [])


def test_the_largest_recording_is_taken_and_a_larger_one_is_not_with_the_text_kept(client: FlaskClient) -> None:
    assert send_voice(client, sound(LARGEST_RECORDING)).status_code == 200
    page = send_voice(client, sound(LARGEST_RECORDING + 1))
    assert page.status_code == 422
    assert "too large: we can take 5 MB" in page.get_data(as_text=True)
    assert STORY in page.get_data(as_text=True)
    beyond = send_voice(client, sound(LARGEST_BODY_WITH_RECORDING))
    assert beyond.status_code == 413
    assert "This recording is too large" in beyond.get_data(as_text=True)
    assert count_rows(Case) == 1


def test_the_other_pages_take_no_larger_body_and_no_file(client: FlaskClient) -> None:
    page = post_parts(client, "/en/", fields(), sound())
    assert page.status_code == 422
    assert "Files cannot be sent here" in page.get_data(as_text=True)
    assert send_voice(client, sound(2 * 1024 * 1024)).status_code == 200
    assert post_parts(client, "/en/", fields(), sound(2 * 1024 * 1024)).status_code == 413


def test_a_file_in_another_field_is_refused(client: FlaskClient) -> None:
    page = post_parts(client, "/en/voice", fields(), sound(), field="picture")
    assert page.status_code == 422
    assert "Files cannot be sent here" in page.get_data(as_text=True)


@pytest.mark.parametrize("changes", [{"consent": None}, {"country": ""}, {"code": "forged"}, {"website": "x"}])
def test_after_an_error_the_page_says_that_the_recording_did_not_stay(
    client: FlaskClient, changes: dict[str, Any]
) -> None:
    page = send_voice(client, sound(), **changes)
    text = page.get_data(as_text=True)
    assert page.status_code == 422
    assert LOST in text
    assert STORY in text
    assert "<button>Send it</button>" not in text, "pressing it would send no recording"
    assert (count_rows(Case), kept()) == (0, [])


def test_a_full_disk_is_our_fault_and_keeps_the_text(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    code, content = signed_code(), sound()
    with monkeypatch.context() as patch:
        patch.setattr(Storage, "put", full)
        page = send_voice(client, content, code=code)
    assert page.status_code == 503
    assert LOST in page.get_data(as_text=True)
    assert STORY in page.get_data(as_text=True)
    assert send_voice(client, content, code=code).status_code == 200
    assert count_rows(File) == 1


def test_a_request_that_fails_before_its_row_is_saved_leaves_no_row(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, content = signed_code(), sound()
    with monkeypatch.context() as patch:
        patch.setattr(receive, "save", lambda *_: 1 / 0)
        assert send_voice(client, content, code=code).status_code == 500
    assert (count_rows(Case), count_rows(File), len(kept())) == (0, 0, 1)
    assert send_voice(client, content, code=code).status_code == 200
    assert (count_rows(Case), count_rows(File)) == (1, 1)


def test_only_a_page_with_a_recorder_may_use_the_microphone(client: FlaskClient) -> None:
    for path in ("/en/voice", "/en/", "/en/case"):
        page = client.get(path)
        assert f"microphone={'(self)' if path == '/en/voice' else '()'}," in page.headers["Permissions-Policy"]
        assert ("media-src blob:" in page.headers["Content-Security-Policy"]) == (path == "/en/voice")
    refused = send_voice(client, None, story="")
    assert "microphone=(self)" in refused.headers["Permissions-Policy"]


def test_a_journalist_hears_of_it_as_of_any_complaint(client: FlaskClient, house: House) -> None:
    journalist = make_member(house, "KZ")
    send_voice(client, sound(), story="")
    assert {letter.address for letter in letters()} == {"info@acca.media", journalist.address}
