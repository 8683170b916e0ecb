"""Whatever breaks on the way of a canary is said, and nothing is left of it."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from intake import chores
from intake.cases import canary_words
from intake.cases.models import RECEIVED, Case, ComplainantKey, Statement
from intake.complaint import canary, canary_mark, canary_rounds, pages, robots, submit
from intake.complaint.forms import FurtherWordsForm
from intake.complaint.models import ANSWERED, ARRIVED, BEGUN, DELIVERED, SENDING, SENT, CanaryRun
from intake.desks.models import DeskKey
from intake.extensions import db, transaction
from intake.i18n import now
from intake.outbox import alarms, canary_mailbox, deliver
from intake.outbox.enqueue import Addressee
from intake.outbox.models import Letter
from intake.outbox.worker import deliver_due
from intake.sealing import new_identity
from tests.complaint.canaries import DAY, Clock, begin, count, folder, look, runs
from tests.factories import House, letters, make_case, make_member
from tests.journeys.site import Site
from tests.outbox import claim_and_die


def fail(what: str) -> None:
    """Look at a run until it is over, and see what was found wrong with it, and that nothing is left."""
    look()
    look()
    (run,) = runs()
    assert (run.what, run.case_id) == (what, None)
    assert (count(Case), count(Letter), count(Statement)) == (0, 0, 0)
    assert canary.late(now(), DAY) == {"KZ"}


def test_letters_to_others_than_should_hear_are_found_out(
    house: House, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_member(house, "KZ")
    monkeypatch.setattr("intake.cases.notices._newsroom", lambda: Addressee("stranger@example.org", "en"))
    begin("KZ")
    fail(canary_words.ADDRESSEES)


def test_a_page_that_takes_nothing_is_found_out(house: House, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "SHORTEST_TIME", 1000)
    begin("KZ")
    fail(canary_words.REFUSED)


def test_a_page_without_the_form_is_found_out(house: House, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intake.complaint.pages.fresh_page", lambda _: "<p>We are busy</p>")
    begin("KZ")
    fail(canary_words.REFUSED)


@pytest.mark.parametrize("gone", ["code", "reference"])
def test_an_answer_without_code_or_reference_is_found_out(
    house: House, site: Site, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    answer = pages.answer_page

    def lacking(receipt: Any, code: Any, lang: str, offered: Any) -> str:
        page = str(answer(receipt, code, lang, offered, FurtherWordsForm(None)))  # not the one that lies ready
        lost = receipt.reference if gone == "reference" else f"<span>{code.digits[:4]}</span>"
        return page.replace(lost, "")

    monkeypatch.setattr(pages, "answer_page", lacking)
    begin("KZ")
    fail(canary_words.NO_RECEIPT)


def test_a_canary_that_is_taken_for_a_complaint_is_found_out_and_the_complaint_stays(
    house: House, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_member(house, "KZ")
    monkeypatch.setattr(canary_mark, "run_of", lambda *_: None)
    begin("KZ")
    look()
    assert runs()[0].what == canary_words.NOT_MARKED
    (case,) = db.session.scalars(select(Case))
    assert case.status == RECEIVED


def test_words_that_are_not_those_that_were_sent_are_found_out(
    house: House, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = submit._words  # noqa: SLF001 what is sealed
    monkeypatch.setattr(submit, "_words", lambda complaint: {**words(complaint), "story": "Another one"})
    begin("KZ")
    fail(canary_words.NOT_OPENED)


def test_a_case_that_is_not_sealed_to_the_canary_is_found_out(
    house: House, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary_mark, "recipient", lambda: new_identity().recipient)
    begin("KZ")
    fail(canary_words.NOT_OPENED)


def test_a_desk_that_gets_a_new_key_meanwhile_lets_the_canary_begin_again(
    house: House, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary_mark, "recipient", lambda: new_identity().recipient)
    begin("KZ")
    look()
    with transaction():
        db.session.execute(update(DeskKey).values(made_at=now() + timedelta(seconds=1)))
    look()
    assert (runs(), count(Case), canary.late(now(), DAY)) == ([], 0, set())


def test_a_web_server_that_is_away_is_asked_again_and_said_once_it_takes_too_long(
    app: Flask, house: House, site: Site, clock: Clock
) -> None:
    there, app.config["CANARY_URL"] = site.url, "http://127.0.0.1:9"
    begin("KZ", "KG")
    chores.every_minute()
    assert [(run.step, run.what) for run in runs()] == [(BEGUN, "")] * 2
    assert not alarms.standing(), "it may be starting"
    clock.ahead = canary.LATE
    chores.every_minute()
    assert [run.what for run in runs()] == [canary_words.UNREACHABLE] * 2
    assert {(alarm.kind, alarm.about) for alarm in alarms.standing()} == {("canary_late", "KZ"), ("canary_late", "KG")}
    app.config["CANARY_URL"] = there
    clock.ahead = canary.AGAIN_AFTER - timedelta(minutes=1)
    chores.every_minute()
    assert len(runs()) == 2, "it is not tried again at once"
    clock.ahead += timedelta(minutes=2)
    for _ in range(3):
        chores.every_minute()
        deliver_due()
    assert [run.what for run in runs()][2:] == ["", ""]
    assert alarms.standing() == []


def test_letters_that_are_not_taken_or_do_not_arrive_are_said_after_some_minutes(
    app: Flask, house: House, site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin("KZ")
    canary_rounds.go_on()
    clock.ahead = canary.LATE - timedelta(minutes=1)
    canary_rounds.go_on()
    assert runs()[0].ended_at is None
    clock.ahead = canary.LATE
    canary_rounds.go_on()
    assert [run.what for run in runs()] == [canary_words.NOT_ACCEPTED]
    clock.ahead = timedelta()
    begin("KZ")
    canary_rounds.go_on()
    deliver_due()
    for file in folder(app).glob("*.eml"):
        file.unlink()
    canary_rounds.go_on()
    assert runs()[1].step == DELIVERED
    clock.ahead = canary.LATE
    canary_rounds.go_on()
    assert [run.what for run in runs()][1:] == [canary_words.NOT_ARRIVED]
    assert (count(Case), count(Letter)) == (0, 0)


def test_a_letter_that_arrives_at_somebody_else_has_not_arrived(
    app: Flask, house: House, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin("KZ")
    canary_rounds.go_on()
    with monkeypatch.context() as patch:
        patch.setattr(canary_mailbox, "address", lambda: "aigerim@example.org")
        deliver_due()
    canary_rounds.go_on()
    assert runs()[0].step == DELIVERED


@pytest.mark.parametrize("step", [SENDING, SENT, ANSWERED, DELIVERED, ARRIVED])
def test_whoever_is_killed_at_any_step_leaves_nothing_behind(house: House, site: Site, clock: Clock, step: str) -> None:
    begin("KZ")
    if step == SENDING:
        with transaction():
            canary.go(runs()[0].id, BEGUN, SENDING)
    else:
        canary_rounds.go_on()
        with transaction():
            db.session.execute(update(CanaryRun).values(step=step))
    if step == ARRIVED:
        with transaction():
            db.session.execute(update(CanaryRun).values(step=SENT))
    clock.ahead = canary.LATE
    canary_rounds.go_on()
    assert runs()[0].what in {canary_words.BROKEN_OFF, canary_words.NOT_ACCEPTED, canary_words.NOT_ARRIVED}
    assert (count(Case), count(Letter), count(Statement), count(ComplainantKey)) == (0, 0, 0, 0)


def test_a_case_goes_once_none_of_its_letters_is_being_sent(house: House, site: Site, clock: Clock) -> None:
    begin("KZ")
    canary_rounds.go_on()
    claim = claim_and_die(now())
    assert len(claim.letters) == 1
    clock.ahead = canary.LATE
    with transaction():
        canary.end_late(now(), timedelta(0))
    assert (runs()[0].what, count(Case)) == (canary_words.NOT_ACCEPTED, 1), "its letter is on its way"
    with transaction():
        deliver.record(claim.letters[0], claim.until, deliver.Outcome(accepted=True, smtp_code=250, answer=""), now())
    canary_rounds.go_on()
    assert (count(Case), count(Letter)) == (0, 0)


def test_no_real_case_is_ever_removed(house: House) -> None:
    case, _, _ = make_case("KZ")
    (run,) = begin("KZ")
    with transaction():
        db.session.execute(update(CanaryRun).values(case_id=case.id, step=SENT))
    with transaction():
        canary.end(run.id, now(), canary_words.BROKEN_OFF)
    canary_rounds.go_on()
    assert (count(Case), count(Statement), len(letters())) == (1, 1, 1)
