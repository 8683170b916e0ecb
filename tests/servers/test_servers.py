"""The servers of the tests do what they promise; when one of these fails, look here before anywhere else."""

import smtplib
import socket
import ssl
import subprocess
import sys
import threading
import time
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Error
from sqlalchemy import NullPool, create_engine, text

from . import browser, programs
from .postgres import Postgres
from .smtp import Encryption, Mode, SmtpServer

LIMIT = 60.0  # seconds; bounds a hang, and is no promise of speed

# What a test process does that is killed before it can clean up.
ABANDON = (
    f"import time; from {Postgres.__module__} import Postgres; server = Postgres(); server.start();"
    f"print(server.port, server._folder, flush=True); time.sleep({LIMIT})"
)


def query(server: Postgres, database: str, statement: str) -> object:
    """Run one statement through SQLAlchemy and answer the first value, if there is one."""
    with create_engine(server.url(database), poolclass=NullPool).begin() as connection:
        result = connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None


def connect(server: SmtpServer, context: ssl.SSLContext | None = None) -> smtplib.SMTP:
    """Open a connection, encrypted as the server wants it."""
    if server.encryption == "smtps":
        return smtplib.SMTP_SSL("localhost", server.port, "localhost", timeout=LIMIT, context=context)
    client = smtplib.SMTP("127.0.0.1", server.port, "localhost", timeout=LIMIT)
    if server.encryption == "starttls":
        client.starttls(context=context)
    return client


def send(server: SmtpServer, *, sender: str = "desk@example.org", context: ssl.SSLContext | None = None) -> None:
    """Send one letter as any program would, signed in if the server asks for it."""
    letter = EmailMessage()
    letter["Subject"] = "Иск"
    letter.set_content("One\n.two\n")
    with connect(server, context) as client:
        if server.require_auth:
            client.login(*server.require_auth)
        client.send_message(letter, sender, ["a@example.org", "b@example.org"])


def nobody_listens(port: int) -> bool:
    """Answer whether connections to the port are refused."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


def test_databases_are_copied_from_a_template_and_dropped_and_nothing_is_left() -> None:
    with Postgres() as server, Postgres() as other:
        assert server.port != other.port
        server.create("pattern")
        query(server, "pattern", "CREATE TABLE word AS SELECT 'сөз' AS word")
        server.create("copy", template="pattern")
        assert query(server, "copy", "SELECT word FROM word WHERE current_setting('fsync') = 'off'") == "сөз"
        with psycopg.connect(host="127.0.0.1", port=server.port, user="intake", dbname="copy") as somebody:
            server.drop("copy")
            with pytest.raises(psycopg.OperationalError):
                somebody.execute("SELECT 1")
        server.drop("copy")  # what is not there is no error
        assert query(server, "pattern", "SELECT count(*) FROM pg_database WHERE datname = 'copy'") == 0
        folder = server._folder  # noqa: SLF001  nobody else needs to know it
    assert not folder.exists()
    assert nobody_listens(server.port)
    server.stop()  # twice is harmless


def test_a_server_does_not_outlive_the_process_that_started_it() -> None:
    programs.require("postgresql")
    root = Path(__file__).parents[__name__.count(".")]
    command = [sys.executable, "-c", ABANDON]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port, folder = process.stdout.readline().split()
        assert not nobody_listens(int(port))
        process.kill()
    deadline = time.monotonic() + LIMIT
    while Path(folder).exists():
        assert time.monotonic() < deadline, "The watcher left the server's folder behind."
        time.sleep(0.02)
    assert nobody_listens(int(port))


def test_a_letter_arrives_as_it_was_sent() -> None:
    with SmtpServer() as server:
        send(server)
        send(server, sender="")
        first, bounce = server.wait_for(2)
    assert (first.mail_from, first.recipients) == ("desk@example.org", ("a@example.org", "b@example.org"))
    assert first.message["Subject"] == "Иск"
    assert first.message.get_content().splitlines() == ["One", ".two"]
    assert b"\r\n.two\r\n" in first.raw
    assert bounce.mail_from == ""


def test_waiting_for_letters_ends() -> None:
    with SmtpServer() as server:
        timer = threading.Timer(0.05, send, [server])
        timer.start()
        assert len(server.wait_for(1, LIMIT)) == 1
        timer.join()
        with pytest.raises(TimeoutError, match="1 of 2 letters"):
            server.wait_for(2, 0.05)


@pytest.mark.parametrize(
    ("mode", "error", "code"),
    [
        ("refuse_connection", ConnectionRefusedError, "refused"),
        ("drop_in_data", smtplib.SMTPServerDisconnected, "Connection|connect"),
        ("4xx", smtplib.SMTPDataError, "451"),
        ("5xx", smtplib.SMTPDataError, "554"),
        ("4xx_at_rcpt", smtplib.SMTPRecipientsRefused, "450"),
        ("5xx_at_rcpt", smtplib.SMTPRecipientsRefused, "550"),
    ],
)
def test_each_failure_is_the_one_asked_for_and_passes(mode: Mode, error: type[Exception], code: str) -> None:
    with SmtpServer(mode=mode) as server:
        with pytest.raises(error, match=code):
            send(server)
        assert server.letters == []
        port = server.port
        server.mode = "accept"
        send(server)
        assert (server.port, len(server.letters)) == (port, 1)
        server.mode = mode
        with pytest.raises(error, match=code):
            send(server)


@pytest.mark.parametrize("encryption", ["none", "smtps"])
def test_a_silent_server_takes_the_connection_and_says_nothing(encryption: Encryption) -> None:
    with (
        SmtpServer(mode="silent", encryption=encryption) as server,
        socket.create_connection((server.host, server.port)) as client,
    ):
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)
        server.stop()
        client.settimeout(LIMIT)
        assert client.recv(1) == b""


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="'slow' is no mode"):
        SmtpServer().mode = "slow"  # type: ignore[assignment]  # what a typing mistake would do


@pytest.mark.parametrize("encryption", ["none", "starttls", "smtps"])
def test_who_does_not_trust_the_server_or_know_the_password_does_not_send(encryption: Encryption) -> None:
    with SmtpServer(encryption=encryption, require_auth=("intake", "right")) as server:
        context = ssl.create_default_context(cafile=server.ca)
        context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
        send(server, context=context)
        if server.ca:
            with pytest.raises(ssl.SSLCertVerificationError):
                connect(server, ssl.create_default_context())
        with connect(server, context) as client:
            with pytest.raises(smtplib.SMTPSenderRefused):
                client.sendmail("desk@example.org", ["a@example.org"], "text")
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("intake", "wrong")
        assert len(server.letters) == 1


def test_starttls_cannot_be_left_out() -> None:
    with SmtpServer(encryption="starttls") as server, smtplib.SMTP(server.host, server.port, "localhost") as client:
        client.ehlo()
        assert client.mail("desk@example.org") == (530, b"Must issue a STARTTLS command first")


def test_the_browser_stays_on_this_machine_and_tells_what_went_wrong(chromium: Browser) -> None:
    page_of_trouble = """data:text/html,<title>Trouble</title><img src="http://localhost.example/a.png">
        <script>console.error('said'); new WebSocket('wss://example.org/b'); undefined_name</script>"""
    with SmtpServer(mode="refuse_connection") as nobody:
        context = browser.phone(chromium)
        page = context.new_page()
        page.goto("data:text/html,<meta name=viewport content='width=device-width'><title>Calm</title>")
        assert page.evaluate("[innerWidth, innerHeight, devicePixelRatio]") == [360, 800, 1]
        assert browser.seen(context) == browser.Seen()
        page.goto(page_of_trouble)
        seen, wanted = browser.seen(context), {"http://localhost.example/a.png", "wss://example.org/b"}
        for _ in range(200):  # what the page asks for is told when it pleases the browser
            if wanted <= set(seen.blocked):
                break
            page.wait_for_timeout(50)
        with pytest.raises(Error, match="ERR_BLOCKED_BY_CLIENT"):
            page.goto("https://localhost@example.org/")
        assert wanted <= set(seen.blocked[:-1])
        assert "error: said" in seen.errors
        assert any("undefined_name is not defined" in error for error in seen.errors)
        for host in ("localhost", "127.0.0.1", "[::1]"):
            with pytest.raises(Error, match=r"ERR_(CONNECTION_REFUSED|ADDRESS_)"):
                page.goto(f"http://{host}:{nobody.port}/")
        assert seen.blocked[-1] == "https://localhost@example.org/"


def test_the_browser_is_as_the_person_wants_it(chromium: Browser) -> None:
    look = "[innerWidth, innerHeight, navigator.language, matchMedia('(prefers-color-scheme: dark)').matches]"
    page = browser.desktop(chromium, dark=True, locale="kk").new_page()
    assert page.evaluate(look) == [1280, 900, "kk", True]
    page = browser.desktop(chromium, javascript=False).new_page()
    page.goto("data:text/html,<script>document.title = 'ran'</script>")
    assert page.title() == ""


def test_a_missing_program_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv(programs.SKIP, raising=False)
    monkeypatch.setitem(programs.KNOWN, "age", programs.Program("age", ("/nowhere/*/rage",), package="age"))
    with pytest.raises(pytest.fail.Exception, match=r"`apt install age`, or set INTAKE_TEST_SKIP=age"):
        programs.require("age")


def test_what_is_to_be_skipped_is_skipped_though_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(programs.SKIP, " age, chromium")
    assert programs.skipped() == ["age", "chromium"]
    with pytest.raises(pytest.skip.Exception, match="INTAKE_TEST_SKIP names age"):
        programs.require("age")
    monkeypatch.setenv(programs.SKIP, "postgres")
    with pytest.raises(pytest.fail.Exception, match="names postgres, but knows only chromium, postgresql, gpg, "):
        programs.require("age")


def test_the_newest_version_is_found_first(tmp_path: Path) -> None:
    for version in ("9.6", "15", "14"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "a-program").touch(mode=0o755)
    found = programs.find("a-program", "/nowhere/a-program", f"{tmp_path}/*/a-program")
    assert found == tmp_path / "15" / "a-program"
