"""What is marked in a file is gone where it leaves the newsroom: pixels, layers, and what the camera wrote."""

import html
import io
import tempfile
import zipfile
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from intake.cases import copies
from intake.cases.blacking import Passage
from intake.cases.models import Case
from intake.evidence import box, read, viewing
from intake.members.models import Member
from intake.members.sessions import Visitor
from tests.cases import saved
from tests.cases.copying import black, layers_of, path_of, publish, sections, share, signed_in, take
from tests.cases.enclosing import (
    CAMERA,
    FACE,
    acts,
    attach,
    bare,
    face,
    file_of,
    has_secret,
    look,
    mark,
    marks,
    page_of_paper,
    page_path,
    photo,
    pictures_in,
    post,
    release,
    seen,
)
from tests.factories import (
    House,
    make_case,
    sound,
)
from tests.test_nothing_at_rest import open_files

STORY = "My neighbour Quaggova lives in Zebrov Street. QUAGGOVA’s son is missing."
TEXT = "ҚҰРАЛАЙ and Құралайдың sister, of ZEBROV  street: +7 701 555 01 02.".encode()
ORIGINAL = "originals/attachment-1.jpg"


@pytest.fixture
def case(house: House, visitor: Visitor) -> Case:
    """Return a case that may be shown to lawyers."""
    made = make_case("KZ", STORY)[0]
    share(visitor, made)
    return saved(made)


@pytest.fixture
def desk(client: FlaskClient, ana: Member) -> FlaskClient:
    """Return the browser of the journalist, who typed the password just now."""
    return signed_in(client, ana)


def members_of(taken: bytes) -> dict[str, bytes]:
    """Return what lies in a ZIP, by its names."""
    with zipfile.ZipFile(io.BytesIO(taken)) as archive:
        return {entry.filename.partition("/")[2]: archive.read(entry) for entry in archive.infolist()}


def test_what_a_camera_wrote_and_what_is_marked_never_leave(
    desk: FlaskClient, visitor: Visitor, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    name = seen(visitor, case, really=True)
    mark(visitor, case, name, face())
    release(visitor, case, name)
    sealed = b"".join(read.plaintext(file_of(visitor, case, name)))
    with Image.open(io.BytesIO(sealed)) as original:
        assert original.getexif().get_ifd(0x8825)[1] == "N", "the original says where it was taken"
    assert has_secret(sealed)
    taken = take(desk, case, "zip", "lawyers").data
    inside = members_of(taken)
    assert {one for one in inside if one.startswith(("files/", "originals/"))} == {"files/attachment-1.jpg"}
    leaves = inside["files/attachment-1.jpg"]
    with Image.open(io.BytesIO(leaves)) as image:
        assert image.size == (400, 300)
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
        assert image.convert("RGB").getpixel((FACE[0] + 50, FACE[1] + 50)) == (0, 0, 0)
        assert image.convert("L").getpixel((20, 20)) != 0, "the wall is still there"
    for file in (leaves, inside["dossier.pdf"]):
        (only,) = [one for one in pictures_in(file) if len(one) > 1000]
        assert not has_secret(only)
    for word in (CAMERA, "Quaggathumb", "Exif\0\0", "Quaggova.jpg"):
        assert word.encode() not in taken
        assert word not in layers_of(taken)
    assert ("evidence.copied", {"file": name, "audience": "lawyers", "original": False}) in acts(case)
    assert list(temporary.iterdir()) == [], "nothing touches the disk"
    assert bare()[-400:-200] not in open_files()


def test_inside_a_copy_shows_all_unless_what_is_marked_shall_be_black(
    desk: FlaskClient, visitor: Visitor, case: Case
) -> None:
    name = seen(visitor, case)
    mark(visitor, case, name, face())
    shown = members_of(take(desk, case, "zip").data)
    assert has_secret(shown["files/attachment-1.jpg"])
    assert CAMERA.encode() not in shown["files/attachment-1.jpg"]
    assert ORIGINAL not in shown
    assert "Quaggova.jpg" in shown["case.json"].decode()
    blacked = members_of(take(desk, case, "zip", blacked="1").data)
    assert not has_secret(blacked["files/attachment-1.jpg"])
    assert "Quaggova.jpg" not in blacked["case.json"].decode(), "a file's name is nothing that anybody marked"


def test_an_original_goes_inside_only_if_it_is_asked_for_and_never_out(
    desk: FlaskClient, visitor: Visitor, case: Case
) -> None:
    name = seen(visitor, case)
    release(visitor, case, name)
    page = desk.get(path_of(case)).get_data(as_text=True)
    assert "An original may be dangerous to open" in page
    answer = take(desk, case, "zip", originals="1")
    with_it = members_of(Context().run(answer.get_data))  # as in the web server: it is made when the request is over
    assert with_it[ORIGINAL] == photo()
    assert ("evidence.copied", {"file": name, "audience": "inside", "original": True}) in acts(case)
    assert ORIGINAL not in members_of(take(desk, case, "zip", "lawyers", originals="1").data)
    both = take(desk, case, "zip", originals="1", blacked="1")
    assert (both.status_code, "Nothing can be blacked out in an original" in both.get_data(as_text=True)) == (422, True)


def test_a_file_leaves_only_once_somebody_said_so_and_it_can_be_taken_back(
    desk: FlaskClient, visitor: Visitor, case: Case
) -> None:
    name = seen(visitor, case)
    held = take(desk, case, "zip", "lawyers")
    assert not any(one.startswith("files/") for one in members_of(held.data))
    assert "the desk has not said that it may leave" in layers_of(held.data)
    assert post(desk, case, name, "/release", leaves="1").status_code == 302
    assert "files/attachment-1.jpg" in members_of(take(desk, case, "zip", "lawyers").data)
    mark(visitor, case, name, face())
    assert marks(visitor, case, name).goes_out, "a further mark takes nothing back"
    assert post(desk, case, name, "/remove", place="0").status_code == 302
    assert not marks(visitor, case, name).goes_out, "what was hidden shows again: somebody must say so anew"
    release(visitor, case, name)
    assert post(desk, case, name, "/release", leaves="0").status_code == 302
    assert "files/attachment-1.jpg" not in members_of(take(desk, case, "zip", "lawyers").data)
    decided = [act.removeprefix("evidence.") for act, _ in acts(case) if act.endswith(("released", "withheld"))]
    assert decided == ["released", "withheld", "released", "withheld"], "the trail of a file says since when"


def test_publication_shows_of_files_what_the_person_ticked_and_no_more(
    desk: FlaskClient, visitor: Visitor, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("picture", "page", "sound", "text"):
        content = page_of_paper() if kind in {"picture", "page"} else b"heard or read"
        name = seen(visitor, case, sound() if kind == "sound" else photo(), (kind, content))
        release(visitor, case, name)

    def shown(*ticked: str) -> set[str]:
        publish(visitor, case, "with_name", *ticked)
        taken = members_of(take(desk, case, "zip", "publication").data)
        return {one.removeprefix("files/attachment-") for one in taken if one.startswith("files/")}

    assert shown() == set()
    assert shown("photo") == {"1.png"}
    assert shown("documents") == {"2.png", "4.txt"}
    assert shown("photo", "voice", "documents") == {"1.png", "2.png", "3.mp3", "4.txt"}
    monkeypatch.setattr(viewing, "parts_of_case", lambda *_: {})
    assert shown("photo", "voice", "documents") == set()


def test_passages_of_a_text_are_blacked_out_however_they_are_written(
    desk: FlaskClient, visitor: Visitor, case: Case
) -> None:
    name = seen(visitor, case, TEXT, ("text", TEXT))
    release(visitor, case, name)
    black(visitor, case, "Zebrov Street", "place")
    answered = post(desk, case, name, "/passages", text="құралай", kind="name", instead="a woman")
    assert answered.status_code == 302
    page = html.unescape(desk.get(page_path(case, name)).get_data(as_text=True))
    assert "Found: 2" in page
    assert "█████ (a woman) and █████ (a woman) sister, of █████ (place)" in page, "how it leaves"
    taken = take(desk, case, "zip", "lawyers")
    text = members_of(taken.data)["files/attachment-1.txt"].decode()
    assert text == "█████ (a woman) and █████ (a woman) sister, of █████ (place): █████ (contact)."
    layers = layers_of(taken.data).casefold()
    for word in ("құралай", "zebrov", "555 01"):
        assert word not in layers
    assert "құралай" in layers_of(take(desk, case, "json").data).casefold(), "the newsroom reads all of it"
    assert "a woman" in sections(take(desk, case, "json", blacked="1"))["attachments"]


def test_a_long_text_is_blacked_out_before_it_is_cut(
    desk: FlaskClient, visitor: Visitor, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.cases.copy_sections.LONGEST_TEXT", 8)
    name = seen(visitor, case, b"text", ("text", b"it was Quaggova, he said"))
    mark(visitor, case, name, Passage("Quaggova", "name"))
    told = sections(take(desk, case, "json", blacked="1"))["attachments"]
    assert "it was █ […]" in told


def test_what_has_no_viewing_copy_is_named_as_left_out_with_the_reason(
    desk: FlaskClient, visitor: Visitor, case: Case
) -> None:
    attach(case, photo())
    unreadable = attach(case, b"\x89PNG\r\n\x1a\n and nothing", "Quaggova.png")
    look(visitor, case, unreadable, really=True)
    for audience in ("inside", "lawyers"):
        told = sections(take(desk, case, "json", audience))["attachments"]
        assert "nobody of the desk has looked at it yet" in told
        assert "it is damaged, or not what it says" in told
        assert ("Quaggova" in told) == (audience == "inside")
    page = html.unescape(desk.get(page_path(case, unreadable)).get_data(as_text=True))
    assert "Nothing can be marked: it is damaged" in page
    assert post(desk, case, unreadable, "/release", leaves="1").status_code == 422


def test_what_is_marked_while_a_copy_is_made_is_black_in_it(
    desk: FlaskClient, visitor: Visitor, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = seen(visitor, case)
    release(visitor, case, name)
    made, once = copies.make, iter([True])

    def slowly(*args: Any) -> copies.Copy:
        copy = made(*args)
        if next(once, False):
            mark(visitor, case, name, face())
        return copy

    monkeypatch.setattr(copies, "make", slowly)
    assert not has_secret(members_of(take(desk, case, "zip", "lawyers").data)["files/attachment-1.jpg"])


def test_a_picture_that_cannot_be_made_black_is_not_given_as_it_is(
    desk: FlaskClient, visitor: Visitor, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = seen(visitor, case)
    mark(visitor, case, name, face())
    release(visitor, case, name)

    reason = "broken"

    def refuse(*_: Any) -> bytes:
        raise box.NoCopyError(reason)

    monkeypatch.setattr(box, "black", refuse)
    for form in ("pdf", "zip"):
        answered = take(desk, case, form, "lawyers")
        assert (answered.status_code, "could not be blacked out" in answered.get_data(as_text=True)) == (422, True)
    assert desk.get(page_path(case, name, "/0?leaves=1")).status_code == 503


def test_pages_and_copies_ask_as_much_of_the_database_however_many_files_there_are(
    desk: FlaskClient, visitor: Visitor, case: Case, statements: list[str]
) -> None:
    pages = ("page", page_of_paper()), ("page", page_of_paper())
    name = seen(visitor, case, None, *pages)
    paths = [path_of(case), f"/desk/cases/{case.reference}/redactions", page_path(case, name)]

    def asked() -> list[int]:
        found = []
        for path in paths:
            statements.clear()
            assert desk.get(path).status_code == 200
            found.append(len(statements))
        return found

    asked()
    few = asked()
    for _ in range(3):
        mark(visitor, case, seen(visitor, case, None, *pages), face(1))
    assert asked() == few
