"""The doctor says what is wrong and what to do, looks without sending, and names no secret."""

import ssl
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert, text, update
from sqlalchemy.exc import OperationalError

from intake import config, post_settings
from intake.audit import AuditEntry
from intake.backup import runs as backups
from intake.backup_settings import BackupSettings
from intake.cases.models import Case
from intake.desks import rescue_file
from intake.doctor import house as doctors_house
from intake.evidence import box
from intake.extensions import db, table, transaction
from intake.file_settings import Scanner
from intake.i18n import now
from intake.members.models import EDITOR, Member
from intake.outbox import alarms, postmaster, second_way
from intake.outbox.models import Attempt, Letter
from intake.sealing import new_identity
from intake.web import headers
from tests.factories import House, letters, make_case, make_member
from tests.servers import tls
from tests.servers.clamd import Clamd
from tests.servers.hook import Hook
from tests.servers.smtp import SmtpServer


@pytest.fixture
def well(app: Flask, house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    """Return the mail server of an instance that is well."""
    monkeypatch.setattr(box, "ill", lambda: "")  # whatever this machine can
    monkeypatch.setattr(doctors_house, "_is_unsynchronised", lambda: False)
    for path in (app.config["INSTANCE"], *app.config["INSTANCE"].glob("*")):
        path.chmod(path.stat().st_mode & 0o700)
    make_member(house, *house.keys, name="Aigerim", role=EDITOR)
    with SmtpServer(require_auth=("intake", "okapi-word")) as server, Hook() as hook:
        mail = config.load({"INTAKE_MAIL_URL": f"smtp://intake:okapi-word@{server.host}:{server.port}"}).mail
        way = config.load({"INTAKE_ALARM_URL": f"{hook.url}/zebra-token"}).second_way
        onion = "http://abcdef.onion"  # which is not to be reached from here
        settings = replace(app.config["SETTINGS"], mail=mail, trial=False, public_url=onion, desk_url=onion)
        app.config.update(SETTINGS=settings, MAIL=mail, SECOND_WAY=way)
        known = app.extensions["mail"]
        known.server, known.port, known.username, known.password = mail.host, mail.port, mail.user, mail.password
        app.config["BACKUPS"] = BackupSettings(new_identity().recipient, app.config["INSTANCE"] / "none", None, 24, 14)
        with transaction():
            postmaster.started(now())
            backups.begin("good", now())
            backups.end("good", now(), backups.GOOD, 0)
            backups.note_tried("good", now())
        yield server
        assert (server.letters, hook.taken) == ([], []), "it looks, and sends nothing"


def examine(app: Flask) -> tuple[int, list[str]]:
    """Ask the doctor; return how it ended, and what was wrong."""
    db.session.rollback()
    done = app.test_cli_runner().invoke(args=["doctor"])
    lines = done.output.splitlines()
    assert all(line.startswith(("ok     ", "WRONG  ")) for line in lines), done.output
    for secret in ("okapi-word", "zebra-token"):
        assert secret not in done.output
    return done.exit_code, [line.removeprefix("WRONG  ") for line in lines if line.startswith("WRONG")]


def test_an_instance_that_is_well_is_said_to_be(app: Flask, well: SmtpServer) -> None:
    assert examine(app) == (0, [])


def test_each_ill_is_said_with_what_to_do(app: Flask, house: House, well: SmtpServer) -> None:
    member = make_member(house, "KZ", name="Zarina", address="zarina@example.org")
    make_case("KZ")
    (mine,) = (letter for letter in letters() if letter.member_id == member.id)
    answer = f"4.2.2 {mine.address} full"
    row = {"letter_id": mine.id, "at": now(), "accepted": False, "smtp_code": 452, "answer": answer}
    with transaction():
        db.session.execute(insert(table(Attempt)), [row])
        db.session.execute(update(Letter).where(Letter.id == mine.id).values(failures=1))
        db.session.execute(update(Letter).values(due_at=now() - timedelta(minutes=6)))
        alarms.raised(alarms.ADDRESS_BOUNCES, now(), str(member.id))
        alarms.raised(alarms.ADDRESS_BOUNCES, now(), alarms.NEWSROOM)
        postmaster.note("beat_at", now() - timedelta(hours=1))
    well.require_auth = ("intake", "another")
    app.config["SECOND_WAY"] = None
    rescue_file.path().write_text("")
    code, wrong = examine(app)
    assert code == 1
    for words, said in zip(
        (
            "gives no sign of life since",
            "2 of them should have been tried",
            "452 4.2.2 … full. See to what it says",
            "come back (Zarina), since",
            "come back (newsroom), since",
            f"{well.port} is not to be reached: 535",
            "Set INTAKE_ALARM_URL or INTAKE_ALARM_ADDRESS.",
            "rescue-identity.txt opens every case. Move it",
        ),
        wrong,
        strict=True,
    ):
        assert words in said
    assert not any("zarina@" in line for line in wrong)
    reference = db.session.query(Case).one().reference
    assert not any(reference in line for line in wrong)


@pytest.mark.parametrize("ill", ["letters in a folder", "second way", "never started", "not set up", "old"])
def test_one_ill_is_one_line(app: Flask, well: SmtpServer, tmp_path: Path, ill: str) -> None:
    if ill == "letters in a folder":
        folder = post_settings.MailServer("file", folder=tmp_path)
        app.config.update(SETTINGS=replace(app.config["SETTINGS"], mail=folder), MAIL=folder)
    if ill == "second way":
        app.config["SECOND_WAY"] = post_settings.SecondWay(url="https://127.0.0.1:1/zebra-token")
    spoil = {
        "never started": "UPDATE postmaster SET beat_at = NULL",
        "not set up": "DELETE FROM postmaster",
        "old": "UPDATE alembic_version SET version_num = '0001'",
    }.get(ill, "SELECT 1")
    with transaction():
        db.session.execute(text(spoil))
    told = {
        "letters in a folder": "Set INTAKE_MAIL_URL to a mail server.",
        "second way": "Alarms cannot be told by https://127.0.0.1: ConnectionRefusedError.",
        "never started": "Start it with flask serve",
        "not set up": "Run flask init.",
        "old": "Stop everything, run flask init",
    }
    code, (line,) = examine(app)
    assert code == 1
    assert told[ill] in line


@pytest.mark.parametrize(
    ("lacking", "told"), [("no_sandbox", "Landlock and seccomp on"), ("no_ffmpeg", "Install ffmpeg")]
)
def test_a_machine_that_cannot_look_at_files_is_told_what_it_lacks(
    app: Flask, well: SmtpServer, monkeypatch: pytest.MonkeyPatch, lacking: str, told: str
) -> None:
    monkeypatch.setattr(box, "ill", lambda: lacking)
    code, (line,) = examine(app)
    assert code == 1
    assert told in line


def test_a_database_that_does_not_answer_is_the_only_line(
    app: Flask, well: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT", {}, Exception("connection refused"))  # noqa: EM101 an SQL statement

    with monkeypatch.context() as patch:
        patch.setattr("alembic.migration.MigrationContext.configure", away)
        code, (line,) = examine(app)
    assert code == 1
    assert "does not answer: connection refused" in line


def test_alarms_are_listed_and_told_by_a_timer_although_the_worker_is_dead(
    app: Flask, house: House, database: str
) -> None:
    with transaction():
        postmaster.started(now() - timedelta(minutes=11))
    run = app.test_cli_runner().invoke
    with Hook() as hook:
        app.config["SECOND_WAY"] = post_settings.SecondWay(url=hook.url)
        assert run(args=["outbox", "alarms"]).output.startswith("worker_silent")
        assert hook.taken == []
        for _ in range(2):
            assert run(args=["outbox", "alarms", "--tell"]).exit_code == 0
        assert [text.split(":")[1] for text in hook.texts] == [" The program that sends letters gives no sign of life"]
        with transaction():
            postmaster.note("beat_at", now())
        assert run(args=["outbox", "alarms", "--tell"]).output == ""
        assert "Mended" in hook.texts[1]
    assert second_way.owed(now()) is None


def test_a_scanner_that_does_not_answer_is_named(app: Flask, well: SmtpServer) -> None:
    with Clamd() as scanner:
        known = Scanner("127.0.0.1", scanner.port)
        app.config["FILES"] = replace(app.config["FILES"], scanner=known)
        assert examine(app) == (0, [])
    code, wrong = examine(app)
    assert (code, len(wrong)) == (1, 1)
    assert wrong[0].startswith("The scanner does not answer")


def test_what_others_can_read_is_said_and_mended(app: Flask, well: SmtpServer) -> None:
    key = app.config["INSTANCE"] / "secret-key"
    key.write_text("x")
    key.chmod(0o644)
    (app.config["INSTANCE"] / "gone").symlink_to("nowhere")  # as a file that is removed while it is looked at
    code, wrong = examine(app)
    assert (code, len(wrong)) == (1, 1)
    assert "may read secret-key" in wrong[0]
    app.test_cli_runner().invoke(args=["doctor", "--fix"])
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert examine(app) == (0, [])


def test_the_house_is_looked_at(app: Flask, house: House, well: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctors_house, "_is_unsynchronised", lambda: True)
    app.config["FILES"] = replace(app.config["FILES"], reserve=2**60)
    with transaction():
        db.session.execute(update(Member).values(locked_at=now()))
        db.session.execute(update(AuditEntry).where(AuditEntry.number == 1).values(act="forged"))
    code, wrong = examine(app)
    said = " ".join(wrong)
    assert code == 1
    for words in (
        "MB of the disk are free",
        "Nothing keeps the clock right",
        "Nobody who works here can open what arrives at",
        "Nobody hears of complaints from KZ",
        "The audit trail is broken",
    ):
        assert words in said, wrong


def test_a_clock_that_was_set_back_is_told(app: Flask, well: SmtpServer) -> None:
    with transaction():
        db.session.execute(update(AuditEntry).values(at=now() + timedelta(hours=3)))
    assert any("but something was done at" in line for line in examine(app)[1])


class Outside(BaseHTTPRequestHandler):
    """A page as a proxy hands it on."""

    status, sent = 200, dict[str, str]()

    def do_GET(self) -> None:
        """Answer as was asked for."""
        self.send_response(self.status)
        for name, value in self.sent.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write nothing."""


def test_pages_are_looked_at_from_outside(app: Flask, well: SmtpServer, tmp_path: Path) -> None:
    ours = {**headers.FIXED, "Content-Security-Policy": "x", "Cache-Control": "no-store", "Content-Encoding": "gzip"}
    trusted = tls.make(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted.certificate, trusted.key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Outside) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = f"https://localhost:{server.server_address[1]}"
        desk = here.replace("localhost", "127.0.0.1")
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], public_url=here, desk_url=desk)
        Outside.status, Outside.sent = 200, {**ours, "Strict-Transport-Security": headers.STRICT_TRANSPORT}
        assert {line.partition(": ")[2] for line in examine(app)[1]} == {
            f"its certificate is not trusted. Mend the proxy or the name, or correct INTAKE_{name}_URL."
            for name in ("PUBLIC", "DESK")
        }
        app.config["MAIL_CA_FILE"] = str(trusted.ca)
        said = [line for line in examine(app)[1] if "mail server" not in line]
        assert all("The certificate of" in line for line in said), "it ends within a week"
        assert len(said) == 2
        Outside.sent = ours
        assert sum("without the headers of ours: Strict-Transport-Security" in line for line in examine(app)[1]) == 2
        for status, to_do in {502: "start the web server", 500: "journalctl", 404: "name and path"}.items():
            Outside.status = status
            assert sum(f"answers with {status}" in line and to_do in line for line in examine(app)[1]) == 2
        server.shutdown()
    assert sum("does not answer: nobody listens there" in line for line in examine(app)[1]) == 2
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], public_url=here, desk_url=here)
    assert sum("does not answer" in line for line in examine(app)[1]) == 1, "one host for both is named once"


def test_before_the_first_admin_joined_one_line_says_what_to_do(app: Flask, house: House) -> None:
    said = " ".join(examine(app)[1])
    assert said.count("Nobody has joined yet") == 1
    assert "Nobody who works here" not in said
    assert "Nobody hears" not in said
