"""A proxy in front: nothing of a visitor is written down, no body reaches a disk, and slow lines hold up nobody."""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from intake import config
from intake.sealing import new_identity
from intake.supervisor import PLACES, WEB_PROCESSES
from tests.factories import STORY
from tests.servers import programs, tls
from tests.servers.service import LIMIT, Service, complain

DEPLOY = config.ROOT / "deploy"
MARK = "okapi-in-a-body"


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@dataclass(frozen=True)
class Proxy:
    """nginx with our configuration, in a folder of its own."""

    folder: Path
    secure: int
    onion: int
    ca: Path

    def ask(self, method: str, path: str, body: str | None = None, port: int = 0) -> tuple[int, str]:
        """Return status and page, through the public server, or the onion's."""
        line: http.client.HTTPConnection
        if port:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
        else:
            line = http.client.HTTPSConnection("localhost", self.secure, timeout=LIMIT, context=self._trust())
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        line.request(method, path, body, kind)
        answer = line.getresponse()
        page = answer.read().decode()
        line.close()
        return answer.status, page

    @contextmanager
    def slowly(self, path: str, length: int, sent: bytes) -> Iterator[None]:
        """Begin to send a body, and hang."""
        raw = socket.create_connection(("127.0.0.1", self.secure), timeout=LIMIT)
        with self._trust().wrap_socket(raw, server_hostname="localhost") as line:
            head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n"
            line.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + sent)
            yield

    def written(self) -> str:
        """Return all that nginx wrote, into logs and temporary files."""
        return "".join(path.read_text(errors="replace") for path in self.folder.rglob("*") if self._is_its_own(path))

    def holds(self) -> str:
        """Return what lies in files that are open and have no name any more: there nginx puts a body that it spools."""
        found = []
        for open_file in Path("/proc").glob("[0-9]*/fd/*"):
            with suppress(OSError):  # it was closed meanwhile, or is another user's
                if str(open_file.readlink()).startswith(str(self.folder)):
                    found.append(open_file.read_text(errors="replace"))
        return "".join(found)

    def _is_its_own(self, path: Path) -> bool:
        return path.is_file() and path.suffix not in {".conf", ".pem", ".key", ".pid"}

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca)


def configured(folder: Path, service: Service) -> Proxy:
    """Write the configuration as an operator would, for other ports and places."""
    (folder / "tls").mkdir(parents=True)
    files, secure, onion, plain = tls.make(folder / "tls"), free_port(), free_port(), free_port()
    text = (DEPLOY / "nginx" / "intake.conf").read_text()
    for found, instead in {
        "127.0.0.1:8000": f"127.0.0.1:{service.port}",
        "127.0.0.1:8081": f"127.0.0.1:{onion}",
        "listen 443 ssl http2": f"listen 127.0.0.1:{secure} ssl http2",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "/etc/letsencrypt/live/intake.example.org/fullchain.pem": str(files.certificate),
        "/etc/letsencrypt/live/intake.example.org/privkey.pem": str(files.key),
        "/etc/nginx/snippets": str(DEPLOY / "nginx"),
        "intake.example.org desk.example.org": "localhost",
    }.items():
        assert found in text, found
        text = text.replace(found, instead)
    text = re.sub(r"\n    listen \[::\]:.*;", "", text)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "intake.conf").write_text(text)
    user = "user root; " if os.geteuid() == 0 else ""  # this folder is the tester's alone
    (folder / "nginx.conf").write_text(
        f"{user}daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log info;\n"
        f"events {{ worker_connections 4096; }}\n"
        f"http {{ access_log {folder}/access.log; {temporary} include {folder}/intake.conf; }}\n"
    )
    return Proxy(folder, secure, onion, files.ca)


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    """Yield nginx in front of the whole service."""
    nginx = programs.require("nginx")
    service = Service(tmp_path, INTAKE_PUBLIC_URL="https://localhost")
    service.settings["INTAKE_RESCUE_RECIPIENT"] = new_identity().recipient
    made = configured(tmp_path / "nginx", service)
    options = ["-p", made.folder, "-c", made.folder / "nginx.conf", "-e", made.folder / "error.log"]
    command = [str(nginx), *map(str, options)]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    process = None
    try:
        service.start()
        process = subprocess.Popen(command)
        service.until(lambda: _listens(made.onion), "nginx was not up")
        yield made
    finally:
        if process is not None:
            process.terminate()
            process.wait(LIMIT)
        service.clear()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=LIMIT).close()
    except OSError:
        return False
    return True


def test_a_complaint_comes_through_and_nobody_is_written_down(proxy: Proxy) -> None:
    def ask(path: str, form: Mapping[str, str] | None) -> str:
        status, page = proxy.ask("POST" if form else "GET", path, urlencode(form) if form else None)
        assert status == (422 if "One more press" in page else 200)
        return page

    half = urlencode({"country": "KZ", "story": f"{STORY} {MARK}" * 99}).encode()
    with ExitStack() as hanging:
        for _ in range(WEB_PROCESSES * PLACES + 2):  # more than there are threads: they wait in the proxy
            hanging.enter_context(proxy.slowly("/en/", 2 * len(half), half))
        complain(ask, f"{STORY} {MARK}")
        assert MARK not in proxy.written() + proxy.holds()
    assert proxy.ask("GET", "/en/", port=proxy.onion)[0] == 200
    assert proxy.ask("GET", "/healthz", port=proxy.onion)[0] == 404
    assert proxy.ask("POST", "/en/voice", "x" * (7 * 1024**2 + 1))[0] == 413
    assert proxy.ask("POST", "/en/", "x" * (2 * 1024**2))[0] == 413
    assert proxy.ask("GET", "/healthz")[0] == 200
    said = proxy.written()
    for word in ("/en/", "client:", MARK, "GET ", "POST "):
        assert word not in said


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("caddy", ["caddy", "validate", "--adapter", "caddyfile", "--config", "caddy/Caddyfile"]),
        ("tor", ["tor", "--verify-config", "--quiet", "-f", "{torrc}"]),
    ],
)
def test_other_proxies_read_their_files(program: str, command: list[str], tmp_path: Path) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed (apt install {program})")
    torrc = tmp_path / "torrc"
    torrc.write_text((DEPLOY / "tor" / "torrc").read_text().replace("/var/lib/tor", str(tmp_path)))
    quiet = {"HOME": str(tmp_path), "PATH": "/usr/bin:/usr/sbin"}
    words = [word.format(torrc=torrc) for word in command]
    done = subprocess.run(
        words,
        cwd=DEPLOY,
        capture_output=True,
        text=True,
        check=False,
        env=quiet,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_path_of_another_site_is_served_whatever_else_that_site_has(tmp_path: Path) -> None:
    nginx, port = programs.require("nginx"), free_port()
    text = (
        (DEPLOY / "nginx" / "intake-under-a-path.conf")
        .read_text()
        .replace("/etc/nginx/snippets", str(DEPLOY / "nginx"))
    )
    (tmp_path / "path.conf").write_text(text.replace("proxy_pass http://intake;", "return 200 ours;"))
    user = "user root; " if os.geteuid() == 0 else ""
    spooled = " ".join(
        f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"{user}daemon off; pid {tmp_path}/pid; events {{}} http {{ access_log {tmp_path}/access.log; {spooled}"
        f"server {{ listen 127.0.0.1:{port}; location / {{ return 404; }}"
        f"location ~ \\.js$ {{ return 403; }} include {tmp_path}/path.conf; }} }}"
    )
    command = [str(nginx), "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")]
    process = subprocess.Popen(command)
    try:
        while process.poll() is None and not _listens(port):
            time.sleep(0.02)
        assert process.poll() is None, "nginx does not take what is in deploy/"
        at = Proxy(tmp_path, port, port, tmp_path)
        assert at.ask("GET", "/report/en/", port=port) == (200, "ours")
        assert at.ask("GET", "/report/static/recorder.js", port=port) == (200, "ours")
        assert at.ask("GET", "/report/ru/case/files/1", port=port) == (200, "ours")
        assert at.ask("GET", "/report", port=port)[0] == 301
        assert at.ask("GET", "/report/healthz", port=port)[0] == 404
        assert (tmp_path / "access.log").read_text() == ""
        assert at.ask("GET", "/reports", port=port)[0] == 404, "that is theirs"
        assert "/reports" in (tmp_path / "access.log").read_text(), "their log is theirs"
    finally:
        process.terminate()
        process.wait(LIMIT)
