"""A test letter shows all that was said to the mail server and by it, and no secret of ours."""

import base64
import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select

from intake import config
from intake.extensions import db, transaction
from intake.i18n import now
from intake.outbox import deliver, rehearsal
from intake.outbox.enqueue import Addressee
from intake.outbox.models import Attempt, Letter
from intake.outbox.rehearsal import LONGEST, Recorded, State, TooSoonError, Transcript, Trial
from intake.outbox.worker import Tally, deliver_due
from tests.outbox import SCHEMES, owe
from tests.servers.smtp import Encryption, Mode, SmtpServer

USER, PASSWORD = "intake-mail@example.org", "p@ss:word/%41"
ADDRESS = "ana@example.org"


@pytest.fixture
def encryption() -> Encryption:
    return "none"


@pytest.fixture
def server(encryption: Encryption) -> Iterator[SmtpServer]:
    with SmtpServer(encryption=encryption, require_auth=(USER, PASSWORD)) as server:
        yield server


@pytest.fixture
def settings(settings: config.Settings, server: SmtpServer, encryption: Encryption) -> config.Settings:
    """Return the settings of a trial whose letters go to the server."""
    who = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"
    url = f"{SCHEMES[encryption]}://{who}@{server.host}:{server.port}"
    return dataclasses.replace(settings, mail=config.load({"INTAKE_MAIL_URL": url}).mail)


def ask_for_one() -> None:
    with transaction():
        rehearsal.owe(Addressee(ADDRESS, "en"), now())


def last(after: timedelta = timedelta()) -> Trial:
    db.session.rollback()
    found = rehearsal.last_trial(ADDRESS, now() + after)
    assert found
    return found


def is_secret_in(text: str) -> bool:
    words = [USER, PASSWORD, f"\0{USER}\0{PASSWORD}"]
    encoded = [base64.b64encode(word.encode()).decode() for word in words]
    return any(secret.rstrip("=") in text for secret in [*words, *encoded])


@pytest.mark.parametrize("encryption", ["none", "starttls", "smtps"])
def test_a_test_that_is_taken_shows_the_conversation_from_the_first_word_to_the_last(
    app: Flask, server: SmtpServer
) -> None:
    app.config["MAIL_CA_FILE"] = server.ca
    ask_for_one()
    assert last().state is State.WAITING
    assert deliver_due() == Tally(delivered=1)
    trial, (received,) = last(), server.letters
    assert received.recipients == (ADDRESS,)
    assert (trial.state, trial.smtp_code) == (State.TAKEN, 250)
    lines = trial.conversation.splitlines()
    assert lines[0].startswith("← 220 ")
    for said in ("→ ehlo localhost", "→ AUTH ", "← 235 ", f"→ rcpt TO:<{ADDRESS}>", "← 250 OK", "→ quit"):
        assert any(line.startswith(said) for line in lines), said
    assert ("· TLS" in lines) is (server.encryption == "starttls")
    assert not is_secret_in(trial.conversation)


@pytest.mark.parametrize(
    ("encryption", "mode", "state", "code"),
    [
        ("none", "4xx", State.REFUSED, 451),
        ("none", "5xx_at_rcpt", State.REFUSED, 550),
        ("none", "drop_in_data", State.UNREACHED, None),
        ("none", "refuse_connection", State.UNREACHED, None),
        ("smtps", "accept", State.UNREACHED, None),  # its certificate is not trusted
    ],
)
def test_a_test_that_fails_says_why_and_is_not_tried_again(
    app: Flask, server: SmtpServer, monkeypatch: pytest.MonkeyPatch, *, mode: Mode, state: State, code: int | None
) -> None:
    server.mode = mode
    ask_for_one()
    assert deliver_due() == Tally(failed=1)
    trial = last()
    assert (trial.state, trial.smtp_code) == (state, code)
    assert trial.answer
    assert trial.answer in trial.conversation
    assert not is_secret_in(trial.conversation)
    server.mode = "accept"
    monkeypatch.setattr("intake.outbox.worker.now", lambda: now() + timedelta(days=1))
    assert deliver_due() == Tally()
    assert server.letters == []


def test_a_wrong_password_is_told_without_it(app: Flask, server: SmtpServer) -> None:
    server.require_auth = (USER, "another")
    ask_for_one()
    assert deliver_due() == Tally(failed=1)
    trial = last()
    assert (trial.state, trial.smtp_code) == (State.REFUSED, 535)
    assert "← 535 " in trial.conversation
    assert not is_secret_in(trial.conversation)


def test_real_letters_go_out_beside_a_test_and_nothing_is_kept_of_what_was_said(app: Flask, server: SmtpServer) -> None:
    owe(3)
    ask_for_one()
    owe(1, "zarina@example.org")
    assert deliver_due() == Tally(delivered=5)
    kept = db.session.execute(select(Letter.kind).join(Attempt).where(Attempt.conversation.is_not(None))).all()
    assert [kind for (kind,) in kept] == ["test"]


def test_one_test_a_minute_and_the_last_alone_is_kept_for_a_day(app: Flask, server: SmtpServer) -> None:
    ask_for_one()
    deliver_due()
    with pytest.raises(TooSoonError):
        ask_for_one()
    with transaction():
        rehearsal.owe(Addressee("bek@example.org", "en"), now())  # another's is another's
        rehearsal.owe(Addressee(ADDRESS, "en"), now() + rehearsal.PAUSE)
    kept = select(Attempt.conversation)
    assert db.session.scalars(kept).all() == [None]
    deliver_due()
    monthly = [rehearsal.KEPT - timedelta(minutes=5), rehearsal.KEPT + timedelta(minutes=5)]
    left = []
    for later in monthly:
        with transaction():
            rehearsal.forget(now() + later)
        left.append(len([text for text in db.session.scalars(kept) if text]))
    assert left == [1, 0]


def test_where_no_worker_runs_a_test_says_so(app: Flask) -> None:
    ask_for_one()
    assert last(rehearsal.WORKER_LATE - timedelta(seconds=5)).state is State.WAITING
    assert last(rehearsal.WORKER_LATE + timedelta(seconds=5)).state is State.LATE


def test_a_server_that_talks_without_end_is_cut_short() -> None:
    transcript = Transcript(PASSWORD, USER)
    for number in range(3000):
        transcript.tell(f"← 250 {number} {PASSWORD}")
    text = str(transcript)
    assert len(text) <= LONGEST
    assert text.startswith("← 250 0 …")
    assert text.endswith("2999 …")
    assert PASSWORD not in text


def test_in_a_folder_a_test_arrives_too(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    app.config["MAIL"] = config.load({"INTAKE_MAIL_URL": f"file://{tmp_path}/letters"}).mail
    ask_for_one()
    assert deliver_due() == Tally(delivered=1)
    assert (last().state, last().smtp_code, last().conversation) == (State.TAKEN, None, "")


def test_a_worker_that_dies_with_a_test_leaves_it_to_the_next(
    app: Flask, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_for_one()
    with transaction():
        assert deliver.claim(now()).letters
    assert deliver_due() == Tally()
    monkeypatch.setattr("intake.outbox.worker.now", lambda: now() + deliver.LEASE * 2)
    assert deliver_due() == Tally(delivered=1)


class Asking:
    """A server that asks for user and password one after the other, as AUTH LOGIN does."""

    def __init__(self) -> None:
        """Nothing was sent yet."""
        self.sent: list[str] = []

    def send(self, s: str) -> None:
        """Take a line."""
        self.sent.append(s)

    def getreply(self) -> tuple[int, bytes]:
        """Ask, twice, then let in."""
        return (334, base64.b64encode(USER.encode())) if len(self.sent) < 3 else (235, b"Welcome")

    def auth(self, _mechanism: str) -> tuple[int, bytes]:
        """Answer what is asked."""
        for line in (
            "AUTH LOGIN",
            base64.b64encode(USER.encode()).decode(),
            base64.b64encode(PASSWORD.encode()).decode(),
        ):
            self.send(line)
            answer = self.getreply()
        return answer


def test_what_is_asked_and_answered_while_signing_in_is_told_by_nobody() -> None:
    transcript = Transcript(PASSWORD, USER)
    speaks = type("Told", (Recorded, Asking), {"tell": staticmethod(transcript.tell)})()
    assert speaks.auth("LOGIN") == (235, b"Welcome")
    speaks.send("quit")
    assert len(speaks.sent) == 4
    assert transcript.lines == ["→ AUTH LOGIN …", "← 334 …", "← 334 …", "← 235 Welcome", "→ quit"]
