"""A person is stopped in the midst of sending: the desk keeps what arrived, and looks at it."""

import io
from pathlib import Path
from typing import Any

import pytest
from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import select

from intake.audit import AuditEntry
from intake.cases import kept_parts, sent_files, visits
from intake.cases.models import Case
from intake.cases.visits import Visit
from intake.evidence import custody, limits, read, uploads
from intake.evidence.models import File
from intake.evidence.place import storage
from intake.extensions import db, settle, transaction
from intake.i18n import now
from intake.members.models import Member
from intake.members.sessions import Visitor
from intake.sealing import SealError, new_identity, seal_chunk
from tests.cases.bundling import custody_in, take, unpacked
from tests.cases.copying import signed_in
from tests.evidence.sending import SMALL, arrive, begin, finish, opened, photo, rows, send, sender_of, visit_of
from tests.factories import House, come_back, count_rows, make_case, make_member, sign_in, token

FILM = photo(10 * SMALL + 321)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let chunks be small, so that little makes many."""
    monkeypatch.setattr(uploads, "grid", lambda _: SMALL)


class Desk:
    """A member of the case's desk, at its page."""

    def __init__(self, client: FlaskClient, house: House, member: Member, case: Case) -> None:
        """Sign in."""
        sign_in(client, member)
        self.client, self.member, self.case = client, member, case
        self.visitor: Visitor = house.visitors[member.id]
        self.path = f"/desk/cases/{case.reference}"

    def page(self, path: str = "") -> str:
        return self.client.get(self.path + path).get_data(as_text=True)

    def press(self, name: str, case: Case | None = None) -> str:
        """Keep what arrived of an upload; return the page that says what came of it."""
        path = f"/desk/cases/{(case or self.case).reference}/files/add/{name}/part"
        answer = self.client.post(path, data={"csrf_token": token(self.client, self.path)})
        return self.page() if answer.status_code == 302 else str(answer.status_code)


Told = tuple[Case, Visit, str]


@pytest.fixture
def told(house: House) -> Told:
    """Return a case, its complainant who came back, and their code."""
    case, keys, code = make_case("KZ")
    return case, visit_of(case, keys), code


@pytest.fixture
def desk(client: FlaskClient, house: House, told: Told) -> Desk:
    """Return a member of the case's desk."""
    return Desk(client, house, make_member(house, "KZ", name="Zarina"), told[0])


def came(who: Visit | Visitor, case: Case, *numbers: int) -> str:
    """Send some chunks of the film; return its name in the storage."""
    arriving = begin(who, case, FILM, "march.jpg")
    for number in numbers:
        send(arriving, number, io.BytesIO(FILM[number * SMALL : (number + 1) * SMALL]))
    return arriving.name


def lying() -> set[str]:
    """Return every name in the storage."""
    return set(storage().older_than(now().replace(year=2100)))


def test_what_arrived_is_kept_and_the_sender_still_finishes(client: FlaskClient, told: Told, desk: Desk) -> None:
    case, visit, code = told
    name = came(visit, case, 0, 1, 2, 3, 5)
    used = limits.used(case.id, by_member=False)
    assert "Keep what arrived" in desk.page()
    page = desk.press(name)
    (part,) = opened(desk.visitor, case)
    assert b"".join(read.plaintext(part)) == FILM[: 4 * SMALL], "up to the first that is missing"
    assert (part.content_type, part.chunks, part.file_name) == ("image/jpeg", 4, "part of march.jpg")
    assert [text for text in ("is kept", "part of march.jpg", "the first 38% of the file") if text not in page] == []
    about = desk.page(f"/files/{part.name}/look")
    facts = ("4,000 of 10,321 bytes", "<dt>Kept by<dd>Zarina", "<dt>Brought by<dd>the complainant")
    assert [text for text in facts if text not in about] == []
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.act.startswith("evidence.")).order_by(AuditEntry.id)
    )
    first, second, *_ = list(entries)
    assert (first.act, first.detail["file"], first.member_id) == ("evidence.received", part.name, desk.member.id)
    assert (second.act, second.detail) == ("evidence.part_kept", {"file": part.name, "upload": name})
    assert limits.used(case.id, by_member=False) == used, "it takes no room from the complainant"
    phone = client.application.test_client()
    come_back(phone, code)
    assert "part of" not in phone.get("/en/case/files").get_data(as_text=True)
    arriving = uploads.find(sender_of(visit, case), name)
    send(arriving, 4, io.BytesIO(FILM[4 * SMALL :]))
    assert finish(visit, case, name)
    assert [b"".join(read.plaintext(file)) for file in opened(visit, case)] == [FILM[: 4 * SMALL], FILM]
    kept = custody.kept_of(case.id)
    links = custody.of_case(case.id, kept.values())
    assert not custody.altered(kept.values(), links)
    assert [link.entry.act for link in links.links[name]] == ["evidence.part_kept", "evidence.received"]
    assert "not on its way any more" in desk.press(name)
    assert "arrived whole" in desk.press(name)


def test_pressed_twice_it_is_one_part_and_more_of_it_another(told: Told, desk: Desk) -> None:
    case, visit, _ = told
    name = came(visit, case, 0, 1)
    desk.press(name)
    assert "is kept already" in desk.press(name)
    came(visit, case, 5)
    assert "is kept already" in desk.press(name), "what lies behind a gap is no more of a beginning"
    assert count_rows(File) == 1
    came(visit, case, 2)
    desk.press(name)
    assert [file.size for file in opened(desk.visitor, case)] == [2 * SMALL, 3 * SMALL]
    assert len(lying()) == 3


def test_two_who_press_at_once_keep_one_part(told: Told, desk: Desk) -> None:
    case, visit, _ = told
    name = came(visit, case, 0, 1)
    copies = [kept_parts.copied(desk.visitor, case, name) for _ in range(2)]
    assert all(copies)
    sealed = [kept_parts.seal(desk.visitor, case, one) for one in copies if one]
    db.session.rollback()
    with transaction():
        assert kept_parts.keep(sealed[0])
    again = iter([sealed[1], *(kept_parts.seal(desk.visitor, case, one) for one in copies[1:] if one)])
    assert not settle(lambda: next(again), kept_parts.keep)
    assert count_rows(File) == 1


def test_what_its_sender_removes_meanwhile_is_not_kept(told: Told, desk: Desk) -> None:
    case, visit, _ = told
    name = came(visit, case, 0, 1)
    copy = kept_parts.copied(desk.visitor, case, name)
    assert copy
    sealed = kept_parts.seal(desk.visitor, case, copy)
    db.session.rollback()
    with transaction():
        sent_files.drop(visit, visits.living(visit), name)
    with pytest.raises(kept_parts.GoneError), transaction():
        kept_parts.keep(sealed)
    with pytest.raises(kept_parts.GoneError):
        kept_parts.seal(desk.visitor, case, copy)
    assert count_rows(File) == 0


def test_of_what_a_colleague_adds_no_code_opens_a_part(house: House, told: Told, desk: Desk) -> None:
    case, visit, _ = told
    colleague = make_member(house, "KZ", name="Daniyar")
    desk.press(came(house.visitors[colleague.id], case, 0))
    (row,) = rows(case)
    assert (row.desk_only, row.member_id) == (True, desk.member.id)
    with pytest.raises(SealError):
        opened(visit, case)
    about = desk.page(f"/files/{row.name}/look")
    assert "<dt>Kept by<dd>Zarina" in about
    assert "<dt>Brought by<dd>Daniyar" in about
    assert "part of" not in desk.page("/files/add"), "nobody added it"


def test_a_bundle_says_that_it_is_a_part_and_of_what(told: Told, desk: Desk, tmp_path: Path) -> None:
    case, visit, _ = told
    name = came(visit, case, 0, 1)
    desk.press(name)
    (row,) = rows(case)
    folder = unpacked(take(signed_in(desk.client, desk.member), case, row.name), tmp_path)
    (file,) = custody_in(folder)["files"]
    assert (file["name_given_by_sender"], file["brought_by_member"]) == ("march.jpg", None)
    assert file["first_bytes_of"] == {"upload": name, "size": len(FILM), "kept_by_member": "Zarina"}
    text = (folder / "custody-en.txt").read_text()
    assert "kept by Zarina, a member of the newsroom, of what the complainant was sending" in text
    assert "Size: 2,000 bytes, the first of 10,321; the rest had not come" in text


def test_nothing_is_kept_of_what_is_not_there_or_not_theirs(house: House, told: Told, desk: Desk) -> None:
    case, visit, _ = told
    headless = came(visit, case, 1, 2)
    assert "Keep what arrived" not in desk.page()
    assert "has not arrived yet" in desk.press(headless)
    other, keys, _ = make_case("KZ")
    away, their_keys, _ = make_case("KG")
    there = came(visit_of(other, keys), other, 0)
    for name in (there, "0" * 32, "' OR 1=1 --", arrive(visit, case, photo())):
        assert "not on its way any more" in desk.press(name)
    assert desk.press(came(visit_of(away, their_keys), away, 0), away) == "404"
    assert count_rows(File) == 1


@pytest.mark.parametrize("fault", ["swapped", "gone", "full", "away"])
def test_what_goes_wrong_is_said_and_leaves_nothing(
    told: Told, desk: Desk, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, visit, _ = told
    name = came(visit, case, 0, 1, 2)
    get, kind = type(storage()).get, type(storage())

    def broken(self: Any, of: str, number: int) -> bytes:
        if number == 2:
            if fault == "swapped":
                return seal_chunk(2, b"forged", new_identity().recipient, last=False)
            raise FileNotFoundError if fault == "gone" else OSError
        return bytes(get(self, of, number))

    if fault == "full":
        files = current_app.config["FILES"]
        monkeypatch.setitem(current_app.config, "FILES", type(files)(**{**vars(files), "reserve": 10**18}))
    else:
        monkeypatch.setattr(kind, "get", broken)
    said = {"full": "has no room", "away": "cannot keep this file right now"}.get(fault, "evidence verify")
    assert said in desk.press(name)
    assert (count_rows(File), lying()) == (0, {name})


def test_the_page_asks_as_much_however_many_parts_there_are(told: Told, desk: Desk, statements: list[str]) -> None:
    case, visit, _ = told
    counts = []
    for numbers in ((0,), (1,), (2, 3), (4,)):
        name = came(visit, case, *numbers)
        statements.clear()
        desk.press(name)
        counts.append(len(statements))
        desk.page()
    assert counts[1:] == counts[1:2] * 3
