"""A complainant adds files: by a script in chunks, or by a form; nobody else does, and each has its own outcome."""

import gzip
import hashlib
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from intake.cases import file_answers
from intake.cases.models import Case
from intake.evidence import posted, queries, uploads
from intake.evidence.models import Chunk, File, Upload
from intake.evidence.place import storage
from intake.extensions import db, settle
from intake.i18n import MEGABYTE, TAGS, size
from intake.sealing import CodeKeys
from intake.storage import Storage
from intake.supervisor import PLACES
from intake.web.uploads import CHUNK, LARGEST_CHUNKS, LINES, take_line
from tests.evidence.looking import folder_of
from tests.evidence.sending import arrive, begin, photo, visit_of
from tests.factories import House, come_back, count_rows, letters, make_case, make_member, sign_in, token_on
from tests.followup.sending import PATH, Script, contents, cut_off, form, on_disk, post_files


@pytest.fixture
def told(house: House) -> tuple[Case, CodeKeys, str]:
    """Return a case, what its code opens, and the code."""
    return make_case()


@pytest.fixture
def script(client: FlaskClient, told: tuple[Case, CodeKeys, str]) -> Script:
    """Return the script of the page that somebody opened with the code."""
    come_back(client, told[2])
    return Script(client, token_on(client.get(PATH).get_data(as_text=True)))


def test_a_script_sends_a_file_in_chunks_and_the_desk_has_it(
    script: Script, told: tuple[Case, CodeKeys, str], house: House
) -> None:
    (case, keys, _), content = told, photo(3 * CHUNK + 77)
    member = make_member(house, "KZ")
    begun = script.begin(content).get_json()
    name = begun["name"]
    assert (begun["chunk"], begun["kept"]) == (CHUNK, [])
    assert script.take(name, 2, content[2 * CHUNK :]).get_json() == {"kept": [2, 4]}
    assert script.post(f"/{name}/finish").status_code == 404
    assert script.begin(content).get_json() == {"name": name, "chunk": CHUNK, "kept": [[2, 4]]}
    page = script.client.get(PATH).get_data(as_text=True)
    assert "Not here yet" in page
    assert f'id="u{name}"' in page
    assert script.take(name, 0, content[:CHUNK]).get_json() == {"kept": [0, 1]}
    assert script.take(name, 1, content[CHUNK : 2 * CHUNK]).get_json() == {"done": True}, "all of it is there"
    assert script.post(f"/{name}/finish").get_json() == {"done": True}
    assert script.post(f"/{name}/finish").get_json() == {"done": True}
    assert script.take(name, 0, content[:CHUNK]).get_json() == {"done": True}
    assert script.begin(content).get_json() == {"done": True}, "nobody sends it once more"
    assert contents(case, keys) == [content]
    page = script.client.get(PATH).get_data(as_text=True)
    assert "Arrived whole" in page
    assert "wound.jpg" in page
    assert "Not here yet" not in page
    assert f"/files/{name}" not in page, "nothing plays it back"
    sign_in(script.client, member)
    assert "wound.jpg" in script.client.get(f"/desk/cases/{case.reference}").get_data(as_text=True)
    assert len(letters("files_arrived")) == 2


def test_the_page_says_the_limits_and_may_send_with_its_script(script: Script) -> None:
    for lang in TAGS:
        page = script.client.get(f"/{lang}/case/files", headers={"Accept-Encoding": "gzip"})
        assert "connect-src 'self'" in page.headers["Content-Security-Policy"]
    text = gzip.decompress(script.client.get(PATH, headers={"Accept-Encoding": "gzip"}).data).decode()
    assert "up to 25 MB each" in text
    assert "100 MB left of 100 MB" in text
    assert "Files carry traces." in text
    assert "connect-src" not in script.client.get("/en/case").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ("0", "no bytes"),
        ("", "no bytes"),
        ("-5", "no bytes"),
        ("1e9", "no bytes"),
        ("٣", "no bytes"),
        (str(25 * 1024**2 + 1), "too large: we can take 25 MB"),
        ("9" * 29, "too large"),
        ("9" * 5000, "no bytes"),
    ],
)
def test_a_wish_that_is_too_large_or_none_is_refused_with_a_sentence(script: Script, size: str, said: str) -> None:
    answer = script.begin(b"", size=size)
    assert answer.status_code == 422
    assert said in answer.get_json()["said"]
    assert count_rows(Upload) == 0


def test_hostile_numbers_and_names_change_nothing(
    script: Script, house: House, told: tuple[Case, CodeKeys, str]
) -> None:
    content = photo(2 * CHUNK + 5)
    name = script.begin(content, "x" * 10_000 + "\x00\u202e").get_json()["name"]
    for beyond in (3, 4, 10**9, 10**40):
        assert script.take(name, beyond, content[:CHUNK]).status_code == 404
    for first in (-1, "x", "0x1", "٣"):
        assert script.take(name, first, content[:CHUNK]).status_code in {404, 405}
    assert script.take(name, 0, content + b"!").status_code == 404
    assert script.take(name, 0, b"").status_code == 404
    assert script.take(name, 0, b"x" * (LARGEST_CHUNKS + 1)).status_code in {404, 413}
    member, other = make_member(house, "KZ"), make_case("KZ")
    of_member = begin(house.visitors[member.id], told[0], content).name
    of_other = begin(visit_of(*other[:2]), other[0], content).name
    for foreign in (of_member, of_other, "0" * 32, "..", "%00", "a\x00b"):
        assert script.take(foreign, 0, content[:CHUNK]).status_code == 404
        assert script.post(f"/{foreign}/finish").status_code == 404
        script.post(f"/{foreign}/drop", {"csrf_token": script.headers["X-CSRFToken"]})
    assert count_rows(Upload) == 3
    assert count_rows(Chunk) == 0


def test_a_body_that_is_cut_short_keeps_the_chunks_that_came_whole(app: Flask, script: Script) -> None:
    content = photo(3 * CHUNK)
    name = script.begin(content).get_json()["name"]
    for ends_by_itself in (False, True):
        sent = content[: 2 * CHUNK + 9]
        path, kind = f"{PATH}/{name}/0", "application/octet-stream"
        answer = cut_off(script, path, sent, len(content), kind, ends_by_itself=ends_by_itself)
        assert answer.get_json() == {"kept": [0, 2]}
    assert script.begin(content).get_json()["kept"] == [[0, 2]]


def test_a_visit_that_ran_out_is_said_to_the_script_and_the_file_goes_on(
    script: Script, told: tuple[Case, CodeKeys, str]
) -> None:
    content = photo(2 * CHUNK)
    name = script.begin(content).get_json()["name"]
    script.take(name, 0, content[:CHUNK])
    script.client.delete_cookie("visit")
    for answer in (script.take(name, 1, content[CHUNK:]), script.begin(content), script.post(f"/{name}/finish")):
        assert answer.status_code == 401
        assert "Type your code again" in answer.get_json()["said"]
    come_back(script.client, told[2])
    script.headers["X-CSRFToken"] = token_on(script.client.get(PATH).get_data(as_text=True))
    assert script.begin(content).get_json()["kept"] == [[0, 1]]
    script.headers["X-CSRFToken"] = "forged"
    assert script.take(name, 1, content[CHUNK:]).status_code == 401


def test_a_store_that_is_down_is_said_and_what_came_before_stays(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = photo(3 * CHUNK)
    name = script.begin(content).get_json()["name"]
    put = Storage.put

    def failing(self: Storage, of: str, number: int, sealed: Any) -> None:
        if number:
            raise OSError
        put(self, of, number, sealed)

    monkeypatch.setattr(Storage, "put", failing)
    answer = script.take(name, 0, content)
    assert answer.status_code == 503
    assert "goes on by itself" in answer.get_json()["said"]
    assert script.begin(content).get_json()["kept"] == [[0, 1]]
    page = post_files(script, ("a.jpg", photo(CHUNK + 9)))
    assert "cannot keep this file right now" in page.get_data(as_text=True)
    words = {"text": "Words still arrive", "once": "o", "csrf_token": script.headers["X-CSRFToken"]}
    assert script.client.post("/en/case/messages", data=words).status_code == 303
    monkeypatch.undo()
    assert script.take(name, 1, content[CHUNK:]).get_json() == {"done": True}


def test_without_a_script_each_file_has_its_own_outcome(
    script: Script, told: tuple[Case, CodeKeys, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    case, keys, _ = told
    settings = current_app.config["FILES"]
    limits = {**vars(settings), "largest": 3 * CHUNK, "most": 6 * CHUNK}
    monkeypatch.setitem(current_app.config, "FILES", type(settings)(**limits))
    good, exact, pdf = photo(CHUNK + 9), photo(3 * CHUNK, 2), b"%PDF-1.7 " + photo(50)
    answer = post_files(
        script,
        ("wound.jpg", good),
        ("film.mp4", photo(3 * CHUNK + 1)),
        ("nothing.txt", b""),
        ("exact.jpg", exact),
        ("more.jpg", photo(2 * CHUNK, 3)),
        ("../../etc/\u202epassword.pdf", pdf),
    )
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert contents(case, keys) == [good, exact, pdf]
    kinds = [file.content_type for file in queries.opened_files(case.id, case.reference, lambda _: keys.identity)]
    assert kinds == ["image/jpeg", "image/jpeg", "application/pdf"]
    assert text.count("too large: we can take") >= 1
    assert "All files of a case together" in text
    assert "it has no bytes" in text
    assert "\u202e" not in text
    assert len(on_disk()) == count_rows(Chunk) == 2 + 3 + 1, "nothing is left of what was refused"
    again = post_files(script, ("wound.jpg", good))
    assert "was here already" in again.get_data(as_text=True)
    assert count_rows(File) == 3
    assert len(on_disk()) == 6


def test_a_file_whose_row_was_saved_stays_whole_although_the_answer_to_the_commit_was_lost(
    script: Script, told: tuple[Case, CodeKeys, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*verbs: Any) -> None:
        settle(*verbs)
        raise OperationalError(None, {}, Exception())

    monkeypatch.setattr(file_answers, "settle", lost)
    assert post_files(script, ("wound.jpg", photo())).status_code == 503
    assert contents(told[0], told[1]) == [photo()]


def test_a_disk_that_is_nearly_full_takes_words_alone(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    content = photo(2 * CHUNK)
    name = script.begin(content).get_json()["name"]
    settings = current_app.config["FILES"]
    monkeypatch.setitem(current_app.config, "FILES", type(settings)(**{**vars(settings), "reserve": 10**18}))
    for answer in (script.take(name, 0, content), script.begin(content, "other.jpg")):
        assert answer.status_code == 422
        assert "no room for this file right now. Your words still arrive." in answer.get_json()["said"]
    assert "no room for this file" in post_files(script, ("wound.jpg", content)).get_data(as_text=True)
    words = {"text": "Words still arrive", "once": "o", "csrf_token": script.headers["X-CSRFToken"]}
    assert script.client.post("/en/case/messages", data=words).status_code == 303
    assert on_disk() == []


def test_many_who_send_files_slowly_leave_room_for_words(script: Script) -> None:
    content = photo(2 * CHUNK)
    name = script.begin(content).get_json()["name"]
    assert LINES < PLACES
    leave = [take_line() for _ in range(LINES)]
    for _ in range(2):
        answer = script.take(name, 0, content)
        assert answer.status_code == 503
        assert "goes on by itself" in answer.get_json()["said"]
        assert post_files(script, ("wound.jpg", content)).status_code == 503
    words = {"text": "Words still arrive", "once": "o", "csrf_token": script.headers["X-CSRFToken"]}
    assert script.client.post("/en/case/messages", data=words).status_code == 303
    for one in leave:
        one()
    for _ in range(LINES + 1):  # whatever becomes of a request, its place is free again
        assert script.take(name, 9, content).status_code == 404
        assert post_files(script, ("empty.jpg", b"")).status_code == 422
    assert script.take(name, 0, content).get_json() == {"done": True}
    assert post_files(script, ("wound.jpg", photo())).status_code == 200


def test_a_form_without_files_or_from_elsewhere_keeps_nothing(script: Script, app: Flask) -> None:
    assert post_files(script).status_code == 422
    assert post_files(script, ("", b"")).status_code == 422
    own, script.headers["X-CSRFToken"] = script.headers["X-CSRFToken"], "forged"
    assert post_files(script, ("wound.jpg", photo())).status_code == 401
    assert on_disk() == []
    script.headers["X-CSRFToken"] = own
    body, content_type = form(own, ("a.jpg", photo(2 * CHUNK)))
    for cut in (len(body) - 60, len(body) - 1, len(body) // 2):
        for ends_by_itself in (False, True):  # as the real web server's bodies do
            answer = cut_off(script, PATH, body[:cut], len(body), content_type, ends_by_itself=ends_by_itself)
            assert answer.status_code in {400, 401}, cut
    assert (count_rows(File), count_rows(Chunk), on_disk()) == (0, 0, [])
    script.client.delete_cookie("visit")
    page = post_files(script, ("wound.jpg", photo(5 * CHUNK)))
    assert page.status_code == 401
    assert "Only your files could not be kept" in page.get_data(as_text=True)
    assert on_disk() == []


def test_a_form_that_is_far_too_large_is_refused_before_it_is_read(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = current_app.config["FILES"]
    monkeypatch.setitem(current_app.config, "FILES", type(settings)(**{**vars(settings), "largest": 9, "most": 9}))
    body, content_type = form(script.headers["X-CSRFToken"], ("a.jpg", photo(2 * 1024**2)))
    answer = script.client.post(PATH, data=body, content_type=content_type)
    assert answer.status_code == 413
    assert "send them one after the other" in answer.get_data(as_text=True)


def test_a_form_is_sealed_as_it_comes_and_never_whole_in_memory(
    script: Script, told: tuple[Case, CodeKeys, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 0
    write = posted.PostedFile.write

    def watched(self: posted.PostedFile, data: Any) -> int:
        nonlocal most
        written = write(self, data)
        most = max(most, len(self._waiting))
        return written

    monkeypatch.setattr(posted.PostedFile, "write", watched)
    content = photo(9 * CHUNK + 1)
    assert post_files(script, ("film.mp4", content)).status_code == 200
    assert contents(*told[:2]) == [content]
    assert most <= CHUNK
    (row,) = db.session.scalars(select(File))
    hashes = [hashlib.sha256(storage().get(row.name, number)).digest() for number in range(row.chunk_count)]
    assert row.digest == hashlib.sha256(b"".join(hashes)).digest()


def test_an_unfinished_file_is_removed_by_a_press_and_statements_stay_few(
    script: Script, told: tuple[Case, CodeKeys, str], statements: list[str]
) -> None:
    case, keys, _ = told
    content = photo(2 * CHUNK)
    name = script.begin(content, "<i>&amp.jpg").get_json()["name"]
    script.take(name, 0, content[:CHUNK])
    statements.clear()
    page = script.client.get(PATH).get_data(as_text=True)
    before = len(statements)
    assert "_i_&amp;amp.jpg" in page
    assert "256 kB" in page
    answer = script.post(f"/{name}/drop", {"csrf_token": token_on(page)})
    assert answer.status_code == 303
    assert on_disk() == []
    for number in range(3):
        arrive(visit_of(case, keys), case, photo(seed=number), f"{number}.jpg")
    begin(visit_of(case, keys), case, content, "again.jpg")
    statements.clear()
    script.client.get(PATH)
    assert len(statements) <= before


def test_a_file_that_differs_in_its_mark_is_another(script: Script) -> None:
    content = photo()
    name = script.begin(content).get_json()["name"]
    script.take(name, 0, content)
    assert script.begin(content, mark="").get_json()["kept"] == []
    other = script.begin(content, mark="another").get_json()["name"]
    assert script.take(other, 0, content).get_json() == {"done": True}
    assert count_rows(File) == 2


def test_a_size_is_said_in_one_way(script: Script, told: tuple[Case, CodeKeys, str], house: House) -> None:
    said = [size(count) for count in (0, 1, MEGABYTE - 1, MEGABYTE * 5 // 2, 2048 * MEGABYTE)]
    assert said == ["0 kB", "1 kB", "1,024 kB", "2.5 MB", "2 GB"]
    case = told[0]
    arrive(visit_of(case, told[1]), case, photo(MEGABYTE * 5 // 2))
    client = script.client
    sign_in(client, make_member(house, "KZ"))
    (name,) = [file.name for file in db.session.scalars(select(File))]
    at = f"/desk/cases/{case.reference}"
    pages = ("", f"/files/{name}/look", f"/files/{name}/original")
    for page in (PATH, *(f"{at}{page}" for page in pages)):
        assert "2.5 MB" in client.get(page).get_data(as_text=True), page


def test_the_pages_lead_there(client: FlaskClient, told: tuple[Case, CodeKeys, str]) -> None:
    answer = client.post("/en/case", data={"code": told[2], "next": PATH})
    assert answer.headers["Location"] == PATH
    assert f'href="{PATH}"' in client.get("/en/case").get_data(as_text=True)


def test_what_a_member_added_is_not_on_the_complainants_page(
    script: Script, house: House, told: tuple[Case, CodeKeys, str]
) -> None:
    member = make_member(house, "KZ")
    arrive(house.visitors[member.id], told[0], photo(), "secret.jpg")
    begin(house.visitors[member.id], told[0], photo(), "more-secret.jpg")
    assert "secret" not in script.client.get(PATH).get_data(as_text=True)
    assert uploads.kept("0" * 32) == []


def test_what_the_store_lost_is_asked_for_again_and_what_was_damaged_is_told(script: Script) -> None:
    content = photo(3 * CHUNK)
    name = script.begin(content).get_json()["name"]
    script.take(name, 1, content[CHUNK:])
    (folder_of(name) / "1").unlink()
    assert script.begin(content).get_json()["kept"] == [[2, 3]]
    chunk = folder_of(name) / "2"
    chunk.write_bytes(chunk.read_bytes()[:-1] + b"x")
    answer = script.take(name, 0, content[: 2 * CHUNK])
    assert (answer.status_code, "was damaged here" in answer.get_json()["said"]) == (422, True)
