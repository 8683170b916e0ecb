"""Not a kilobyte of a file lies anywhere in plain: while it is sent, halfway, afterwards, taken along, or exported."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from intake import config
from intake.cases.models import Case
from intake.extensions import db
from tests.evidence.marked import Marked, held_open, marked, traces
from tests.evidence.sending import photo
from tests.factories import House, come_back, confirm, make_case, make_member, sign_in, token_on

SIZE = 700_000  # three chunks
HEAD = photo(4)


class Halting(io.BytesIO):
    """A body that stops halfway, so that the test looks around while it is on its way."""

    def __init__(self, body: bytes, look: Callable[[], None]) -> None:
        """Look once half of it was read."""
        super().__init__(body)
        self._half, self._look = len(body) // 2, look
        self.looked = 0

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer; look first, once half of it all was read."""
        if self.tell() >= self._half and not self.looked:
            self.looked += 1
            self._look()
        return super().readinto(buffer)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder where whatever makes a temporary file makes it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def nowhere(settings: config.Settings, temporary: Path) -> Callable[[Marked], Callable[[], None]]:
    """Return what makes a look for a file at rest: in all folders, and in files that only this process has open."""

    def of(file: Marked) -> Callable[[], None]:
        def look() -> None:
            assert traces(file, settings.instance, temporary) == []
            assert held_open(file, ["self"]) == []

        return look

    return of


def dumped(file: Marked) -> bool:
    """Return whether a row of the database holds a marker."""
    db.session.rollback()
    tables = [table.name for table in db.metadata.sorted_tables]
    rows = [row for name in tables for row in db.session.execute(text(f'SELECT * FROM "{name}"'))]  # noqa: S608 our own names
    values = [value for row in rows for value in row]
    assert any(isinstance(value, bytes) for value in values), "the dump does hold what is sealed"
    return any(file.is_in(value if isinstance(value, bytes) else str(value).encode()) for value in values)


def send_by(client: FlaskClient, path: str, file: Marked, look: Callable[[], None]) -> str:
    """Send a file by script, a look halfway; return its name."""
    press = {"X-CSRFToken": token_on(client.get(path).get_data(as_text=True))}
    wish = {"name": "wound.jpg", "size": str(SIZE), "mark": "m"}
    begun = client.post(f"{path}/begin", data=wish, headers=press).json
    assert begun
    body = Halting(file.content, look)
    taken = client.post(
        f"{path}/{begun['name']}/0",
        input_stream=body,
        content_length=SIZE,
        content_type="application/octet-stream",
        headers=press,
    )
    assert (taken.json, body.looked) == ({"done": True}, 1)
    look()
    assert client.post(f"{path}/{begun['name']}/finish", headers=press).json == {"done": True}
    return str(begun["name"])


def post_to(client: FlaskClient, path: str, file: Marked, look: Callable[[], None]) -> TestResponse:
    """Send a file with a form, a look halfway; encoded in memory."""
    press = token_on(client.get(path).get_data(as_text=True))
    chosen = FileStorage(io.BytesIO(file.content), "wound.jpg", "files")
    boundary, body = encode_multipart(MultiDict([("csrf_token", press), ("files", chosen)]))
    halting = Halting(body, look)
    kind = f"multipart/form-data; boundary={boundary}"
    answer = client.post(path, input_stream=halting, content_length=len(body), content_type=kind)
    assert halting.looked == 1
    return answer


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    file = marked(SIZE)
    for number, form in enumerate((file.content[5000:7000], file.marker.hex().encode())):
        (tmp_path / str(number)).write_bytes(b"x" * number + form)
    with (tmp_path / "gone").open("wb") as gone:
        gone.write(file.content)
        gone.flush()
        (tmp_path / "gone").unlink()
        assert len(held_open(file, ["self"])) == 1
    assert len(traces(file, tmp_path)) == 2
    assert not marked(SIZE).is_in(file.content)


def test_no_file_lies_in_plain_while_it_comes_and_after(
    client: FlaskClient,
    house: House,
    nowhere: Callable[[Marked], Callable[[], None]],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case, _, code = make_case()
    come_back(client, code)
    sign_in(desk := client.application.test_client(), make_member(house, "KZ"))
    added = f"/desk/cases/{case.reference}/files/add"
    files = [marked(SIZE, HEAD + bytes([number])) for number in range(5)]
    for file, by, path in ((files[0], client, "/en/case/files"), (files[1], desk, added)):
        name = send_by(by, path, file, nowhere(file))
        _taken_along(desk, case, name, file, nowhere(file))
    for file, by, path in ((files[2], client, "/en/case/files"), (files[3], desk, added)):
        assert post_to(by, path, file, nowhere(file)).status_code == 200
    _exported(desk, case, files, lambda: [nowhere(file)() for file in files])
    monkeypatch.setattr("intake.cases.sent_files.receive.save_sent", lambda *_: 1 / 0)
    assert post_to(desk, added, files[4], nowhere(files[4])).status_code == 500
    said = "".join(capfd.readouterr()).encode()
    for file in files:
        nowhere(file)()
        assert not file.is_in(said)
        assert not dumped(file)


def _taken_along(desk: FlaskClient, case: Case, name: str, file: Marked, look: Callable[[], None]) -> None:
    """Download a file, with a look between its first chunk and the others."""
    answer = desk.get(f"/desk/cases/{case.reference}/files/{name}")
    pieces = answer.iter_encoded()
    first = next(pieces)
    look()
    assert first + b"".join(pieces) == file.content


def _exported(desk: FlaskClient, case: Case, files: list[Marked], look: Callable[[], object]) -> None:
    """Take the case along as ZIP, with looks while it is written."""
    path = f"/desk/cases/{case.reference}/export"
    confirm()
    press = token_on(desk.get(path).get_data(as_text=True))
    answer = desk.post(path, data={"csrf_token": press, "audience": "inside", "form": "zip", "originals": "1"})
    assert answer.status_code == 200
    whole = b""
    for number, piece in enumerate(answer.iter_encoded()):
        whole += piece
        if number % 5 == 1:
            look()
    assert whole.startswith(b"PK")
    assert files[0].is_in(whole), "who may take it along does"
