"""A marker word of the story is found nowhere at rest: not after sending, reading, or a fault."""

import gzip
import os
import re
import subprocess
import tempfile
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake import config
from intake.cases import coding, conversation, holds, notes, queue, scribbles, statuses, verification
from intake.complaint import by_mail, mail_reading
from intake.extensions import db, settle
from intake.outbox import worker
from tests.complaint.mailing import case_of, receive, written
from tests.factories import (
    House,
    come_back,
    fields,
    make_case,
    make_claim,
    make_member,
    make_source,
    send,
    send_voice,
    sign_in,
    sign_off,
    signed_code,
    sound,
    token_on,
)
from tests.followup.answers import ANSWERS, MARKER

FILE_PART = b'Content-Disposition: form-data; name="recording"; filename="voice.webm"\r\n\r\n'
MARKERS = ("Xylophagous", "Quokkafish", "Kakapo-Number")


def forms_of(marker: str) -> list[bytes]:
    """Return a marker in the encodings in which it might lie somewhere."""
    return [marker.encode(), marker.encode("utf-16-le"), marker.encode().hex().encode()]


def traces(*folders: Path) -> list[str]:
    """Return the files below these folders that hold a marker, compressed or not."""
    found = []
    for folder in folders:
        for path in folder.rglob("*"):
            if not path.is_file() or path.is_symlink():
                continue
            content = path.read_bytes()
            if content[:2] == b"\x1f\x8b":
                content = gzip.decompress(content)
            found += [f"{path}: {marker}" for marker in MARKERS if any(form in content for form in forms_of(marker))]
    return found


def database_dump(settings: config.Settings) -> bytes:
    """Return every row of the database as text."""
    rows = []
    for table in db.metadata.sorted_tables:
        rows += [repr(tuple(row)) for row in db.session.execute(text(f'SELECT * FROM "{table.name}"'))]  # noqa: S608
    assert any("info@acca.media" in row for row in rows), "the dump does hold the letters"
    return "\n".join(rows).encode()


def open_files() -> bytes:
    """Return what this process holds in files that were deleted while open."""
    held = b""
    for link in Path("/proc/self/fd").iterdir():
        try:
            if "(deleted)" in os.readlink(link):  # noqa: PTH115 pathlib would resolve it
                held += link.read_bytes()
        except OSError:
            continue  # a descriptor that is no file, or gone by now
    return held


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder where whatever makes a temporary file makes it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_the_scan_finds_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(f"x {MARKERS[0]} y")
    (tmp_path / "b").write_bytes(gzip.compress(MARKERS[1].encode()))
    assert len(traces(tmp_path)) == 2


def test_nothing_that_was_told_lies_anywhere_in_plain(
    client: FlaskClient,
    house: House,
    settings: config.Settings,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    member = make_member(house, "KZ")
    code = signed_code()
    told = {"story": f"{MARKERS[0]} told me all, and more", "contact_mode": "email", "contact_value": MARKERS[1]}
    assert send(client, code=code, **told).status_code == 200
    assert client.post("/en/", data={"code": code, "story": MARKERS[2], "urgent": "1"}).status_code == 200
    worker.deliver_due()
    sign_in(client, member)
    reference = queue.page(house.visitors[member.id]).cases[0].reference
    page = client.get(f"/desk/cases/{reference}").get_data(as_text=True)
    read = {"known": "1", "csrf_token": token_on(page)}
    page += client.post(f"/desk/cases/{reference}/contact", data=read).get_data(as_text=True)
    assert all(marker in page for marker in MARKERS), "who may read it does read it"
    broken = {**fields(code=signed_code()), **told}
    monkeypatch.setattr("intake.complaint.submit.triage.notices.new_case", lambda *_: 1 / 0)
    assert client.post("/en/", data=broken).status_code == 500
    dump = database_dump(settings)
    logged = "".join(capfd.readouterr())
    for marker in (*MARKERS, code[:24]):
        assert marker not in logged
        assert marker.encode() not in dump
        assert marker.encode() not in open_files()
    assert traces(settings.instance, temporary) == []
    assert list((settings.instance / "letters").iterdir())


def test_nothing_of_a_return_visit_lies_anywhere_in_plain(
    client: FlaskClient, house: House, settings: config.Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    member = make_member(house, "KZ")
    case, _, code = make_case()
    press = {"csrf_token": token_on(come_back(client, code))}
    for block, answers in ANSWERS.items():
        path = f"/en/case/details/{block}"
        assert client.post(path, data={**press, **answers}).status_code == 303, block
        assert all(f'name="{name}"' in client.get(path).get_data(as_text=True) for name in answers)
    client.post("/en/case/messages", data={**press, "text": f"{MARKER} in a message"})
    visitor = house.visitors[member.id]
    settle(lambda: statuses.seal_status(visitor, case, "closed", f"{MARKER} is why"), statuses.give)
    words = conversation.Words(f"{MARKER} from the desk", "once", signed=MARKER)
    settle(lambda: conversation.seal_message(visitor, case, words), conversation.write)
    settle(lambda: notes.seal_note(visitor, case, f"{MARKER}, a note", "once"), notes.keep)
    reference, coded = case.reference, coding.Chosen(("OTHER",), {}, law=f"{MARKER} is the law")
    settle(lambda: coding.seal_coding(visitor, reference, coded, "once", None), coding.keep)
    source = make_source(f"{MARKER}, a witness", f"{MARKER} was seen")
    make_claim(house, member, case, f"{MARKER} was beaten", source)
    ticks = {"consent": verification.Tick(done=True, word=f"{MARKER} agreed")}
    nothing = verification.Version(0, verification.OF_CHECKLIST)
    settle(lambda: verification.seal_checklist(visitor, case, ticks, "once", nothing), verification.keep)
    sign_off(house, case, word=f"{MARKER} may be named")
    settle(lambda: holds.seal_hold(visitor, case.reference, f"{MARKER} must stay"), holds.hold)
    for kind in scribbles.KINDS:
        kept = {"text": f"{MARKER} for myself"}
        settle(lambda kind=kind, kept=kept: scribbles.seal_scribble(visitor, case, kind, kept, ""), scribbles.keep)  # type: ignore[misc]  # bound now, not when it is called
    client.post("/en/case/feedback", data={**press, "good": f"{MARKER} was good", "relevance": "5"})
    assert MARKER in client.get("/en/case/words").get_data(as_text=True), "who may read it does read it"
    asked = client.post("/en/case/messages", data={"csrf_token": "lost", "text": f"{MARKER}, kept"})
    assert asked.status_code == 401
    worker.deliver_due()
    assert MARKER not in "".join(capfd.readouterr())
    dump = database_dump(settings)
    files = [path for path in settings.instance.rglob("*") if path.is_file()]
    reminders = [path for path in files if MARKER.lower().encode() in path.read_bytes()]
    assert [path.parent.name for path in reminders] == ["letters"], "the letter itself, as a mail server would get it"
    for marker in (MARKER, MARKER.lower(), code):
        assert marker.encode() not in dump
        assert not any(marker.encode() in path.read_bytes() for path in files if path not in reminders)


def test_nothing_that_is_searched_for_or_found_lies_anywhere_in_plain(
    client: FlaskClient,
    house: House,
    settings: config.Settings,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case, other = (
        make_case(story=f"{MARKERS[0]} told me all, and more", contact_mode="email", contact_value=MARKERS[1])[
            0
        ].reference
        for _ in range(2)
    )
    sign_in(client, make_member(house, "KZ"))
    press = {"csrf_token": token_on(client.get("/desk/search").get_data(as_text=True))}
    answers = [
        client.post(f"/desk/search{path}", data={**press, "words": words})
        for path in ("/step", "", "/saved", "/step")
        for words in (MARKERS[0], f"{MARKERS[0]} {MARKERS[2]}", f"'{MARKERS[1]}'")
    ]
    alike = client.post(f"/desk/cases/{case}/links/alike", data=press)
    assert other in alike.get_data(as_text=True), "cases that are alike are found"
    linked = {**press, "other": other, "reason": MARKERS[2]}
    answers += [
        alike,
        *(client.post(f"/desk/cases/{case}/links", data={**linked, "kind": kind}) for kind in ("related", "under")),
    ]
    assert client.get(f"/desk/cases/{case}/links").get_data(as_text=True).count(MARKERS[2]) == 2
    assert MARKERS[0] in answers[3].get_data(as_text=True), "who may read it does find it"
    assert MARKERS[2] in client.get("/desk/search").get_data(as_text=True), "a saved search is there"
    monkeypatch.setattr("intake.cases.search.search_pages.opened", lambda *_: 1 / 0)
    answers.append(client.post("/desk/search", data={**press, "words": MARKERS[2]}))
    assert answers[-1].status_code == 500
    dump, logged, held = database_dump(settings), "".join(capfd.readouterr()), open_files()
    headers = "".join(str(answer.headers) for answer in answers)
    for word in (*MARKERS, *map(str.lower, MARKERS)):
        assert word not in logged
        assert word not in headers
        assert word.encode() not in dump
        assert word.encode() not in held
    assert traces(settings.instance, temporary) == []


def test_nothing_that_was_said_lies_anywhere_in_plain(
    client: FlaskClient,
    house: House,
    settings: config.Settings,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    member = make_member(house, "KZ")
    said = sound(600_000, MARKERS[0].encode()) + MARKERS[1].encode()  # in the first chunk and in the last
    assert send_voice(client, said, file_name=f"{MARKERS[2]}.webm").status_code == 200
    sign_in(client, member)
    reference = queue.page(house.visitors[member.id]).cases[0].reference
    (heard,) = re.findall(rf'src="(/desk/cases/{reference}/files/[^"]+)"', client.get(f"/desk/cases/{reference}").text)
    assert client.get(heard).data == said, "who may hear it does hear it"
    assert client.get(heard, headers={"Range": "bytes=300000-"}).status_code == 206
    assert send_voice(client, said, consent=None, file_name=f"{MARKERS[2]}.webm").status_code == 422
    assert send_voice(client, said * 10, file_name=f"{MARKERS[2]}.webm").status_code == 422
    cut_off = {"data": b"--b\r\n" + FILE_PART + said, "content_type": "multipart/form-data; boundary=b"}
    assert client.post("/en/voice", **cut_off).status_code == 422
    monkeypatch.setattr("intake.complaint.submit.triage.notices.new_case", lambda *_: 1 / 0)
    assert send_voice(client, said, file_name=f"{MARKERS[2]}.webm").status_code == 500
    worker.deliver_due()
    dump, logged, held = database_dump(settings), "".join(capfd.readouterr()), open_files()
    for marker in MARKERS:
        assert marker not in logged
        assert marker.encode() not in dump
        assert marker.encode() not in held
    assert traces(settings.instance, temporary) == []
    assert len(list((settings.instance / "evidence").glob("*/*"))) == 2, "one sent, one left behind by the fault"


def test_nothing_of_a_mail_lies_anywhere_in_plain(
    client: FlaskClient,
    house: House,
    settings: config.Settings,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    client.application.config["ANSWER_INBOUND"] = True
    editor = make_member(house, "editors", role="editor")
    told = {"subject": MARKERS[1], "sender": f"{MARKERS[1]} <{MARKERS[2]}@mail.example>"}
    mail = written(f"{MARKERS[0]} told me all", **told, Message_ID=f"<{MARKERS[0]}@x>")
    attached = sound(600_000, MARKERS[0].encode()) + MARKERS[1].encode()
    mail.add_attachment(attached, maintype="image", subtype="png", filename=f"{MARKERS[2]}.png")
    case = case_of(receive(mail))
    assert not receive(mail).is_new
    receive(written(f"{MARKERS[0]} again", **told, In_Reply_To=f"<{MARKERS[0]}@x>", References=MARKERS[1]))
    sign_in(client, editor)
    page = client.get(f"/desk/cases/{case.reference}").text
    assert all(marker in page for marker in MARKERS), "who may read it does read it"
    (file,) = re.findall(rf'action="(/desk/cases/{case.reference}/files/[^"]+)/look"', page)
    assert client.post(f"{file}/look", data={"csrf_token": token_on(page)}, follow_redirects=True).status_code == 200
    assert client.get(file).data == attached
    monkeypatch.setattr("intake.complaint.by_mail.notices.mail_received", lambda *_: 1 / 0)
    monkeypatch.setattr("intake.complaint.by_mail.threads.may_answer", lambda *_: True)
    with pytest.raises(ZeroDivisionError) as fault:
        receive(written(f"{MARKERS[0]} fails", **told))
    dump, logged, held = database_dump(settings), "".join(capfd.readouterr()), open_files()
    for marker in MARKERS:
        assert marker not in logged
        assert marker not in str(fault.value)
        assert marker.encode() not in dump
        assert marker.encode() not in held
    assert traces(settings.instance, temporary) == []
    for one in (mail_reading.read(mail), by_mail.sealing_of(mail, b"digest")()):
        assert not any(marker in repr(one) for marker in MARKERS), "nor would it in a log"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_write_ahead_log_and_the_freed_pages_hold_nothing(
    client: FlaskClient, settings: config.Settings, tmp_path: Path
) -> None:
    for number in range(5):
        send(client, story=f"{MARKERS[0]} {number} and twenty characters more")
    files = {path.name for path in settings.instance.iterdir()}
    assert "intake.sqlite3-wal" in files, "the journal is there to be searched"
    assert traces(settings.instance) == []
    strings = subprocess.run(["grep", "-rl", MARKERS[0], str(settings.instance)], capture_output=True, check=False)
    assert strings.stdout == b""
