"""Members add files to a case, for the desk alone; whoever is out in the midst of it is told so."""

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from intake.audit import AuditEntry
from intake.cases import renewal, return_code
from intake.cases.models import Case
from intake.desks import seats, setup
from intake.evidence import queries as evidence
from intake.evidence import read, uploads
from intake.evidence.models import Chunk, File, Upload
from intake.evidence.place import storage
from intake.extensions import db, settle, transaction
from intake.i18n import now
from intake.members.models import Member
from intake.sealing import CodeKeys, SealError, code_keys
from intake.web.uploads import CHUNK
from tests.cases import working
from tests.cases.rotating import rotate
from tests.evidence.sending import arrive, begin, photo, visit_of
from tests.factories import House, come_back, count_rows, make_case, make_member, sign_in, token_on

PAPER = photo(2 * CHUNK + 321)  # three chunks
HOSTILE = "../..\\x/\u202egnp.\u2066exe\x07" + "q" * 300


class Desk:
    """A member at the page where files are added, and what its script does."""

    def __init__(self, client: FlaskClient, member: Member, case: Case) -> None:
        """Sign in, and open the page."""
        assert sign_in(client, member).status_code == 302
        self.client, self.member, self.case = client, member, case
        self.path = f"/desk/cases/{case.reference}/files/add"
        self.token = token_on(self.page())

    def page(self) -> str:
        return self.client.get(self.path).get_data(as_text=True)

    def case_page(self) -> str:
        return self.client.get(f"/desk/cases/{self.case.reference}").get_data(as_text=True)

    def post(self, path: str, data: Any = None, **more: Any) -> TestResponse:
        return self.client.post(f"{self.path}{path}", data=data, headers={"X-CSRFToken": self.token}, **more)

    def begin(self, content: bytes, name: str = "court.jpg", **changes: Any) -> TestResponse:
        return self.post("/begin", {"name": name, "size": str(len(content)), "mark": "m", **changes})

    def take(self, name: str, first: int, body: bytes, **more: Any) -> TestResponse:
        return self.post(f"/{name}/{first}", body, content_type="application/octet-stream", **more)

    def send(self, content: bytes, name: str = "court.jpg") -> str:
        begun = self.begin(content, name).json
        assert begun
        assert self.take(begun["name"], 0, content).status_code == 200
        assert self.post(f"/{begun['name']}/finish").json == {"done": True}
        return str(begun["name"])

    def bring(self, *files: tuple[str, bytes], token: str | None = None) -> TestResponse:
        """Send the form without a script, encoded in memory."""
        fields: MultiDict[str, Any] = MultiDict({"csrf_token": self.token if token is None else token})
        for name, content in files:
            fields.add("files", FileStorage(io.BytesIO(content), name, "files"))
        boundary, body = encode_multipart(fields)
        return self.client.post(self.path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


Told = tuple[Case, CodeKeys, str]


@pytest.fixture
def told(house: House) -> Told:
    """Return a case, what its code opens, and the code."""
    return make_case()


@pytest.fixture
def desk(client: FlaskClient, house: House, told: Told) -> Desk:
    """Return a member of the case's desk at the page."""
    return Desk(client, make_member(house, "KZ", name="Zarina"), told[0])


def another(desk: Desk, house: House, *desks: str, name: str = "Daniyar") -> Desk:
    """Return another member at the same page, in a browser of their own."""
    return Desk(desk.client.application.test_client(), make_member(house, *desks, name=name), desk.case)


def kept(house: House, case: Case) -> list[bytes]:
    """Return the bytes of a case's files, as its desk opens them."""
    db.session.rollback()
    opens = dict(house.keys.values())
    found = evidence.opened_files(case.id, case.reference, lambda key_id: opens[key_id])
    return [b"".join(read.plaintext(file)) for file in found]


def opens_nothing(case: Case, keys: CodeKeys) -> bool:
    """Return whether a code does not open the only file of a case."""
    db.session.rollback()
    with pytest.raises(SealError):
        evidence.opened_files(case.id, case.reference, lambda _: keys.identity)
    return True


def test_what_a_member_adds_is_kept_as_it_is_with_their_name(house: House, told: Told, desk: Desk) -> None:
    case = told[0]
    name = desk.send(PAPER)
    assert kept(house, case) == [PAPER]
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "evidence.received")).one()
    assert (entry.member_id, entry.case_id, entry.detail["file"]) == (desk.member.id, case.id, name)
    assert desk.client.get(f"/desk/cases/{case.reference}/files/{name}").data == PAPER
    page = another(desk, house, "KZ").page()
    assert "court.jpg" in page
    assert "Zarina" in page
    assert f'id="{name}"' in desk.case_page()


def test_no_code_ever_opens_what_members_add(client: FlaskClient, house: House, told: Told, desk: Desk) -> None:
    case, keys, _ = told
    desk.send(PAPER)
    assert opens_nothing(case, keys)
    digits = return_code.mint()
    new = code_keys(digits, setup.code_salt())
    identity = house.identity("KZ")
    settle(lambda: renewal.seal_anew(case, lambda _: identity, new), renewal.renew)
    assert opens_nothing(case, new)
    rotate(house.visitors[desk.member.id])
    assert opens_nothing(case, new)
    begin(house.visitors[desk.member.id], case, photo(seed=2), "more.jpg")
    complainant = client.application.test_client()
    page, answer = come_back(complainant, digits), complainant.get("/en/case/files")
    assert answer.status_code == 200
    for shown in (page, answer.get_data(as_text=True)):
        assert "court.jpg" not in shown
        assert "more.jpg" not in shown


def test_a_form_brings_files_and_one_that_is_refused_costs_no_other(house: House, told: Told, desk: Desk) -> None:
    answer = desk.bring(("one.jpg", PAPER), ("empty.jpg", b""), (HOSTILE, photo(seed=3)))
    assert answer.status_code == 200
    assert kept(house, told[0]) == [PAPER, photo(seed=3)]
    page = answer.get_data(as_text=True)
    assert "it has no bytes" in page
    assert not [part for part in ("\u202e", "\u2066", "\x07", "q" * 201) if part in page]
    assert desk.bring().status_code == 422
    assert desk.bring(("one.jpg", PAPER)).status_code == 200, "it was here already"
    assert count_rows(File) == 2


@pytest.mark.parametrize("token", ["", "forged"])
def test_a_form_that_is_not_ours_leaves_nothing(desk: Desk, token: str) -> None:
    assert desk.bring(("one.jpg", PAPER), token=token).status_code == 400
    assert (count_rows(File), count_rows(Chunk)) == (0, 0)
    assert not list(storage().older_than(now().replace(year=2100)))


def test_whoever_is_not_signed_in_is_asked_to_before_the_form_is_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.client.delete_cookie("member")
    body = io.BytesIO(b"x" * 100)
    answer = desk.client.post(
        desk.path, input_stream=body, content_length=100, content_type="multipart/form-data; boundary=b"
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/desk/sign-in?next={desk.path}")
    assert body.tell() == 0


def test_a_film_of_two_gigabytes_is_let_in_and_more_is_refused_before_it_is_sent(desk: Desk) -> None:
    assert desk.begin(b"", size=str(2048 * 1024**2)).status_code == 200
    answer = desk.begin(b"", size=str(2048 * 1024**2 + 1))
    assert answer.status_code == 422
    assert answer.json
    assert "2048 MB" in answer.json["said"]
    assert count_rows(Upload) == 1


def test_a_request_may_be_full_to_the_brim(desk: Desk) -> None:
    whole = photo(5 * 1024**2)
    begun = desk.begin(whole).json
    assert begun
    answer = desk.take(begun["name"], 0, whole[: 4 * 1024**2], environ_overrides={"wsgi.input_terminated": True})
    assert answer.json == {"kept": [0, 16]}, "granian says that a body ends by itself"


def test_the_desk_sees_what_is_under_way_and_a_colleague_goes_on(house: House, told: Told, desk: Desk) -> None:
    case, keys, _ = told
    begun = desk.begin(PAPER, "half.jpg").json
    assert begun
    desk.take(begun["name"], 0, PAPER[:CHUNK])
    begin(visit_of(case, keys), case, photo(), "wound.jpg")
    colleague = another(desk, house, "KZ")
    page = colleague.case_page()
    told_of = [page.index(part) for part in ("half.jpg", "256 kB of it are here", "Zarina</p>", "wound.jpg")]
    assert told_of == sorted(told_of)
    assert "the complainant</p>" in page
    page = colleague.page()
    assert f'id="u{begun["name"]}"' in page
    assert "wound.jpg" not in page, "nobody sends in the complainant's name"
    assert colleague.begin(PAPER, "half.jpg").json == {**begun, "kept": [[0, 1]]}
    assert colleague.take(begun["name"], 1, PAPER[CHUNK:]).status_code == 200
    assert colleague.post(f"/{begun['name']}/finish").json == {"done": True}
    assert kept(house, case) == [PAPER]
    assert "half.jpg" not in colleague.case_page().partition('id="underway"')[2].partition("</section>")[0]


def test_an_unfinished_file_of_the_desk_is_removed_and_no_other(house: House, told: Told, desk: Desk) -> None:
    case, keys, _ = told
    begun, theirs = desk.begin(PAPER).json, begin(visit_of(case, keys), case, photo())
    assert begun
    desk.take(begun["name"], 0, PAPER[:CHUNK])
    colleague = another(desk, house, "KZ")
    for name in (begun["name"], begun["name"], theirs.name, "0" * 32):
        assert colleague.post(f"/{name}/drop").status_code == 302
    db.session.rollback()
    assert db.session.scalars(select(Upload.name)).all() == [theirs.name]
    assert not list(storage().older_than(now().replace(year=2100)))
    for path in (f"/{theirs.name}/0", f"/{theirs.name}/finish"):
        assert colleague.post(path, b"x", content_type="application/octet-stream").status_code == 404


def lock(desk: Desk, house: House) -> None:
    """Lock the member out."""
    with transaction():
        db.session.execute(update(Member).where(Member.id == desk.member.id).values(locked_at=now()))


def unseat(desk: Desk, house: House) -> None:
    """Take the member's seat away."""
    with transaction():
        seats.unseat(desk.member.id, desk.case.desk_id, desk.member.id)


def move(desk: Desk, house: House) -> None:
    """Move the case to a desk where the member is not."""
    working.move(house.visitors[make_member(house, "KZ").id], desk.case)


@pytest.mark.parametrize(("out", "status"), [(lock, 401), (unseat, 404), (move, 404)])
def test_whoever_is_out_in_the_midst_sends_no_further_chunk(house: House, desk: Desk, out: Any, status: int) -> None:
    begun = desk.begin(PAPER).json
    assert begun
    assert desk.take(begun["name"], 0, PAPER[:CHUNK]).json == {"kept": [0, 1]}
    out(desk, house)
    for answer in (
        desk.take(begun["name"], 1, PAPER[CHUNK:]),
        desk.post(f"/{begun['name']}/finish"),
        desk.begin(PAPER),
    ):
        assert answer.status_code == status
        assert answer.json
        assert answer.json["said"], "the page can show why"
    assert uploads.kept(begun["name"]) == [(0, 1)]
    assert count_rows(File) == 0


def test_a_case_that_moves_takes_along_what_is_under_way(house: House, desk: Desk) -> None:
    begun = desk.begin(PAPER).json
    assert begun
    desk.take(begun["name"], 0, PAPER[:CHUNK])
    move(desk, house)
    there = another(desk, house, "KG")
    assert there.begin(PAPER).json == {**begun, "kept": [[0, 1]]}
    there.take(begun["name"], 1, PAPER[CHUNK:])
    assert there.post(f"/{begun['name']}/finish").json == {"done": True}
    assert kept(house, desk.case) == [PAPER]


def test_the_page_asks_as_much_however_many_files_there_are(house: House, desk: Desk, statements: list[str]) -> None:
    visitor = house.visitors[desk.member.id]

    def counted() -> tuple[int, int]:
        counts = []
        for show in (desk.page, desk.case_page):
            statements.clear()
            show()
            counts.append(len(statements))
        return counts[0], counts[1]

    arrive(visitor, desk.case, photo(), "0.jpg")
    begin(visitor, desk.case, photo(), "1.jpg")
    desk.case_page()
    few = counted()
    for number in range(2, 6):
        begin(visitor, desk.case, photo(seed=number), f"{number}.jpg")
        arrive(visitor, desk.case, photo(seed=number), f"{number}0.jpg")
    desk.case_page()
    assert counted() == few
