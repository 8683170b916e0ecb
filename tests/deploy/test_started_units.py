"""The units really start: systemd runs them behind their walls, each does its work, and nothing else can be written."""

import http.client
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import pytest

from intake.sealing import new_identity
from tests.deploy.machine import LIMIT, Machine, booted
from tests.factories import STORY
from tests.servers.imap import ImapServer
from tests.servers.service import complain
from tests.servers.smtp import SmtpServer

HOST = "intake.example.org"
MARK = "okapi-behind-walls"
PLACES = ("/var/lib/intake", "/mnt/backup/intake", "/tmp", "/var/tmp", "/opt/intake", "/etc", "/var/lib", "/usr")  # noqa: S108
WRITABLE = {*PLACES[:4]}  # two of which are the unit's alone
PROBE = """[Service]
Type=oneshot
StandardOutput=file:/mnt/backup/intake/{name}
ExecStart={command}
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Yield a machine."""
    with booted(tmp_path) as made:
        yield made


@pytest.fixture
def mail() -> Iterator[SmtpServer]:
    """Yield the mail server that it speaks to."""
    with SmtpServer() as server:
        yield server


@pytest.fixture
def mailbox() -> Iterator[ImapServer]:
    """Yield the mailbox that it reads."""
    with ImapServer() as server:
        yield server


@pytest.mark.slow
def test_every_unit_does_its_work_behind_its_walls(machine: Machine, mail: SmtpServer, mailbox: ImapServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    _install(machine, port, mail, mailbox)
    ask = _asking(port)
    machine.run("systemctl", "start", "intake-serve")
    _until(lambda: _answers(ask), machine)
    reference, _ = complain(ask, f"{STORY} {MARK}")
    _until(lambda: any(reference in letter.message["Subject"] for letter in mail.letters), machine)
    _until(lambda: "backups" in machine.run("ls", "/mnt/backup/intake"), machine)
    _walls_hold(machine)

    # The same work, by a unit for each kind of it.
    machine.run("systemctl", "start", "intake-web", "intake-letters", "intake-mailbox", "intake-backup")
    _until(lambda: _answers(ask), machine)
    assert machine.run("systemctl", "is-active", "intake-serve", check=False).strip() == "inactive"
    mailbox.add(b"From: a@example.org\r\nTo: info@acca.media\r\nSubject: Help\r\nMessage-ID: <1@b>\r\n\r\nHelp us\r\n")
    reference, _ = complain(ask, f"{STORY} {MARK}")
    _until(lambda: any(reference in letter.message["Subject"] for letter in mail.letters), machine)
    _until(lambda: sum("New case" in letter.message["Subject"] for letter in mail.letters) > 2, machine)
    machine.run("systemctl", "start", "intake-alarms")
    for unit in ("web", "letters", "mailbox", "backup"):
        assert machine.run("systemctl", "show", "-p", "NRestarts,Result", f"intake-{unit}").split() == [
            "Result=success",
            "NRestarts=0",
        ]
    assert MARK not in machine.run("journalctl", "--no-pager")


def _install(machine: Machine, port: int, mail: SmtpServer, mailbox: ImapServer) -> None:
    """Do what docs/operate.md says."""
    machine.run("/opt/intake/deploy/install")
    settings = {
        "INTAKE_PUBLIC_URL": f"https://{HOST}",
        "INTAKE_RESCUE_RECIPIENT": new_identity().recipient,
        "INTAKE_MAIL_URL": f"smtp://{mail.host}:{mail.port}",
        "INTAKE_INBOUND_URL": f"imap://{':'.join(mailbox.account)}@127.0.0.1:{mailbox.port}",
        "INTAKE_BACKUP_RECIPIENT": new_identity().recipient,
        "INTAKE_BACKUP_FOLDER": "/mnt/backup/intake",
        "INTAKE_PORT": str(port),
        "INTAKE_CANARY_HOURS": "0",
    }
    machine.write("/etc/intake/intake.env", "".join(f"{name}={value}\n" for name, value in settings.items()))
    machine.run("/opt/intake/deploy/install")
    machine.run("grep", "-q", f"INTAKE_PORT={port}", "/etc/intake/intake.env")  # what was written stays
    machine.run("install", "-d", "-m", "700", "-o", "intake", "-g", "intake", "/mnt/backup/intake")
    assert "first admin" in machine.run("/usr/local/sbin/intake", "init")


def _walls_hold(machine: Machine) -> None:
    """Run what tries the walls as a unit, whose name puts it behind the same."""
    tries = "; ".join(f"(touch {place}/probe) 2>/dev/null && echo {place}" for place in PLACES)
    _probe(machine, "writes", f"/bin/sh -c '{tries}; true'")
    assert set(machine.run("cat", "/mnt/backup/intake/writes").split()) == WRITABLE
    machine.run("test", "!", "-e", f"{PLACES[2]}/probe")
    _probe(machine, "doctor", "-/opt/intake/.venv/bin/flask --app wsgi doctor")
    said = machine.run("cat", "/mnt/backup/intake/doctor")
    assert "ok     The worker lives" in said
    assert "ok     Files can be looked at in safety" in said, said
    _probe(machine, "status", "/bin/grep -E ^(NoNewPrivs|CapBnd): /proc/self/status")
    assert machine.run("cat", "/mnt/backup/intake/status").split() == ["CapBnd:", "0" * 16, "NoNewPrivs:", "1"]


def _probe(machine: Machine, name: str, command: str) -> None:
    machine.write(f"/etc/systemd/system/intake-{name}.service", PROBE.format(name=name, command=command))
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", f"intake-{name}")


def _asking(port: int) -> Callable[[str, Mapping[str, str] | None], str]:
    """Return what asks for a page as the proxy does."""

    def ask(path: str, form: Mapping[str, str] | None) -> str:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        line.request("POST" if form else "GET", path, urlencode(form) if form else None, {"Host": HOST, **kind})
        answer = line.getresponse()
        page = answer.read().decode()
        line.close()
        assert answer.status in {200, 422}, answer.status
        return page

    return ask


def _answers(ask: Callable[[str, Mapping[str, str] | None], str]) -> bool:
    try:
        return bool(ask("/en/", None))
    except OSError:
        return False


def _until(holds: Callable[[], bool], machine: Machine) -> None:
    deadline = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < deadline, machine.run("journalctl", "--no-pager", "-n", "40")
        time.sleep(0.2)
