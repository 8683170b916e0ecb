"""Delivering: every letter arrives, once, whatever the mail server does and whenever a worker dies."""

import dataclasses
import gc
import os
import re
import stat
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from intake import config
from intake.extensions import db, transaction
from intake.i18n import now
from intake.outbox import deliver, worker
from intake.outbox.models import Letter
from intake.outbox.worker import Tally, deliver_due
from tests.factories import letters
from tests.outbox import SCHEMES, WORDS, Clock, arrived, attempts, before_each_send, claim_and_die, names_given, owe
from tests.servers.smtp import Encryption, Mode, SmtpServer

MEETING = 3.0  # seconds that one of two workers waits for the other before it goes on alone
Account = tuple[str, str] | None


@pytest.fixture(autouse=True)
def _no_connection_left_open() -> Iterator[None]:
    """Have Python complain now, not in a later test, of a connection that nobody closed."""
    yield
    gc.collect()


@pytest.fixture
def encryption() -> Encryption:
    return "none"


@pytest.fixture
def account() -> Account:
    return None


@pytest.fixture
def scheme(encryption: Encryption) -> str:
    return SCHEMES[encryption]


@pytest.fixture
def server(encryption: Encryption, account: Account) -> Iterator[SmtpServer]:
    with SmtpServer(encryption=encryption, require_auth=account) as server:
        yield server


@pytest.fixture
def settings(settings: config.Settings, server: SmtpServer, scheme: str, account: Account) -> config.Settings:
    """Return the settings of a trial whose letters go to the server."""
    who = ":".join(quote(part, safe="") for part in account) + "@" if account else ""
    mail = config.load({"INTAKE_MAIL_URL": f"{scheme}://{who}{server.host}:{server.port}"}).mail
    return dataclasses.replace(settings, mail=mail)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(now())
    monkeypatch.setattr("intake.outbox.worker.now", clock)
    return clock


def test_each_letter_arrives_once_and_says_who_it_is_from_and_nothing_of_this_machine(
    app: Flask, server: SmtpServer, clock: Clock
) -> None:
    ids = owe(12)
    assert deliver_due() == Tally(delivered=12)
    assert deliver_due() == Tally()
    assert arrived(server) == Counter(ids)
    by_id = {received.message["Message-ID"]: received for received in server.letters}
    for letter in letters():
        received = by_id[letter.message_id]
        message = received.message
        assert re.fullmatch(r"<[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}@acca\.media>", message["Message-ID"])
        assert (received.mail_from, received.recipients) == ("info@acca.media", (letter.address,))
        assert (message["From"], message["To"]) == ("Desk <info@acca.media>", letter.address)
        assert (message["Subject"], message["Auto-Submitted"]) == (letter.subject, "auto-generated")
        assert message["Date"].datetime == letter.owed_at.replace(microsecond=0)
        assert message.get_content().splitlines() == letter.body.splitlines()
        assert "Kazakhstan" in letter.body
        assert (letter.delivered_at, letter.locked_until, letter.failures) == (clock.moment, None, 0)
        assert [(row.accepted, row.smtp_code, row.at) for row in attempts(letter)] == [(True, 250, clock.moment)]
    assert names_given(server) == {"localhost"}


@pytest.mark.parametrize(
    ("mode", "code", "answer"),
    [
        ("refuse_connection", None, "ConnectionRefusedError: "),
        ("silent", None, "SMTPServerDisconnected: Connection unexpectedly closed: timed out"),
        ("drop_in_data", None, "SMTPServerDisconnected: "),
        ("4xx", 451, "4.3.0 Try again later"),
        ("5xx", 554, "5.7.1 Refused"),
        ("4xx_at_rcpt", 450, "4.2.1 Mailbox busy"),
        ("5xx_at_rcpt", 550, "5.1.1 No such mailbox"),
    ],
)
def test_whatever_the_server_does_letters_stay_owed_and_arrive_once_when_it_is_well(
    app: Flask,
    server: SmtpServer,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    *,
    mode: Mode,
    code: int | None,
    answer: str,
) -> None:
    server.mode = mode
    ids = owe(3)
    with monkeypatch.context() as patch:
        if mode == "silent":
            patch.setattr(deliver, "TIMEOUT", 0.2)
        assert deliver_due() == Tally(failed=3)
    assert deliver_due() == Tally(), "not due yet"
    for letter in letters():
        assert (letter.delivered_at, letter.locked_until, letter.failures) == (None, None, 1)
        assert letter.due_at == clock.moment + deliver.wait_after(1)
        (row,) = attempts(letter)
        assert (row.accepted, row.smtp_code, row.at) == (False, code, clock.moment)
        assert row.answer.startswith(answer)
    assert server.letters == []
    server.mode = "accept"
    clock.forward(deliver.wait_after(1))
    assert deliver_due() == Tally(delivered=3)
    assert deliver_due() == Tally()
    assert arrived(server) == Counter(ids)
    assert all(len(attempts(letter)) == 2 for letter in letters())


def test_a_connection_that_breaks_holds_up_only_the_letter_that_it_broke_on(
    app: Flask, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.mode = "drop_in_data"
    broken, *others = owe(3)
    before_each_send(monkeypatch, lambda _letter: setattr(server, "mode", "accept"))  # for connections from now on
    assert deliver_due() == Tally(delivered=2, failed=1)
    assert arrived(server) == Counter(others)
    assert [letter.message_id for letter in letters() if not letter.delivered_at] == [broken]


def test_a_letter_that_cannot_be_written_holds_up_no_other(app: Flask, server: SmtpServer, clock: Clock) -> None:
    unwritable, *others = owe(3, "имя@пример.рф", "a@example.org", "b@example.org")
    assert deliver_due() == Tally(delivered=2, failed=1)
    assert arrived(server) == Counter(others)
    (letter,) = (letter for letter in letters() if not letter.delivered_at)
    assert (letter.message_id, letter.failures) == (unwritable, 1)
    assert "UnicodeEncodeError" in attempts(letter)[0].answer


def test_waits_grow_from_seconds_over_minutes_to_an_hour_and_no_further() -> None:
    waits = [deliver.wait_after(failures) for failures in range(1, 60)]
    assert waits == sorted(waits)
    assert waits[0] <= timedelta(seconds=30)
    assert len([wait for wait in waits if timedelta(minutes=1) <= wait < timedelta(hours=1)]) >= 4
    assert waits[12:] == [timedelta(hours=1)] * len(waits[12:])
    assert deliver.wait_after(1_000_000) == timedelta(hours=1)


def test_a_letter_is_tried_again_for_ever(app: Flask, server: SmtpServer, clock: Clock) -> None:
    server.mode = "5xx_at_rcpt"
    ids = owe(1)
    for failures in range(1, 13):
        assert deliver_due() == Tally(failed=1)
        (letter,) = letters()
        assert (letter.failures, letter.due_at - clock.moment) == (failures, deliver.wait_after(failures))
        clock.moment = letter.due_at
    clock.forward(timedelta(days=30))
    assert deliver_due() == Tally(failed=1)
    server.mode = "accept"
    clock.forward(timedelta(hours=1))
    assert deliver_due() == Tally(delivered=1)
    assert arrived(server) == Counter(ids)
    assert [row.accepted for row in attempts(letters()[0])] == [False] * 13 + [True]


@pytest.mark.parametrize("encryption", ["starttls", "smtps"])
def test_a_certificate_that_is_not_trusted_gets_no_letter(app: Flask, server: SmtpServer, clock: Clock) -> None:
    ids = owe(2)
    assert deliver_due() == Tally(failed=2)
    assert server.letters == []
    for letter in letters():
        assert (letter.delivered_at, letter.failures) == (None, 1)
        assert "CERTIFICATE_VERIFY_FAILED" in attempts(letter)[0].answer
    app.config["MAIL_CA_FILE"] = server.ca
    clock.forward(deliver.wait_after(1))
    assert deliver_due() == Tally(delivered=2)
    assert names_given(server) == {"localhost"}
    assert arrived(server) == Counter(ids)


@pytest.mark.parametrize("scheme", ["smtp+starttls"])
def test_a_server_that_offers_no_encryption_gets_no_letter_where_it_was_asked_for(
    app: Flask, server: SmtpServer
) -> None:
    owe(1)
    assert deliver_due() == Tally(failed=1)
    assert server.letters == []
    assert "SMTPNotSupportedError: STARTTLS" in attempts(letters()[0])[0].answer


@pytest.mark.parametrize("account", [("intake@example.org", "p@ss:word/%41")])
@pytest.mark.parametrize("encryption", ["none", "starttls", "smtps"])
def test_the_worker_signs_in_with_user_and_password(app: Flask, server: SmtpServer, clock: Clock) -> None:
    app.config["MAIL_CA_FILE"] = server.ca
    ids = owe(2)
    right, server.require_auth = server.require_auth, ("intake@example.org", "another")
    assert deliver_due() == Tally(failed=2)
    assert [attempts(letter)[0].smtp_code for letter in letters()] == [535, 535]
    assert all("p@ss" not in attempts(letter)[0].answer for letter in letters())
    server.require_auth = right
    clock.forward(deliver.wait_after(1))
    assert deliver_due() == Tally(delivered=2)
    assert arrived(server) == Counter(ids)


@pytest.mark.parametrize("account", [("intake", "right")])
def test_a_password_that_cannot_be_said_leaves_the_letters_owed_and_says_so(app: Flask, server: SmtpServer) -> None:
    app.extensions["mail"].password = "пароль"  # smtplib takes ASCII alone
    owe(1)
    assert deliver_due() == Tally(failed=1)
    (letter,) = letters()
    assert (letter.delivered_at, letter.failures, letter.locked_until) == (None, 1, None)
    assert attempts(letter)[0].answer.startswith("UnicodeEncodeError")


def test_a_dead_workers_letters_are_nobodys_until_its_lease_runs_out(
    app: Flask, server: SmtpServer, clock: Clock
) -> None:
    ids = owe(2)
    claim = claim_and_die(clock())
    assert [letter.message_id for letter in claim.letters] == ids
    clock.moment = claim.until
    assert deliver_due() == Tally()
    assert server.letters == []
    clock.forward(timedelta(seconds=1))
    assert deliver_due() == Tally(delivered=2)
    assert arrived(server) == Counter(ids)


def test_a_worker_that_comes_late_changes_nothing_of_what_another_did_since(
    app: Flask, server: SmtpServer, clock: Clock
) -> None:
    owe(1)
    late = claim_and_die(clock())
    clock.forward(deliver.LEASE + timedelta(seconds=1))
    other = claim_and_die(clock())
    failed, accepted = deliver.Outcome(False, 451, "later"), deliver.Outcome(True, 250, "")  # noqa: FBT003 in a row
    with transaction():
        deliver.record(late.letters[0], late.until, failed, clock())
        deliver.release(late.until, late.letters)
    assert (letters()[0].locked_until, letters()[0].failures) == (other.until, 0)
    assert deliver_due() == Tally(), "the other has it"
    with transaction():
        deliver.record(other.letters[0], other.until, accepted, clock())
        deliver.record(late.letters[0], late.until, failed, clock())
        deliver.record(late.letters[0], late.until, accepted, clock() + timedelta(hours=1))
    assert letters()[0].delivered_at == clock.moment
    clock.forward(timedelta(days=1))
    assert deliver_due() == Tally()
    told = [(row.accepted, row.broke_off) for row in attempts(letters()[0])]
    assert told == [(False, True), (False, False), (True, False), (False, False), (True, False)]


def test_a_slow_worker_lets_go_of_letters_before_another_could_take_them(
    app: Flask, server: SmtpServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = owe(4)
    left: list[timedelta] = []

    def slowly(letter: Letter) -> None:
        assert letter.locked_until is not None
        left.append(letter.locked_until - clock())
        clock.forward(deliver.LEASE - deliver.SEND_WITHIN + timedelta(seconds=1))

    before_each_send(monkeypatch, slowly)
    assert deliver_due() == Tally(delivered=4)
    assert arrived(server) == Counter(ids)
    assert all(rest >= deliver.SEND_WITHIN for rest in left)


def test_two_workers_at_once_send_no_letter_twice(
    app: Flask, server: SmtpServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = owe(40)
    both = threading.Barrier(2)
    claim = deliver.claim

    def together(moment: datetime) -> deliver.Claim:
        """Claim, and keep the transaction open until the other worker has claimed, too."""
        claimed = claim(moment)
        if database == "postgresql":  # SQLite lets in one writer after the other
            with suppress(threading.BrokenBarrierError):
                both.wait(MEETING)
        return claimed

    monkeypatch.setattr(deliver, "claim", together)

    def work() -> Tally:
        with app.app_context():
            try:
                return deliver_due()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        tallies = [working.result() for working in [pool.submit(work), pool.submit(work)]]
    assert arrived(server) == Counter(ids)
    assert sum(tally.delivered for tally in tallies) == 40
    assert all(len(attempts(letter)) == 1 for letter in letters())


def test_a_letter_whose_acceptance_was_not_written_down_is_sent_again_under_the_same_name(
    app: Flask, server: SmtpServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = owe(3)
    record = deliver.record

    def die(letter: Letter, *rest: object) -> None:
        if letter.message_id == second:
            raise KeyboardInterrupt
        record(letter, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(deliver, "record", die)
        with pytest.raises(KeyboardInterrupt):
            deliver_due()
    assert arrived(server) == Counter([first, second])
    assert [bool(letter.delivered_at) for letter in letters()] == [True, False, False]
    clock.forward(deliver.LEASE + timedelta(seconds=1))
    assert deliver_due() == Tally(delivered=2)
    assert arrived(server) == Counter({first: 1, second: 2, third: 1})
    again = [letter.raw for letter in server.letters if letter.message["Message-ID"] == second]
    assert again[0] == again[1]


def test_the_worker_looks_again_and_again_until_told_to_stop_even_while_the_database_is_away(
    app: Flask, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = owe(1)
    claim = deliver.claim
    asked: list[float] = []

    def sometimes_away(moment: datetime) -> deliver.Claim:
        if len(asked) == 1:
            raise OperationalError(None, None, ConnectionError())
        return claim(moment)

    def stopping(pause: float) -> bool:
        asked.append(pause)
        if len(asked) == 4:
            ids.extend(owe(1))
        return len(asked) == 5

    monkeypatch.setattr(deliver, "claim", sometimes_away)
    worker.watch(stopping)
    assert asked == [worker.PAUSE, worker.PAUSE_AFTER_FAULT, *[worker.PAUSE] * 3]
    assert arrived(server) == Counter(ids)


def test_a_folder_holds_whole_letters_each_once(
    app: Flask, server: SmtpServer, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "letters"
    app.config["MAIL"] = config.load({"INTAKE_MAIL_URL": folder.as_uri()}).mail
    ids = owe(3)

    def disk_is_full(_descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", disk_is_full)
        assert deliver_due() == Tally(failed=3)
    assert list(folder.glob("*.eml")) == []
    assert "No space left" in attempts(letters()[0])[0].answer
    clock.forward(deliver.wait_after(1))
    assert deliver_due() == Tally(delivered=3)
    files = sorted(folder.iterdir())
    messages = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    assert {file.suffix for file in files} == {".eml"}
    assert Counter(message["Message-ID"] for message in messages) == Counter(ids)
    assert all(WORDS["fills"]["link"] in message.get_content() for message in messages)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all([row.smtp_code for row in attempts(letter)] == [None, None] for letter in letters())
