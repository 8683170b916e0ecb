"""`make run` from a stranger's chair: real processes, started, killed, stopped, started again; the commands beside."""

import json
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from intake import config
from intake.app import create_app
from intake.cases import conversation
from intake.cases.models import Case
from intake.cases.visits import Visit
from intake.desks import invitations, queries
from intake.desks.models import House
from intake.extensions import db, settle
from intake.members.models import EDITOR, Member
from intake.outbox.models import Letter
from intake.sealing import Identity, new_identity, read_identity
from tests.factories import STORY, count_rows, current_keys, make_case, make_recording, sign_in, sound
from tests.servers import programs
from tests.servers.service import LIMIT, Service, complain

ON_A_TERMINAL = (
    sys.executable,
    "-c",
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))",
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database: the whole service runs on the second one with ``make test-all``."""
    return str(request.param)


@pytest.fixture
def settings_of_database(database: str, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Return what an operator sets for an empty database: nothing, if it is the one that comes along."""
    if database == "sqlite":
        yield {}
        return
    server, name = request.getfixturevalue("postgres"), f"service_{uuid4().hex}"
    server.create(name)
    yield {"INTAKE_DATABASE_URL": server.url(name)}
    server.drop(name)


@pytest.fixture
def service(settings_of_database: dict[str, str], tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path, **settings_of_database)
    yield service
    service.clear()


@pytest.fixture
def never_begun(tmp_path: Path) -> Service:
    """Return a service that gives up before it asks a database."""
    return Service(tmp_path)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _chunks(age: Path, folder: Path, identity: bytes) -> Iterator[bytes]:
    """Yield what the age program opens of a recording's chunks, without the line that says their place."""
    (folder / "file-identity").write_bytes(identity)
    for number in range(2):
        (chunk,) = (folder / "export").glob(f"*-recording-1-chunk-{number}.age")
        command = [str(age), "-d", "-i", str(folder / "file-identity"), str(chunk)]
        plain = subprocess.run(command, capture_output=True, check=True, timeout=LIMIT).stdout
        yield plain.partition(b"\n")[2]


def _one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """Return the sentence with which a command gave up."""
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stdout + done.stderr
    return done.stderr


def test_a_start_without_a_terminal_keeps_its_secrets_and_the_next_start_finds_everything(
    service: Service, database: str
) -> None:
    service.start()
    _keeps_its_secrets_in_private_files(service, database)
    (reference, code), (owed, _) = _takes_complaints(service), complain(service.ask)
    kept = {name: (service.instance / name).read_text() for name in ("secret-key", "first-admin")}
    service.stop()
    assert service.processes() == [], "Ctrl-C stopped all of it"
    service.start()
    assert reference in service.ask("/en/case", {"code": code})
    assert {name: (service.instance / name).read_text() for name in kept} == kept
    service.until(lambda: f"New case {owed}" in {letter["Subject"] for letter in service.letters()}, "no letter came")
    service.stop(signal.SIGTERM)
    assert service.processes() == []


def _keeps_its_secrets_in_private_files(service: Service, database: str) -> None:
    here = f"http://127.0.0.1:{service.port}"
    lines = [line.split() for line in service.said().splitlines()]
    assert ["Complaint", "page:", f"{here}/"] in lines
    assert ["Desk:", f"{here}/desk/"] in lines
    assert ["Letters", "go", "to:", str(service.instance / "letters")] in lines
    for name in ("secret-key", "first-admin", "rescue-identity.txt", *(["intake.sqlite3"] * (database == "sqlite"))):
        assert _mode(service.instance / name) == 0o600, name
        assert str(service.instance / name) in service.said() or name in {"secret-key", "intake.sqlite3"}
    assert _mode(service.instance / "letters") == 0o700
    assert "AGE-SECRET-KEY" not in service.said()
    link, invitation_code = (service.instance / "first-admin").read_text().split()
    assert link.startswith(f"{here}/desk/")
    assert service.request(urlsplit(link).path)[0] == 200
    assert invitation_code not in service.said()


def _takes_complaints(service: Service) -> tuple[str, str]:
    """Send a complaint; return its reference and code, of which nothing that the service says tells."""
    reference, code = complain(service.ask)
    service.until(service.letters, "no letter came")
    (letter,) = service.letters()
    assert (letter["To"], letter["Subject"]) == ("info@acca.media", f"New case {reference}")
    assert f"http://127.0.0.1:{service.port}/desk/cases/{reference}" in letter.get_content()
    assert reference in service.ask("/en/case", {"code": code})
    for asked in ("GET /okapi-word HTTP/1.1\r\nHost: okapi-word\r\nConnection: close\r\n\r\n", "okapi-word\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", service.port), LIMIT) as line:
            line.sendall(asked.encode())
            assert line.recv(1)
    assert "okapi-word" not in service.said()
    assert reference not in service.said()
    return reference, code


def test_whoever_is_killed_is_started_again_and_nobody_outlives_who_made_them(service: Service) -> None:
    parent = service.start()
    (worker,) = service.outbox()
    service.kill(worker)
    service.until(lambda: service.outbox() not in ([], [worker]), "the worker stayed dead")
    service.until(lambda: len(service.web()[1]) == 2, "there are not two web processes")
    (server,), (victim, other) = service.web()
    service.kill(victim)
    service.until(lambda: len(service.web()[1]) == 2 and victim not in service.web()[1], "a web process stayed dead")
    assert service.web()[0] == [server], "the others serve on meanwhile"
    orphans = service.web()[1]
    assert other in orphans
    service.kill(server)
    service.until(lambda: service.web()[0] not in ([], [server]) and service.answers(), "the web server stayed dead")
    service.until(lambda: not {*orphans} & {*service.web()[1]}, "its processes serve on, and nobody stops them")
    complain(service.ask)
    service.until(service.letters, "no letter came")
    service.kill(parent.pid)
    service.until(lambda: service.processes() == [], "its children stayed")


def test_on_a_terminal_the_secrets_are_shown_and_not_written(service: Service) -> None:
    terminal = service.launch(*ON_A_TERMINAL)
    shown = read_identity(re.findall(r"AGE-SECRET-KEY-1[0-9A-Z]+", service.said())[0])
    link, code = _invitation_in(service.said())
    assert not (service.instance / "rescue-identity.txt").exists()
    assert not (service.instance / "first-admin").exists()
    assert not any(shown.text.encode() in path.read_bytes() for path in service.instance.rglob("*") if path.is_file())
    service.until(service.answers, "the page did not answer")
    assert terminal.stdin is not None
    terminal.stdin.write(b"\x03")
    terminal.stdin.flush()
    assert terminal.wait(LIMIT) == 0
    assert service.processes() == []
    with service.inside():
        assert db.session.get_one(House, 1).rescue_recipient == shown.recipient
    _opens_every_desk(service, link, code)


def test_a_port_that_another_program_has_stops_the_start(never_begun: Service) -> None:
    with socket.create_server(("127.0.0.1", never_begun.port)):
        sentence = _one_sentence(never_begun.flask("serve"))
    assert f"INTAKE_PORT is {never_begun.port}" in sentence
    assert "another program has it" in sentence
    assert not (never_begun.instance / "first-admin").exists()


def test_a_public_start_without_a_terminal_wants_a_rescue_recipient(service: Service) -> None:
    public = partial(service.flask, INTAKE_PUBLIC_URL="https://example.org")
    sentence = _one_sentence(public("serve"))
    assert "INTAKE_PUBLIC_URL is set" in sentence
    assert "INTAKE_RESCUE_RECIPIENT" in sentence
    rescue = new_identity()
    assert public("init", INTAKE_RESCUE_RECIPIENT=rescue.recipient).returncode == 0
    assert not (service.instance / "rescue-identity.txt").exists()
    link, code = (service.instance / "first-admin").read_text().split()
    assert link.startswith("https://example.org/desk/")
    _opens_every_desk(service, link, code)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INTAKE_PORT", "abc"),
        pytest.param("INTAKE_PORT", "99999", marks=pytest.mark.slow),
        ("INTAKE_MAIL_URL", "foo"),
        pytest.param("INTAKE_MAIL_URL", "file:///dev/null/letters", marks=pytest.mark.slow),
        pytest.param("INTAKE_MAILURL", "smtp://127.0.0.1", marks=pytest.mark.slow),
        ("INTAKE_PUBLIC_URL", "http://example.org"),
        pytest.param("INTAKE_SECRET_KEY", "short", marks=pytest.mark.slow),
        pytest.param("INTAKE_RESCUE_RECIPIENT", "age1short", marks=pytest.mark.slow),
        ("INTAKE_RESCUE_RECIPIENT", f"age1{58 * 'q'}"),
        pytest.param("INTAKE_DATABASE_URL", "mysql://127.0.0.1/intake", marks=pytest.mark.slow),
        pytest.param("INTAKE_DATABASE_URL", "postgresql://127.0.0.1:port/intake", marks=pytest.mark.slow),
        ("INTAKE_DATABASE_URL", "postgresql://127.0.0.1:1/intake"),
        ("INTAKE_DATABASE_URL", "sqlite:////dev/null/intake.sqlite3"),
        ("INTAKE_INSTANCE", "/dev/null/instance"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence_that_names_it(
    never_begun: Service, name: str, value: str
) -> None:
    assert re.search(rf"\b{name}\b", _one_sentence(never_begun.flask("serve", **{name: value})))


@pytest.mark.parametrize("name", ["INTAKE_MAIL_URL", "INTAKE_DATABASE_URL"])
@pytest.mark.parametrize("sign", ["/", *(pytest.param(sign, marks=pytest.mark.slow) for sign in "#?")])
def test_an_address_that_cannot_be_read_does_not_show_its_password(never_begun: Service, name: str, sign: str) -> None:
    scheme = "smtp" if "MAIL" in name else "postgresql"
    sentence = _one_sentence(never_begun.flask("init", **{name: f"{scheme}://intake:hunter{sign}2@127.0.0.1"}))
    assert name in sentence
    assert "hunter" not in sentence


def test_a_mistyped_setting_is_told_the_right_one(never_begun: Service) -> None:
    assert "did you mean INTAKE_MAIL_URL?" in _one_sentence(never_begun.flask("init", INTAKE_MAILURL="x"))


def test_a_second_start_makes_nothing_anew_and_minds_the_rescue_identity_until_it_is_gone(service: Service) -> None:
    assert service.flask("init").returncode == 0
    kept = {path.name: path.read_bytes() for path in service.instance.glob("[fsr]*")}
    assert set(kept) == {"first-admin", "secret-key", "rescue-identity.txt"}
    rescue = service.instance / "rescue-identity.txt"
    assert str(rescue) in service.flask("init").stdout
    assert str(rescue) in _one_sentence(service.flask("serve", INTAKE_PUBLIC_URL="https://example.org"))
    other = new_identity().recipient
    assert "INTAKE_RESCUE_RECIPIENT" in _one_sentence(service.flask("serve", INTAKE_RESCUE_RECIPIENT=other))
    assert {path.name: path.read_bytes() for path in service.instance.glob("[fsr]*")} == kept
    rescue.unlink()
    done = service.flask("init", INTAKE_PUBLIC_URL="https://example.org")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_rescue_identity_invites_a_first_admin_anew_and_no_other_does(service: Service) -> None:
    assert service.flask("init").returncode == 0
    first = (service.instance / "first-admin").read_text()
    rescue = service.instance / "rescue-identity.txt"
    wrong = partial(service.flask, "desks", "rescue", "--identity-file", "-")
    assert "this is not the rescue identity of this instance" in _one_sentence(wrong(words=new_identity().text))
    assert "AGE-SECRET-KEY-1" in _one_sentence(wrong(words="nonsense"))
    assert (service.instance / "first-admin").read_text() == first
    done = service.flask("desks", "rescue", "--identity-file", str(rescue))
    assert (done.returncode, done.stderr) == (0, "")
    link, code = _invitation_in(done.stdout)
    assert link not in first
    assert code not in first
    assert not (service.instance / "first-admin").exists(), "it told of another invitation"
    _opens_every_desk(service, link, code)


def _invitation_in(said: str) -> tuple[str, str]:
    """Return link and code of the first admin's invitation, as a terminal shows them."""
    found = re.search(
        r"^ *(http://\S+/desk/\S+)\s+with the code\s+((?:[0-9A-Z]{5}-){3}[0-9A-Z]{5})\s", said, re.MULTILINE
    )
    assert found, said
    return found[1], found[2]


def _opens_every_desk(service: Service, link: str, code: str) -> None:
    with service.inside():
        invitation = queries.invitation(link.rpartition("/")[2])
        assert invitation is not None
        invitations.open_code(invitation, code)
        assert {key.desk_key_id for key in queries.invitation_keys(invitation.id)} == {key.id for key in current_keys()}


def test_a_demonstration_fills_a_trial_and_keeps_away_from_real_mail_and_real_cases(service: Service) -> None:
    first = service.flask("demo", "--cases", "30")
    assert first.returncode == 0, first.stderr
    assert not (service.instance / "first-admin").exists()
    (password,) = re.findall(r"^Password of them all: (\S+)$", first.stdout, re.MULTILINE)
    with service.inside():
        assert count_rows(Case) == 30
        letters = db.session.scalars(select(Letter)).all()
        written = [letter for letter in letters if letter.delivered_at and letter.gathered_in_id is None]
        assert len(service.letters()) == len(written)
        assert len(letters) > 30
        members = db.session.scalars(select(Member)).all()
        assert {line.split()[0] for line in first.stdout.splitlines() if "@" in line} == {
            member.address for member in members
        }
        app = create_app(config.load(service.settings))
        editor = next(member for member in members if member.role == EDITOR)
        browser = app.test_client()
        (secret,) = re.findall(r"^Secret of their one-time codes, for an app: (\S+)$", first.stdout, re.MULTILINE)
        digits = service.flask("demo", "--digits", secret).stdout.strip()
        assert sign_in(browser, editor, password, code=digits).status_code == 302
        newest = db.session.scalars(select(Case).order_by(Case.id.desc())).first()
        assert newest is not None
        assert browser.get(f"/desk/cases/{newest.reference}").status_code == 200
    again = service.flask("demo", "--cases", "5", "--seed", "2")
    assert (again.returncode, "Password" in again.stdout) == (0, False)
    sentence = _one_sentence(service.flask("demo", "--cases", "5", INTAKE_MAIL_URL="smtp://mail.example.org"))
    assert "smtp://mail.example.org:25" in sentence
    assert "INTAKE_MAIL_URL" in sentence
    public = service.flask("demo", "--cases", "5", INTAKE_PUBLIC_URL="https://example.org")
    assert "INTAKE_PUBLIC_URL" in _one_sentence(public)
    with service.inside():
        make_case()
    assert "There are real cases here" in _one_sentence(service.flask("demo", "--cases", "5"))
    with service.inside():
        assert db.session.scalar(select(func.count()).select_from(Case)) == 36


def test_a_demonstration_ends_the_invitation_that_waited_for_a_first_admin(service: Service) -> None:
    assert service.flask("init").returncode == 0
    link, _ = (service.instance / "first-admin").read_text().split()
    assert service.flask("demo", "--cases", "1").returncode == 0
    assert not (service.instance / "first-admin").exists()
    with service.inside():
        assert queries.invitation(link.rpartition("/")[2]) is None


def test_the_age_program_opens_a_case_without_a_line_of_our_code(service: Service, tmp_path: Path) -> None:
    age = programs.require("age")
    assert service.flask("init").returncode == 0
    with service.inside():
        recording = make_recording(sound(300_000))
        case, keys, _ = make_case(country="TJ", story=f"Ӯ {STORY}", recording=recording)
        reference, visit = case.reference, Visit(case, keys.identity, keys.digest_key, "")
        message = conversation.Words("Anything new?", "once")
        settle(lambda: conversation.seal_message(visit, case, message), conversation.write)
    done = service.flask("cases", "export", reference.lower(), str(tmp_path / "export"))
    places = {"RESCUE": str(service.instance / "rescue-identity.txt"), "DESK": str(tmp_path / "desk-identity")}
    opened: list[bytes] = []
    for command in done.stdout.splitlines():
        line = re.sub(r"(RESCUE|DESK)-IDENTITY", lambda found: places[found[1]], command.replace("age ", f"{age} ", 1))
        opened.append(subprocess.run(["sh", "-c", line], capture_output=True, check=True, timeout=LIMIT).stdout)
    _, told, said, identity = opened
    words = json.loads(told)
    assert json.loads(said)["text"] == "Anything new?"
    assert b"".join(_chunks(age, tmp_path, identity)) == sound(300_000)
    assert (words["story"], words["reference"]) == (f"Ӯ {STORY}", reference)
    assert isinstance(read_identity(Path(places["DESK"]).read_text()), Identity)
    assert {_mode(path) for path in (tmp_path / "export").iterdir()} == {0o600}
    assert "There is no case XX-1" in _one_sentence(service.flask("cases", "export", "XX-1", str(tmp_path / "none")))
