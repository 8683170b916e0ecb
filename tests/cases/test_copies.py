"""Copies of a case: what is in them, for whom they may be made, and that they tell nothing that was blacked out."""

import hashlib
import io
import json
import logging
import tempfile
import zipfile
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader

from intake import config
from intake.cases import copies, copy_sections
from intake.cases.blacking import BAR
from intake.cases.models import Case
from intake.members.models import Member
from intake.sealing import SealError
from tests.cases import saved
from tests.cases.coded import code
from tests.cases.copying import (
    answer,
    black,
    last_acts,
    layers_of,
    path_of,
    say,
    sections,
    signed_in,
    take,
    telling_case,
    text_of,
    type_password,
    voice_case,
)
from tests.factories import (
    House,
    confirm,
    make_case,
    make_claim,
    make_member,
    make_note,
    make_source,
    sign_in,
    token_on,
)
from tests.test_nothing_at_rest import database_dump, open_files

LETTERS = {
    "Kazakh": "Қазақстанда әділет іздеймін: ғылым, өмір, ұлт, үй, һәм, ңұсқа, Іле",
    "Tajik": "Ҳуқуқи инсон дар Тоҷикистон: қонун, ғамхорӣ, зӯроварӣ, ҷомеа",
    "Turkmen": "Türkmenistanda adam hukuklary: çaga, şäher, ýaş, ňaýza, žurnal, ömür",
    "Uzbek": "Oʻzbekistonda gʻazab, choʻl; Ўзбекистонда ғазаб, чўл, ҳақ, қонун",
    "Kyrgyz": "Кыргызстанда укук: өкмөт, үй, жаңы",
    "Karakalpak": "Qaraqalpaqstanda ádillik: ǵ, ń, ó, ú, ı",
}


@pytest.fixture
def member(house: House) -> Member:
    """Return a journalist."""
    return make_member(house, "KZ", name="Zarina")


@pytest.fixture
def case(house: House, member: Member) -> Case:
    """Return a case of theirs with something in every corner, that may be shown to anybody."""
    return telling_case(house, member)


@pytest.fixture
def desk(client: FlaskClient, member: Member) -> FlaskClient:
    """Return the browser of the journalist, who typed the password just now."""
    return signed_in(client, member)


def test_a_pdf_has_every_letter_of_our_languages(house: House, desk: FlaskClient) -> None:
    made, _, _ = make_case("KZ", "\n".join(LETTERS.values()))
    answered = take(desk, made, "pdf")
    assert answered.status_code == 200
    assert answered.headers["Content-Type"] == "application/pdf"
    assert answered.headers["Content-Disposition"] == f'attachment; filename="{made.reference}-inside.pdf"'
    read = text_of(answered.data)
    for language, text in LETTERS.items():
        assert text in read, language


def test_a_pdf_speaks_a_language_with_its_script(house: House, client: FlaskClient) -> None:
    made, _, _ = make_case("KZ", LETTERS["Uzbek"])
    answered = take(signed_in(client, make_member(house, "KZ", language="uz-Cyrl")), made, "pdf")
    assert answered.status_code == 200
    assert LETTERS["Uzbek"] in text_of(answered.data)
    assert "'/Lang': 'uz'" in str(PdfReader(io.BytesIO(answered.data)).root_object)


def test_every_page_of_a_pdf_bears_the_members_name_the_time_and_its_number(house: House, desk: FlaskClient) -> None:
    made, _, _ = make_case("KZ", "\n".join(f"{number}. The same happened again." for number in range(200)))
    reader = PdfReader(io.BytesIO(take(desk, made, "pdf").data))
    count = len(reader.pages)
    assert count > 3
    for number, page in enumerate(reader.pages, start=1):
        read = " ".join(page.extract_text().split())
        assert read.count("Zarina · ") == 4, "three times across the page, and at its foot"
        assert f"Page {number} of {count}" in read
        assert made.reference in read
    root = str(reader.root_object)
    assert "'/Lang': 'en'" in root
    assert "'/MarkInfo': {'/Marked': True" in root, "it is tagged, to be read aloud"
    assert "pdfuaid" in layers_of(take(desk, made, "pdf").data)
    assert reader.metadata is not None
    assert set(reader.metadata) <= {"/Title", "/Creator", "/CreationDate", "/ModDate"}


def test_nothing_that_was_blacked_out_is_in_a_copy_for_outside(
    house: House, desk: FlaskClient, member: Member, case: Case
) -> None:
    visitor = house.visitors[member.id]
    black(visitor, case, "quaggov")
    black(visitor, case, "ZEBROV  STREET", "place", "a street")
    for audience in ("lawyers", "publication"):
        taken = take(desk, case, "zip", audience)  # with PDF and JSON
        layers = (layers_of(taken.data) + str(taken.headers)).casefold()
        assert layers.count("nobody answers") >= 2, "it is the story"
        for word in ("quagg", "zebrov", "77015550102", "555 01", "advocate gnu"):
            assert word not in layers, word
        with zipfile.ZipFile(io.BytesIO(taken.data)) as archive:
            told = json.loads(archive.read(f"{case.reference}/case.json"))
            read = text_of(archive.read(f"{case.reference}/dossier.pdf"))
        (story,) = [section["pieces"][0]["text"] for section in told["sections"] if section["key"] == "story"]
        blacked = f"{BAR} (name) and {BAR} (name) brother were taken from {BAR} (a street) on Monday."
        assert blacked in story
        assert f"Call {BAR} (contact) or write to {BAR} (contact), or {BAR} (contact)." in story
        assert blacked in read


def test_a_copy_for_the_newsroom_has_all_that_the_desk_reads_but_no_personal_note(
    desk: FlaskClient, case: Case
) -> None:
    layers = layers_of(take(desk, case, "json").data)
    for word in ("QUAGGOVA", "Zebrov Street 5", "Okapieva", "Nabarlek", "May we call Quaggova", "Advocate Gnu"):
        assert word in layers, word
    assert "Wombat" not in layers
    assert "at night" not in layers, "the details to reach the person were not ticked"
    assert last_acts() == [("case.copied", {"form": "json", "audience": "inside", "reach": False})]
    reach = sections(take(desk, case, "json", reach="1"))["reach"]
    assert "secret@quagga.example" in reach
    assert "at night" in reach
    assert last_acts()[-1][1]["reach"] is True


def test_what_is_ticked_for_the_newsroom_counts_for_it_alone(
    house: House, desk: FlaskClient, member: Member, case: Case
) -> None:
    black(house.visitors[member.id], case, "Quaggov")
    assert "quaggov" in layers_of(take(desk, case, "json").data).casefold()
    assert "quaggov" not in layers_of(take(desk, case, "json", blacked="1").data).casefold()
    outside = take(desk, case, "json", "lawyers", reach="1")
    assert "reach" not in sections(outside)
    assert "at night" not in layers_of(outside.data)


def test_a_zip_says_of_everything_in_it_what_it_is(
    house: House, client: FlaskClient, desk: FlaskClient, member: Member
) -> None:
    made, heard = voice_case(client, house, member)
    answered = take(desk, made, "zip")
    assert answered.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answered.data)) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read(f"{made.reference}/manifest.json"))
        there = {entry.filename.removeprefix(f"{made.reference}/") for entry in archive.infolist()}
        assert there == {"dossier.pdf", "case.json", "files/recording-1.webm", "manifest.json"}
        assert {one["name"] for one in manifest["files"]} == there - {"manifest.json"}
        for one in manifest["files"]:
            content = archive.read(f"{made.reference}/{one['name']}")
            assert (one["size"], one["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert archive.read(f"{made.reference}/files/recording-1.webm") == heard
        told = json.loads(archive.read(f"{made.reference}/case.json"))
        assert told["format"] == "case-export/1"
        assert "A story of a voice" in text_of(archive.read(f"{made.reference}/dossier.pdf"))
    assert (manifest["format"], manifest["made_by"], manifest["for"]) == ("case-export-manifest/1", "Zarina", "inside")
    assert last_acts()[-1][1]["files"] == 1, "which has an entry of its own"


def test_a_zip_with_a_recording_that_was_altered_breaks_off(
    house: House, client: FlaskClient, desk: FlaskClient, member: Member, settings: config.Settings
) -> None:
    made, _ = voice_case(client, house, member)
    last = max((settings.instance / "evidence").glob("*/*/*"))
    last.write_bytes(last.read_bytes()[:-7] + b"altered")
    path = path_of(made)
    press = {"csrf_token": token_on(desk.get(path).get_data(as_text=True)), "audience": "inside", "form": "zip"}
    answered = desk.post(path, data=press, buffered=False)
    pieces: list[bytes] = []
    with pytest.raises(SealError):
        pieces.extend(answered.iter_encoded())
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(pieces)))


def test_right_to_left_tricks_in_names_turn_nothing_around(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ", name="Ana\u202efdp.exe\u2066")
    sign_in(client, member)
    confirm()
    made, _, _ = make_case("KZ", "سلام دنیا و \u202eenod\u202c \u200e and on.")
    read, told = text_of(take(client, made, "pdf").data), take(client, made, "json").data.decode()
    for text in (read, told):
        assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068") & set(text)
    assert "Anafdp.exe" in read
    assert "سلام" in read


def test_whatever_was_told_becomes_a_pdf(house: House, desk: FlaskClient) -> None:
    for story in (
        "😀 pictures ⚠️ in a story 👩‍👧",
        "中文 in a story",
        "word" * 2400,
        "a\n" * 400,
        "\u0300" * 300 + "x" * 20,
        "#" * 30,
    ):
        made, _, _ = make_case("KZ", f"{story} and an ending that can be found")
        answered = take(desk, made, "pdf")
        assert answered.status_code == 200
        assert "ending that can be found" in text_of(answered.data)


def test_without_the_password_again_nothing_is_given(
    client: FlaskClient, house: House, member: Member, case: Case
) -> None:
    sign_in(client, member)
    path = path_of(case)
    page = client.get(path)
    assert (page.status_code, 'name="password"' in page.get_data(as_text=True)) == (401, True)
    press = {"csrf_token": token_on(page.get_data(as_text=True)), "audience": "inside", "form": "zip"}
    asked = client.post(path, data=press)
    assert (asked.status_code, asked.data[:2] == b"PK", last_acts()) == (401, False, [])
    assert type_password(client, asked, "wrong").status_code == 422
    assert last_acts() == []
    given = type_password(client, asked)
    assert (given.status_code, given.data[:2]) == (200, b"PK"), "what waited is done"
    assert [detail["form"] for _, detail in last_acts()] == ["zip"]


def test_another_desks_case_is_not_there(client: FlaskClient, house: House, case: Case) -> None:
    sign_in(client, make_member(house, "KG"))
    confirm()
    token = token_on(client.get("/desk/").get_data(as_text=True))
    for path in (path_of(case), f"/desk/cases/{saved(case).reference}/redactions"):
        assert client.get(path).status_code == 404
        wanted = {"csrf_token": token, "audience": "inside", "form": "pdf", "text": "word", "kind": "name"}
        assert client.post(path, data=wanted).status_code == 404
    assert last_acts() == []


def test_what_was_not_offered_is_refused_with_a_sentence(desk: FlaskClient, case: Case) -> None:
    for wrong in ({"audience": ""}, {"audience": "police"}, {"form": "exe"}, {"audience": "\u202e" * 10_000}):
        answered = take(desk, case, **{"form": "pdf", "audience": "inside", **wrong})
        assert answered.status_code == 422
        assert 'role="alert"' in answered.get_data(as_text=True)
    assert last_acts() == []


def test_what_was_coded_and_checked_stays_inside(desk: FlaskClient, house: House, member: Member, case: Case) -> None:
    code(house.visitors[member.id], case, "TORTURE", law="Article 17 of the Quokka code")
    make_claim(house, member, case, "Three men took him, says the wombat", make_source("A potoroo, by telephone"))
    for word in ("Quokka", "wombat", "potoroo"):
        assert word in layers_of(take(desk, saved(case), "json").data)
        assert word not in layers_of(take(desk, saved(case), "json", "lawyers").data)


def test_a_section_that_a_desk_adds_stays_inside(
    desk: FlaskClient, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = copy_sections.Section("coding", "Coding", [copy_sections.Piece(text="Numbat of the desk")])
    monkeypatch.setattr(copies, "INSIDE", (*copy_sections.INSIDE, lambda _: added))
    assert "Numbat" in layers_of(take(desk, case, "json").data)
    assert "Numbat" not in layers_of(take(desk, case, "json", "lawyers").data)


def test_a_copy_leaves_no_trace_in_the_house(
    house: House,
    desk: FlaskClient,
    member: Member,
    case: Case,
    settings: config.Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    black(house.visitors[member.id], case, "Kakapova", "name", "Kiwi, the baker")
    caplog.set_level(logging.DEBUG)
    for form in ("pdf", "json", "zip"):
        assert "QUAGGOVA" in layers_of(take(desk, case, form, reach="1").data)
    monkeypatch.setattr("typst.compile", lambda *_, **__: (_ for _ in ()).throw(RuntimeError("Quaggova")))
    assert take(desk, case, "pdf").status_code == 500
    logged = "".join(capfd.readouterr()) + caplog.text
    for word in ("Quaggova", "QUAGGOVA", "Nabarlek", "secret@quagga", "Kakapova", "Kiwi"):
        assert word not in logged
        assert word.encode() not in database_dump(settings)
        assert word.encode() not in open_files()
    assert list(temporary.iterdir()) == []


def test_a_copy_asks_as_much_of_the_database_however_much_was_told(
    house: House, desk: FlaskClient, member: Member, case: Case, statements: list[str]
) -> None:
    def asked(path: str) -> int:
        statements.clear()
        assert desk.get(path).status_code == 200
        return len(statements)

    paths = [path_of(case), f"/desk/cases/{case.reference}/redactions"]
    few = [asked(path) for path in paths]
    for number in range(5):
        say(house.visitors[member.id], case, f"And {number}")
        answer(house.visitors[member.id], case, "who", perp_detail=f"Car {number}")
        make_note(house, member, saved(case), f"Note {number}")
    assert [asked(path) for path in paths] == few
