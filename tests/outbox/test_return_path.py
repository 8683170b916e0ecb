"""Each letter has an address of its own to which mail servers give it back; nobody makes one."""

import dataclasses
import re
from collections.abc import Iterator

import pytest
from flask import Flask

from intake import config
from intake.extensions import transaction
from intake.i18n import now
from intake.outbox import reminders, return_path
from intake.outbox.enqueue import Addressee, enqueue
from intake.outbox.worker import Tally, deliver_due
from tests.factories import House, letters
from tests.outbox import owe
from tests.servers.smtp import SmtpServer

RETURN = "bounces-of-the-newsroom-intake@intake.example.org"  # about as long as it may be


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def settings(settings: config.Settings, server: SmtpServer) -> config.Settings:
    """Return the settings of a trial whose letters go to the server, and come back to an address."""
    given = config.load({"INTAKE_MAIL_URL": f"smtp://{server.host}:{server.port}", "INTAKE_RETURN_ADDRESS": RETURN})
    return dataclasses.replace(
        settings, mail=given.mail, incoming=given.incoming, reminder_address="note@quiet.example"
    )


def test_a_letter_comes_back_to_its_own_address_and_is_answered_to_the_newsroom(
    app: Flask, house: House, server: SmtpServer
) -> None:
    owe(3)
    assert deliver_due() == Tally(delivered=3)
    by_name = {received.message["Message-ID"]: received for received in server.letters}
    for letter in letters():
        received = by_name[letter.message_id]
        local, _, domain = received.mail_from.partition("@")
        assert len(local) <= 64
        assert domain == "intake.example.org"
        assert re.fullmatch(rf"bounces-of-the-newsroom-intake\+{letter.id}-[a-z2-7]{{16}}", local)
        assert received.message["From"] == "Desk <info@acca.media>"
        assert received.message["Reply-To"] is None
        assert b"intake.example.org" not in received.raw, "it is on the envelope alone"
        for written in (received.mail_from, received.mail_from.upper()):
            found = return_path.letter_at(["info@acca.media", written])
            assert found is not None
            assert found.id == letter.id
    assert len({received.mail_from for received in server.letters}) == 3


def test_a_return_path_that_was_altered_names_no_letter(app: Flask, house: House) -> None:
    owe(2)
    first, second = map(return_path.address_of, letters())
    assert first is not None
    assert second is not None
    number = letters()[0].id
    changed = [
        first.replace(f"+{number}-", f"+{number + 1}-"),
        first.replace(f"+{number}-", f"+0{number}x-"),
        first.replace("@intake", "@elsewhere"),
        first.replace("bounces-of", "bounces-off"),
        first.replace("+", ""),
        first[: first.index("-", first.index("+"))] + "-" + "a" * 16 + "@intake.example.org",
        f"bounces-of-the-newsroom-intake+{9**20}-{'a' * 16}@intake.example.org",
        "",
        "@",
    ]
    assert [address for address in changed if return_path.letter_at([address])] == []
    assert return_path.letter_at([*changed, first]) == letters()[0]
    app.config["RETURN_ADDRESS"] = None
    assert return_path.letter_at([first]) is None
    assert return_path.address_of(letters()[0]) is None


def test_a_reminder_to_a_complainant_shows_nothing_of_the_newsroom(
    app: Flask, house: House, server: SmtpServer
) -> None:
    with transaction():
        enqueue("nudge", [Addressee("", "en", None, reminders.sealed("zarina@example.com"))], now(), fills={})
    assert deliver_due() == Tally(delivered=1)
    (received,) = server.letters
    assert (received.mail_from, received.recipients) == ("note@quiet.example", ("zarina@example.com",))
    for word in (b"acca", b"ACCA", b"intake.example", b"bounces"):
        assert word not in received.raw


def test_without_the_setting_letters_come_back_to_the_newsroom(app: Flask, house: House, server: SmtpServer) -> None:
    app.config["RETURN_ADDRESS"] = None
    owe(1)
    assert deliver_due() == Tally(delivered=1)
    assert server.letters[0].mail_from == "info@acca.media"
