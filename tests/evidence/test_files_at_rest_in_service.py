"""The same with real processes: stopped in the midst of it, or killed, they leave no kilobyte of a file in plain."""

import http.client
import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import current_app

from intake.cases import queries as cases
from intake.desks.setup import FirstAdmin
from intake.evidence import queries as evidence
from intake.evidence import read
from intake.sealing import Identity, new_identity, unseal_identity
from tests.evidence.marked import Marked, held_open, marked, traces
from tests.evidence.sending import photo
from tests.factories import House, come_back, confirm, current_keys, make_case, make_member, sign_in, token_on
from tests.servers.service import LIMIT, Service

pytestmark = pytest.mark.slow
SIZE = 3_000_000  # twelve chunks
BOUNDARY = "----a-boundary-of-this-test"
DESK = "KZ"


@dataclass(frozen=True)
class Browser:
    """Somebody at a page from which files are sent: of a case by its code, or at its desk."""

    service: Service
    path: str
    token: str
    cookies: str

    @contextmanager
    def begin_to(self, method: str, path: str, kind: str, length: int) -> Iterator[http.client.HTTPConnection]:
        """Send all of a request but its body; the line is closed afterwards."""
        line = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=LIMIT)
        line.putrequest(method, path)
        headers = {"Cookie": self.cookies, "X-CSRFToken": self.token, "Content-Type": kind}
        for name, value in (*headers.items(), ("Content-Length", str(length))):
            line.putheader(name, value)
        line.endheaders()
        with closing(line):
            yield line

    def ask(self, path: str, **fields: str) -> dict[str, object]:
        """Return what is answered to the page's script."""
        body = urlencode(fields).encode()
        with self.begin_to("POST", self.path + path, "application/x-www-form-urlencoded", len(body)) as line:
            line.send(body)
            said: dict[str, object] = json.loads(line.getresponse().read())
        return said

    def begin(self, size: int) -> tuple[str, list[list[int]]]:
        """Begin a file, or go on; return its name, and which chunks are there."""
        said = self.ask("/begin", name="wound.jpg", size=str(size), mark="m")
        return str(said["name"]), said["kept"]  # type: ignore[return-value]  # pairs of numbers


@dataclass(frozen=True)
class Scene:
    """A service that runs, a member and a complainant at its pages, and the folders of its files."""

    service: Service
    temporary: Path
    identity: Identity
    desk: Browser
    complainant: Browser
    case_path: str

    def chunks(self) -> int:
        """Return how many files lie where chunks are kept."""
        return sum(path.is_file() for path in (self.service.instance / "evidence").rglob("*"))

    def until_more(self, before: int) -> None:
        """Wait until some of what was sent is kept."""
        self.service.until(lambda: self.chunks() >= before + 3, "nothing was kept")

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop every process of the service for a while, wherever it is."""
        numbers = [process.number for process in self.service.processes()]
        for number in numbers:
            os.kill(number, signal.SIGSTOP)
        try:
            yield
        finally:
            for number in numbers:
                os.kill(number, signal.SIGCONT)

    def look(self, file: Marked) -> None:
        """Look for a file in all folders, and in what the processes have open."""
        assert traces(file, self.service.instance, self.temporary) == []
        assert held_open(file, [process.number for process in self.service.processes()]) == []
        assert not file.is_in(self.service.said().encode())


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Return a service with a member and a complainant at the pages of a case."""
    temporary, rescue = tmp_path / "temporary", new_identity()
    temporary.mkdir()
    service = Service(tmp_path, TMPDIR=str(temporary))
    assert service.flask("init", INTAKE_RESCUE_RECIPIENT=rescue.recipient).returncode == 0
    with service.inside():
        case, _, code = make_case(DESK)
        key = next(key for key in current_keys() if key.desk_id == case.desk_id)
        identity = unseal_identity(key.rescue_copy, rescue)
        house = House(rescue, {DESK: (key.id, identity)}, FirstAdmin("", ""))
        browser = current_app.test_client()
        sign_in(browser, make_member(house, DESK))
        confirm()
        come_back(browser, code)
        paths = f"/desk/cases/{case.reference}/files/add", "/en/case/files"
        tokens = [token_on(browser.get(path).get_data(as_text=True)) for path in paths]
        cookies = "; ".join(f"{one.key}={one.value}" for one in (browser._cookies or {}).values())  # noqa: SLF001 it shows them nowhere else
        desk, complainant = (Browser(service, path, token, cookies) for path, token in zip(paths, tokens, strict=True))
        case_path = f"/desk/cases/{case.reference}"
    service.start()
    yield Scene(service, temporary, identity, desk, complainant, case_path)
    service.clear()


def in_one_form(browser: Browser, content: bytes) -> bytes:
    """Return a form with a file."""
    named = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
    head = f'{named}csrf_token"\r\n\r\n{browser.token}\r\n{named}files"; filename="wound.jpg"\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def send_with_a_stop(scene: Scene, browser: Browser, path: str, kind: str, body: bytes, file: Marked) -> bytes:
    """Send a body; halfway everything stands still, and the file is looked for. Return the answer."""
    before = scene.chunks()
    with browser.begin_to("POST", path, kind, len(body)) as line:
        line.send(body[: len(body) // 2])
        scene.until_more(before)
        with scene.stopped():
            scene.look(file)
        line.send(body[len(body) // 2 :])
        answer = line.getresponse()
        assert answer.status == 200
        return answer.read()


def read_with_a_stop(scene: Scene, method: str, path: str, fields: dict[str, str], file: Marked) -> bytes:
    """Return an answer; everything stands still after its first kilobytes, and the file is looked for."""
    body = urlencode(fields).encode()
    with scene.desk.begin_to(method, path, "application/x-www-form-urlencoded", len(body)) as line:
        line.send(body)
        answer = line.getresponse()
        assert answer.status == 200
        first = answer.read(1000)
        with scene.stopped():
            scene.look(file)
        return first + answer.read()


def test_processes_that_stand_still_hold_no_file_at_rest(scene: Scene) -> None:
    names = []
    for number, browser in enumerate((scene.desk, scene.complainant)):
        file = marked(SIZE, photo(4) + bytes([number]))
        name, _ = browser.begin(SIZE)
        send_with_a_stop(scene, browser, f"{browser.path}/{name}/0", "application/octet-stream", file.content, file)
        assert browser.ask(f"/{name}/finish") == {"done": True}
        names.append((name, file))
        posted = marked(SIZE, photo(4) + bytes([9, number]))
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        send_with_a_stop(scene, browser, browser.path, kind, in_one_form(browser, posted.content), posted)
        scene.look(posted)
    for name, file in names:
        assert read_with_a_stop(scene, "GET", f"{scene.case_path}/files/{name}", {}, file) == file.content
    form = {"csrf_token": scene.desk.token, "audience": "inside", "form": "zip", "originals": "1"}
    file = names[0][1]
    assert file.is_in(read_with_a_stop(scene, "POST", f"{scene.case_path}/export", form, file))
    for _, sent in names:
        scene.look(sent)


def test_processes_that_are_killed_leave_no_file_at_rest_and_it_goes_on(scene: Scene) -> None:
    for number, browser in enumerate((scene.desk, scene.complainant)):
        file = marked(SIZE, photo(4) + bytes([number]))
        posted = marked(SIZE, photo(4) + bytes([9, number]))
        name, _ = browser.begin(SIZE)
        before, form = scene.chunks(), in_one_form(browser, posted.content)
        bodies = {
            f"{browser.path}/{name}/0": ("application/octet-stream", file.content),
            browser.path: (f"multipart/form-data; boundary={BOUNDARY}", form),
        }
        with ExitStack() as lines:
            for path, (kind, body) in bodies.items():
                line = lines.enter_context(browser.begin_to("POST", path, kind, len(body)))
                line.send(body[: len(body) // 2])
            scene.until_more(before + 3)
            for web in scene.service.web()[1]:
                scene.service.kill(web)
            for one in (file, posted):
                scene.look(one)
        scene.service.until(scene.service.answers, "the page did not come back")
        assert browser.begin(SIZE) == (name, []), "what nobody wrote down is sent anew, and harms nothing"
        with browser.begin_to("POST", f"{browser.path}/{name}/0", "application/octet-stream", SIZE) as line:
            line.send(file.content)
            assert json.loads(line.getresponse().read()) == {"done": True}
        assert browser.ask(f"/{name}/finish") == {"done": True}
        for one in (file, posted):
            scene.look(one)
        assert whole(scene, name) == file.content


def whole(scene: Scene, name: str) -> bytes:
    """Return the bytes of a file, as its desk opens them."""
    with scene.service.inside():
        case = cases.by_reference(scene.case_path.rpartition("/")[2])
        assert case is not None
        file = evidence.opened_file(name, case.id, case.reference, lambda _: scene.identity)
        return b"".join(read.plaintext(file))
