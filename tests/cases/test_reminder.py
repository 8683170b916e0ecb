"""A complainant who asked for it is reminded by one letter that tells nothing, at an address that lies nowhere."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import text

from intake import config
from intake.cases import conversation, deletion
from intake.cases.models import Case
from intake.extensions import db, transaction
from intake.outbox import worker
from intake.outbox.models import Attempt, Letter
from intake.sealing import CodeKeys
from tests.cases import saved, tell, visit_of, write
from tests.factories import House, count_rows, letters, make_case, make_member, message_ids
from tests.servers.smtp import ReceivedLetter, SmtpServer

ADDRESS = "quokkafish@example.org"
FROM = "reminders@neutral.example"


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def settings(settings: config.Settings, server: SmtpServer) -> config.Settings:
    """Return the settings of a trial whose letters go to the server, reminders from another domain."""
    mail = config.load({"INTAKE_MAIL_URL": f"smtp://{server.host}:{server.port}"}).mail
    return dataclasses.replace(settings, mail=mail, reminder_address=FROM)


def who_asked(**answers: str) -> tuple[Case, CodeKeys]:
    """Return a case whose complainant asked to be reminded."""
    case, keys, _ = make_case()
    asked: dict[str, Any] = {"reminder_address": ADDRESS, "reminder_language": "en", **answers}
    tell(visit_of(case, keys), case, "contact", **asked)
    return saved(case), keys


def reminders(server: SmtpServer) -> list[ReceivedLetter]:
    """Deliver what is due, as the worker does with a session of its own; return the letters to the complainant."""
    with current_app.app_context():
        worker.deliver_due()
    return [letter for letter in server.letters if ADDRESS in letter.recipients]


def at_rest(settings: config.Settings) -> bytes:
    """Return every row of the database and every file of the instance."""
    db.session.rollback()
    rows = [
        repr(tuple(row))
        for table in db.metadata.sorted_tables
        for row in db.session.execute(text(f'SELECT * FROM "{table.name}"'))  # noqa: S608 our own tables
    ]
    db.session.rollback()
    files = [path.read_bytes() for path in Path(settings.instance).rglob("*") if path.is_file()]
    return b"\n".join(["\n".join(rows).encode(), *files])


def test_the_letter_tells_nothing_and_the_address_lies_nowhere(
    app: Flask, house: House, server: SmtpServer, settings: config.Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    member = make_member(house, "KZ", name="Aigerim")
    case, _ = who_asked()
    assert ADDRESS.encode() not in at_rest(settings)
    write(house.visitors[member.id], case, "Xylophagous", signed="Aigerim")
    (owed,) = letters("nudge")
    assert (owed.address, owed.sealed_address is not None, owed.member_id) == ("", True, None)
    assert ADDRESS.encode() not in at_rest(settings)
    (letter,) = reminders(server)
    assert (letter.mail_from, letter.recipients) == (FROM, (ADDRESS,))
    assert letter.message["From"] == FROM
    assert letter.message["Message-ID"].endswith("@neutral.example>")
    assert letter.message["Subject"] == "A reminder"
    raw = letter.raw.decode().casefold()
    for telling in ("acca", case.reference, "aigerim", "xylophagous", "http", "case", "journal", "desk", "kazakh"):
        assert telling.casefold() not in raw, telling
    (delivered,) = letters("nudge")
    assert delivered.delivered_at is not None
    assert delivered.sealed_address is None
    assert ADDRESS.encode() not in at_rest(settings)
    assert "quokkafish" not in "".join(capfd.readouterr()).casefold()


def test_a_refused_letter_leaves_no_address_in_the_ledger(
    app: Flask, house: House, server: SmtpServer, settings: config.Settings
) -> None:
    member = make_member(house, "KZ")
    case, _ = who_asked()
    write(house.visitors[member.id], case, "One")
    server.mode = "5xx_at_rcpt"
    assert reminders(server) == []
    (owed,) = letters("nudge")
    assert (owed.failures, owed.delivered_at, owed.sealed_address is not None) == (1, None, True)
    assert {row.answer for row in db.session.query(Attempt).filter_by(letter_id=owed.id)} == {""}
    assert ADDRESS.encode() not in at_rest(settings)


def test_there_is_one_letter_until_the_complainant_comes_back(app: Flask, house: House, server: SmtpServer) -> None:
    member = make_member(house, "KZ")
    case, keys = who_asked()
    for words in ("One", "Two", "Three"):
        write(house.visitors[member.id], case, words)
    assert len(reminders(server)) == 1
    with transaction():
        conversation.mark_read(visit_of(case, keys), case, message_ids())
    write(house.visitors[member.id], case, "Four")
    assert len(reminders(server)) == 2


def test_a_double_press_owes_one_letter(app: Flask, house: House) -> None:
    member = make_member(house, "KZ")
    case, _ = who_asked()
    write(house.visitors[member.id], case, "One", "form")
    write(house.visitors[member.id], case, "One", "form")
    assert len(letters("nudge")) == 1


def test_the_newest_answer_counts_and_who_wants_none_gets_none(app: Flask, house: House) -> None:
    member = make_member(house, "KZ")
    case, keys = who_asked(reminder_address="old@example.org")
    tell(visit_of(case, keys), case, "contact", reminder_address="", reminder_language="")
    write(house.visitors[member.id], case, "One")
    never_asked = make_case(story="Another story, of more than twenty characters.")[0]
    write(house.visitors[member.id], never_asked, "Two")
    assert letters("nudge") == []


def test_the_letter_is_in_the_language_that_was_asked_for(app: Flask, house: House) -> None:
    member = make_member(house, "KZ")
    case, _ = who_asked(reminder_language="ru")
    write(house.visitors[member.id], case, "One")
    other, _ = who_asked(reminder_language="no such language")
    write(house.visitors[member.id], other, "Two")
    assert [letter.language for letter in letters("nudge")] == ["ru", "en"]


def test_whoever_asked_for_deletion_is_reminded_of_nothing(app: Flask, house: House, server: SmtpServer) -> None:
    member = make_member(house, "KZ")
    case, keys = who_asked()
    write(house.visitors[member.id], case, "One")
    server.mode = "4xx"
    assert reminders(server) == []
    with transaction():
        deletion.ask(visit_of(saved(case), keys))
    write(house.visitors[member.id], saved(case), "Two")
    server.mode = "accept"
    assert letters("nudge") == []
    assert {row.letter_id for row in db.session.query(Attempt)} <= {row.id for row in db.session.query(Letter)}
    assert count_rows(Letter) > 0, "the letters to the desk are still owed"


def test_where_no_code_leads_back_nobody_is_reminded(app: Flask, house: House) -> None:
    member = make_member(house, "KZ")
    case, keys = who_asked()
    with transaction():
        deletion.ask(visit_of(case, keys))
    write(house.visitors[member.id], saved(case), "One")
    assert letters("nudge") == []


def test_a_complainants_own_message_reminds_nobody(app: Flask, house: House) -> None:
    make_member(house, "KZ")
    case, keys = who_asked()
    write(visit_of(case, keys), case, "One")
    assert letters("nudge") == []
