"""A mail server's pipe is answered with the exit codes that it knows, and a mailbox is read in the same way."""

import dataclasses
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from intake import config, mail_room
from intake.cases import summary
from intake.cases.models import Case
from intake.extensions import db, transaction
from intake.i18n import now
from intake.outbox import alarms, arrivals, postmaster, return_path
from intake.outbox.mailbox import LEFT, TAKEN, Fate, Mailbox
from intake.outbox.models import Bounce, Letter
from tests.factories import House, count_rows, letters
from tests.outbox import owe
from tests.outbox.returned import bounce, written
from tests.servers.imap import ImapServer

DONE, UNREADABLE, LATER, REFUSED, NOT_SET = 0, 65, 75, 77, 78  # sysexits.h


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as server:
        yield server


@pytest.fixture
def settings(settings: config.Settings, server: ImapServer) -> config.Settings:
    """Return the settings of a trial that reads the server's mailbox."""
    url = f"imap://intake:right@127.0.0.1:{server.port}"
    given = config.load(
        {
            "INTAKE_INBOUND_URL": url,
            "INTAKE_INBOUND_LARGEST_MB": "1",
            "INTAKE_RETURN_ADDRESS": "bounces@intake.example.org",
        }
    )
    return dataclasses.replace(settings, incoming=given.incoming)


@pytest.fixture
def letter(house: House) -> Letter:
    owe(1, "aigul.n@example.org")
    return letters()[0]


def receive(app: Flask, raw: bytes | None = None, *options: str) -> tuple[int, str]:
    """Run the command; return its exit code and what it says."""
    result = app.test_cli_runner().invoke(args=["outbox", "receive", *options], input=raw)
    db.session.rollback()
    return result.exit_code, result.output


def returned(letter: Letter, name: str = "postfix") -> bytes:
    path = return_path.address_of(letter)
    assert path is not None
    return bounce(name, return_path=path)


def test_a_pipe_is_told_what_became_of_the_message(app: Flask, letter: Letter) -> None:
    assert receive(app, returned(letter)) == (DONE, "")
    assert receive(app, returned(letter)) == (DONE, "")
    assert count_rows(Bounce) == 1
    assert receive(app, b"")[0] == UNREADABLE
    assert receive(app, b"Subject: x\r\n\r\n" + b"x" * 1_000_001) == (UNREADABLE, "The message is larger than 1 MB.\n")
    assert receive(app, b"Subject: x\r\n\r\n" + b"--\n" * 100_000)[0] == UNREADABLE
    code, why = receive(app, written(In_Reply_To=letter.message_id))
    assert (code, "write to the newsroom" in why) == (REFUSED, True)
    assert receive(app, written(Message_ID="<2@example.org>", X_Spam_Flag="YES")) == (DONE, "")


def test_a_pipe_is_asked_to_try_again_whatever_goes_wrong(
    app: Flask, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (OperationalError(None, None, OSError()), OSError(28, "No space"), RuntimeError("secret words")):

        def fail(*_: object, error: Exception = error) -> bool:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(arrivals, "note", fail)
            assert receive(app, returned(letter)) == (
                LATER,
                f"The message could not be taken in now: {type(error).__name__}.\n",
            )
    assert receive(app, returned(letter)) == (DONE, "")


def test_the_recipient_that_the_mail_server_names_counts(app: Flask, letter: Letter) -> None:
    bare = b"From: MAILER-DAEMON@example.org\r\nSubject: failure notice\r\n\r\n5.1.1 No such user"
    path = return_path.address_of(letter)
    assert path is not None
    assert receive(app, bare, "--recipient", path) == (DONE, "")
    assert db.session.scalars(select(Bounce.letter_id)).all() == [letter.id]


def test_a_mailbox_is_read_once(app: Flask, letter: Letter, server: ImapServer) -> None:
    taken = server.add(returned(letter))
    spam = server.add(written(X_Spam_Flag="YES"))
    large = server.add(written("x" * 1_000_001, Message_ID="<large@example.org>"))
    person = server.add(written(Message_ID="<person@example.org>"))
    code, said = receive(app, None, "--poll")
    assert (code, said) == (DONE, "taken in: 2, kept: 0, left: 1, astray: 0, unreadable: 1, later: 0\n")
    marks = [stored.flags for uid in (taken, spam, large, person) if (stored := server.stored(uid))]
    assert marks == [{TAKEN}, {LEFT}, {LEFT}, {TAKEN}]
    assert count_rows(Case) == 1
    assert arrivals.counts(letter.owed_at) == {arrivals.SPAM: 1, arrivals.UNREADABLE: 1}


def test_a_mailbox_that_cannot_be_read_is_said_without_its_password(
    app: Flask, house: House, server: ImapServer
) -> None:
    server.account = ("intake", "another")
    code, why = receive(app, None, "--poll")
    assert code == LATER
    assert "AUTHENTICATIONFAILED" in why
    assert "right" not in why
    nobody = dataclasses.replace(app.config["SETTINGS"].incoming, inbox=None)
    app.config["SETTINGS"] = dataclasses.replace(app.config["SETTINGS"], incoming=nobody)
    assert receive(app, None, "--poll") == (NOT_SET, "INTAKE_INBOUND_URL is not set.\n")


def test_a_bounce_whose_visit_ended_before_it_was_marked_is_one(app: Flask, letter: Letter, server: ImapServer) -> None:
    uid = server.add(returned(letter))
    server.mode = "drop_in_store"
    assert receive(app, None, "--poll")[0] == LATER
    server.mode = "accept"
    assert receive(app, None, "--poll")[0] == DONE
    assert count_rows(Bounce) == 1
    assert (stored := server.stored(uid)) is not None
    assert stored.flags == {TAKEN}


def test_one_message_that_we_stumble_over_holds_up_no_other(
    app: Flask,
    letter: Letter,
    server: ImapServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second = server.add(written("secret words")), server.add(returned(letter))
    take = mail_room.take

    def stumble(raw: bytes) -> Fate:
        if b"secret words" in raw:
            raise KeyError(raw)
        return take(raw)

    monkeypatch.setattr(mail_room, "take", stumble)
    assert receive(app, None, "--poll")[0] == DONE
    assert count_rows(Bounce) == 1
    assert [stored.flags for uid in (first, second) if (stored := server.stored(uid))] == [set(), {TAKEN}]
    assert "KeyError" in caplog.text
    assert "secret" not in caplog.text


def test_it_is_read_again_and_again_until_told_to_stop_even_while_it_is_away(
    app: Flask, letter: Letter, server: ImapServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    mailbox = mail_room.of_settings(app.config["SETTINGS"])
    assert isinstance(mailbox, Mailbox)
    raw, rounds = returned(letter), []
    server.account = ("intake", "another")

    def stopping(pause: float) -> bool:
        rounds.append(pause)
        server.account = ("intake", "right")
        if len(rounds) == 2:
            server.add(raw)
        return len(rounds) == 3

    mail_room.watch(mailbox, stopping)
    assert rounds == [mail_room.VISIT_EVERY] * 3
    assert count_rows(Bounce) == 1
    assert "AUTHENTICATIONFAILED" in caplog.text
    assert "arrived: taken in: 1" in caplog.text


def test_a_mailbox_that_cannot_be_read_for_long_is_an_alarm_until_it_is_read(
    app: Flask, server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_room, "MOST_IN_VAIN", 3)
    mailbox = mail_room.of_settings(app.config["SETTINGS"])
    assert mailbox is not None
    server.account = ("intake", "another")
    standing: list[int] = []

    def stopping(_: float) -> bool:
        standing.append(len(alarms.standing()))
        if len(standing) == 4:
            server.account = ("intake", "right")
        return len(standing) == 5

    mail_room.watch(mailbox, stopping)
    assert standing == [0, 0, 1, 1, 0]


def test_the_daily_summary_says_how_many_messages_wait_for_a_person(
    app: Flask, house: House, server: ImapServer
) -> None:
    server.add(b"From: a@example.org\r\nList-Id: <many.example.org>\r\nMessage-ID: <1@example.org>\r\n\r\nHello")
    assert receive(app, None, "--poll")[0] == DONE
    found = summary.gathered(now())
    assert found.left == 1
    with transaction():
        postmaster.note("summed_up_at", found.morning - timedelta(days=1))
    with transaction():
        summary.owe(found, now())
    (letter,) = letters("summary")
    assert "1 message came by e-mail that only a person can judge" in letter.body
