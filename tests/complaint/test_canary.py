"""Canaries go the whole way, and no member notices."""

import re
import stat
import time
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from intake import audit, chores, config
from intake.audit import HOUSE, AuditEntry
from intake.cases import bulk, canary_words, lockdown, search_pages
from intake.cases import queries as cases
from intake.cases.models import CANARY, RECEIVED, Case, ComplainantKey, Statement
from intake.complaint import canary, canary_mark, canary_rounds
from intake.complaint.models import ANSWERED, OPENED
from intake.desks.models import DeskKey, Seat
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import EDITOR
from intake.outbox import alarms, canary_mailbox, deliver
from intake.outbox import queries as outbox
from intake.outbox.enqueue import Addressee, enqueue
from intake.outbox.models import Letter
from intake.outbox.worker import deliver_due
from intake.sealing import SealError, unseal_document, unseal_identity
from tests.complaint.canaries import DAY, Clock, begin, count, folder, look, runs
from tests.factories import House, confirm, letters, make_case, make_member, sign_in
from tests.journeys.site import Site
from tests.outbox import WORDS


def test_a_canary_of_each_country_goes_the_whole_way_and_nothing_is_left_of_it(
    app: Flask, house: House, site: Site
) -> None:
    make_member(house, "KZ")
    make_member(house, *house.keys, role=EDITOR)
    begin(*canary.ALL)
    look()
    assert [run.step for run in runs()] == [ANSWERED] * 6
    sent = letters()
    assert {letter.kind for letter in sent} == {"new_case"}
    look()
    assert [(run.step, run.what) for run in runs()] == [(OPENED, "")] * 6
    for table in (Case, Statement, ComplainantKey, Letter):
        assert count(table) == 0, table
    assert list(folder(app).glob("*.eml")) == []
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "canary.run")).all()
    assert [(entry.chain, entry.detail) for entry in entries] == [
        (HOUSE, {"country": country, "result": "good"}) for country in canary.ALL
    ]
    assert db.session.scalars(select(AuditEntry.chain).where(AuditEntry.act == "case.received")).all() == []
    assert all(audit.check(chain).holds for chain in audit.chains())


@pytest.mark.usefixtures("two")
def test_no_member_sees_a_canary_and_nothing_counts_it(
    app: Flask, client: FlaskClient, house: House, site: Site, clock: Clock
) -> None:
    real = make_case("KZ")[0].id
    deliver_due()
    editor = make_member(house, *house.keys, role=EDITOR)
    begin(*canary.ALL)
    canary_rounds.go_on()
    canaries = db.session.scalars(select(Case).where(Case.status == CANARY)).all()
    references, numbers = [case.reference for case in canaries], [case.id for case in canaries]
    assert len(references) == 2
    sign_in(client, editor)
    confirm()
    for path in ("/desk/", "/desk/?tab=all", "/desk/?tab=open", "/desk/dashboard", "/desk/search"):
        page = client.get(path).get_data(as_text=True)
        assert [reference for reference in references if reference in page] == [], path
    assert "Cases that arrived: <b>1</b>" in client.get("/desk/dashboard").get_data(as_text=True)
    for reference in references:
        for more in ("", "/history", "/export", "/links", "/coding", "/transfer"):
            assert client.get(f"/desk/cases/{reference}{more}").status_code == 404
        assert cases.by_reference(reference) is None, "nobody exports it"
    visitor = house.visitors[editor.id]
    assert [one.id for one in db.session.scalars(bulk._there_for(visitor))] == [real]  # noqa: SLF001 what it changes
    assert search_pages.PAGES.count(editor) == (1, 1)
    assert (outbox.health(now()).owed, outbox.health(now()).day) == (0, 1)
    assert all(letter.is_canary for letter in letters() if letter.case_id in numbers)
    chores.every_minute()
    assert not alarms.standing()


def test_all_its_letters_go_to_its_mailbox_whoever_should_hear(
    app: Flask, house: House, site: Site, clock: Clock
) -> None:
    hears, locked = make_member(house, "KZ", address="aigerim@example.org"), make_member(house, "KZ")
    admin = make_member(house, "KZ", role=None, is_admin=True)
    gone = locked.address
    begin("KZ")
    canary_rounds.go_on()
    assert {letter.address for letter in letters()} == {"info@acca.media", hears.address, gone}
    with transaction():
        done = lockdown.lock(house.visitors[admin.id], locked.id)
    assert (done.letters, done.cases.untold) == (0, 0), "a canary is no news that anybody missed"
    deliver_due()
    canaries = [letter for letter in letters() if letter.is_canary]
    written = {
        str(message["Message-ID"]): message
        for message in (
            message_from_bytes(file.read_bytes(), policy=policy.default) for file in folder(app).glob("*.eml")
        )
    }
    for letter in canaries:
        assert (letter.message_id in written) == (letter.withdrawn_at is None)
        if letter.withdrawn_at is None:
            assert written[letter.message_id]["To"] == canary_mailbox.AT_THE_FOLDER
            assert not re.search(f"aigerim|info@acca.media>?$|{gone}", str(written[letter.message_id]["To"]))
    assert {letter.withdrawn_at is None for letter in canaries} == {True, False}
    canary_rounds.go_on()
    assert [run.what for run in runs()] == [""]


def test_without_a_mailbox_of_its_own_its_letters_go_nowhere(app: Flask, house: House) -> None:
    make_member(house, "KZ", address="aigerim@example.org")
    server = config.load({"INTAKE_MAIL_URL": "smtp://127.0.0.1:9"}).mail
    app.config["MAIL"] = server
    with transaction():
        enqueue("new_case", [Addressee("aigerim@example.org", "en")], now(), is_canary=True, **WORDS)
    (letter,) = letters()
    taken: list[object] = []

    class Carrier:
        def send(self, message: object) -> None:
            taken.append(message)

    outcome = deliver.send(letter, Carrier())
    assert (outcome.accepted, taken) == (False, [])
    assert "INTAKE_CANARY_ADDRESS is not set" in outcome.answer
    app.config["CANARY_ADDRESS"] = "canary@example.org"
    assert deliver.send(letter, Carrier()).accepted
    assert [message.recipients for message in taken] == [["canary@example.org"]]  # type: ignore[attr-defined]  # a Message


def test_its_identity_opens_canaries_and_nothing_else(app: Flask, house: House, site: Site) -> None:
    member = make_member(house, "KZ")
    make_case("KZ")
    begin("KZ")
    canary_rounds.go_on()
    path = app.config["INSTANCE"] / canary_mark.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    identity = canary_mark.identity()
    invented, told = (
        db.session.scalars(select(Statement).join(Case).where(Case.status == status)).one()
        for status in (CANARY, RECEIVED)
    )
    for opens in (identity, house.identity("KZ")):
        words = unseal_document(cases.STATEMENT, invented.sealed, opens)
        assert words["story"] == canary.story(runs()[0].id, "KZ")
    with pytest.raises(SealError):
        unseal_document(cases.STATEMENT, told.sealed, identity)
    for sealed in (*db.session.scalars(select(Seat.identity)), *db.session.scalars(select(DeskKey.rescue_copy))):
        with pytest.raises(SealError):
            unseal_identity(sealed, identity)
    assert identity.recipient not in {member.recipient, *db.session.scalars(select(DeskKey.recipient))}


@pytest.mark.usefixtures("two")
def test_they_go_as_often_as_is_set_and_first_when_the_house_has_stood_that_long(
    app: Flask, house: House, site: Site, clock: Clock
) -> None:
    chores.every_minute()
    assert runs() == [], "a first start disturbs nobody"
    clock.ahead = DAY + timedelta(minutes=1)
    chores.every_minute()
    assert len(runs()) == 2
    deliver_due()
    chores.every_minute()
    assert [run.what for run in runs()] == [""] * 2
    clock.ahead += DAY - timedelta(minutes=1)
    chores.every_minute()
    assert len(runs()) == 2
    clock.ahead += timedelta(minutes=2)
    app.config["CANARY_HOURS"] = 0
    chores.every_minute()
    assert len(runs()) == 2, "switched off"
    app.config["CANARY_HOURS"] = 24
    chores.every_minute()
    assert len(runs()) == 4


@pytest.mark.usefixtures("two")
def test_an_alarm_says_when_the_last_good_one_is_too_long_ago_until_one_is_good(
    app: Flask, house: House, site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(*canary.ALL)
    for _ in range(2):
        look()
    clock.ahead = 2 * DAY + timedelta(minutes=1)
    with monkeypatch.context() as patch:
        patch.setattr(canary, "due", lambda *_: [])  # as if the worker had stood still
        chores.every_minute()
    assert {alarm.about for alarm in alarms.standing()} == set(canary.ALL)
    for _ in range(2):
        chores.every_minute()
        deliver_due()
    chores.every_minute()
    assert alarms.standing() == []
    with transaction():
        canary.sound({"KZ"}, now())
    app.config["CANARY_HOURS"] = 0
    chores.every_minute()
    assert alarms.standing() == [], "nobody waits for one any more"


def test_whatever_goes_wrong_with_canaries_letters_go_out(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ValueError

    monkeypatch.setattr(canary_rounds, "every_minute", broken)
    chores.every_minute()
    make_case("KZ")
    assert deliver_due().delivered == 1


@pytest.mark.usefixtures("two")
def test_the_command_waits_until_all_is_done_or_says_what_is_wrong(
    app: Flask, house: House, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: deliver_due())  # the worker beside it
    done = app.test_cli_runner().invoke(args=["canary"])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [f"{country:6} All was right" for country in canary.ALL]
    app.config["CANARY_URL"] = "http://127.0.0.1:9"
    done = app.test_cli_runner().invoke(args=["canary"])
    assert done.exit_code == 1
    assert done.output.count("The web server did not answer\n") == 2
    app.config["MAIL"] = config.load({"INTAKE_MAIL_URL": "smtp://127.0.0.1:9"}).mail
    done = app.test_cli_runner().invoke(args=["canary"])
    assert (done.exit_code, done.output.count("INTAKE_CANARY_ADDRESS")) == (1, 1)


def test_editors_see_what_came_of_the_last_of_each_country(
    app: Flask, client: FlaskClient, house: House, site: Site, statements: list[str]
) -> None:
    sign_in(client, make_member(house, *house.keys, role=EDITOR))
    page = client.get("/desk/letters/canary").get_data(as_text=True)
    assert page.count("None so far") == 6
    assert "every 24 hours" in page
    begin("KZ", "KG")
    canary_rounds.go_on()
    (kept, ended) = (run.id for run in runs())
    with transaction():
        canary.end(ended, now(), canary_words.NOT_ARRIVED)
    statements.clear()
    page = client.get("/desk/letters/canary").get_data(as_text=True)
    few = len(statements)
    assert "The letters did not arrive in time" in page
    assert "Waiting for the mail server to take the letters" in page
    with transaction():
        canary.end(kept, now())
    for _ in range(3):
        for run in begin(*canary.ALL)[-6:]:
            with transaction():
                canary.end(run.id, now())
    statements.clear()
    page = client.get("/desk/letters/canary").get_data(as_text=True)
    assert page.count("All was right<") + page.count("All was right\n") >= 6
    assert len(statements) == few
    app.config["CANARY_HOURS"] = 0
    assert "the operator has switched it off" in client.get("/desk/letters/canary").get_data(as_text=True)
    assert [figure.seconds is not None for figure in canary.figures()] == [True] * 6
