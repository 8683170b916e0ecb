"""Nobody but the house can make a canary, and who should hear of one is who hears of a complaint."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner
from sqlalchemy import select, update

from intake.audit import AuditEntry
from intake.cases import queries as cases
from intake.cases.models import CANARY, RECEIVED, Case, Statement
from intake.complaint import canary, canary_audience, canary_mark, submit
from intake.complaint.models import BEGUN, SENDING, CanaryRun
from intake.desks import queries as desks
from intake.desks.models import Route
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import EDITOR, Member
from intake.sealing import SealError, unseal_document
from tests.complaint.canaries import begin, count, runs
from tests.factories import House, go_away, letters, make_case, make_member, send, signed_code


def earlier(age: int, text: str) -> str:
    """Return what a mark would be that was made some seconds ago."""

    class Earlier(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() - age

    return Earlier(current_app.secret_key or "", salt="canary").sign(text).decode()


@pytest.mark.parametrize(
    "of", ["forged", "unsigned", "old", "other country", "of a code", "not begun", "ended", "unknown"]
)
def test_a_mark_that_is_good_for_nothing_makes_a_complaint_like_any_other(
    client: FlaskClient, house: House, of: str
) -> None:
    make_member(house, "KZ")
    (run,) = begin("KZ")
    with transaction():
        assert of == "not begun" or canary.go(run.id, BEGUN, SENDING)
        if of == "ended":
            db.session.execute(update(CanaryRun).values(ended_at=now()))
    good = canary_mark.of(run.id, "KZ")
    mark = {
        "forged": TimestampSigner("x" * 40, salt="canary").sign(f"{run.id}.KZ").decode(),
        "unsigned": f"{run.id}.KZ",
        "old": earlier(canary_mark.LIFE + 2, f"{run.id}.KZ"),
        "other country": canary_mark.of(run.id, "KG"),
        "of a code": TimestampSigner(current_app.secret_key or "", salt="return-code").sign(f"{run.id}.KZ").decode(),
        "unknown": canary_mark.of(run.id + 1, "KZ"),
    }.get(of, good)
    answer = send(client, canary=mark)
    assert answer.status_code == 200
    assert is_ordinary(house)
    assert runs()[0].case_id is None


def test_a_mark_is_good_once(client: FlaskClient, house: House) -> None:
    make_member(house, "KZ")
    (run,) = begin("KZ")
    with transaction():
        canary.go(run.id, BEGUN, SENDING)
    mark = canary_mark.of(run.id, "KZ")
    assert send(client, canary=mark).status_code == 200
    assert [case.status for case in db.session.scalars(select(Case))] == [CANARY]
    assert send(client, canary=mark).status_code == 200
    with transaction():
        canary.end(run.id, now())
    assert is_ordinary(house)


def test_two_who_send_the_same_mark_at_once_make_one_canary_and_one_complaint(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_member(house, "KZ")
    (run,) = begin("KZ")
    with transaction():
        canary.go(run.id, BEGUN, SENDING)
    seal = submit.seal

    def faster(*args: Any, **more: Any) -> submit.SealedComplaint:
        """Seal as a canary, and find the run taken by another when it is saved."""
        sealed = seal(*args, **more)
        monkeypatch.setattr(submit, "seal", seal)
        if sealed.canary:
            make_case("KZ", canary=run.id)
        return sealed

    monkeypatch.setattr(submit, "seal", faster)
    make_case("KZ", "They took my sister from her home on Sunday.", canary=run.id)
    assert count(Case) == 2
    with transaction():
        canary.end(run.id, now())
    assert is_ordinary(house)


def is_ordinary(house: House) -> bool:
    """Return whether there is one case, and it is like any other."""
    (case,) = db.session.scalars(select(Case)).all()
    (statement,) = db.session.scalars(select(Statement).where(Statement.case_id == case.id)).all()
    unseal_document(cases.STATEMENT, statement.sealed, house.identity("KZ"))
    with pytest.raises(SealError):
        unseal_document(cases.STATEMENT, statement.sealed, canary_mark.identity())
    owed = [letter for letter in letters() if letter.case_id == case.id]
    received = db.session.scalars(select(AuditEntry).where(AuditEntry.case_id == case.id)).one().act
    return (
        (case.status, received) == (RECEIVED, "case.received")
        and len(owed) == 2
        and not any(letter.is_canary for letter in owed)
    )


def test_further_words_under_a_code_are_no_canary(client: FlaskClient, house: House) -> None:
    make_member(house, "KZ")
    (run,) = begin("KZ")
    with transaction():
        canary.go(run.id, BEGUN, SENDING)
    code = signed_code()
    send(client, code=code)
    send(
        client, code=code, story="And on Tuesday they came again, for his papers.", canary=canary_mark.of(run.id, "KZ")
    )
    assert [case.status for case in db.session.scalars(select(Case))] == [RECEIVED]
    for statement in db.session.scalars(select(Statement)):
        with pytest.raises(SealError):
            unseal_document(cases.STATEMENT, statement.sealed, canary_mark.identity())
    assert runs()[0].case_id is None


def nobody(house: House) -> None:
    pass


def editors_alone(house: House) -> None:
    make_member(house, *house.keys, role=EDITOR)
    go_away(make_member(house, role=EDITOR))


def a_journalist_is_away(house: House) -> None:
    make_member(house, "KZ")
    go_away(make_member(house, "KZ"), make_member(house, "KZ", role=EDITOR))


def all_are_away(house: House) -> None:
    go_away(make_member(house, "KZ"), make_member(house, "KG"))
    make_member(house, *house.keys, role=EDITOR)


def a_stand_in_is_away_too(house: House) -> None:
    last = make_member(house, "KZ", role=EDITOR)
    second = make_member(house, "KZ", role=EDITOR)
    go_away(second, last)
    go_away(make_member(house, "KZ"), second)


def one_is_locked(house: House) -> None:
    make_member(house, "KZ")
    locked = make_member(house, "KZ")
    with transaction():
        db.session.execute(update(Member).where(Member.id == locked.id).values(locked_at=now()))


def one_has_the_newsrooms_address(house: House) -> None:
    make_member(house, "KZ", address="info@acca.media")


@pytest.mark.parametrize(
    "people",
    [
        nobody,
        editors_alone,
        a_journalist_is_away,
        all_are_away,
        a_stand_in_is_away_too,
        one_is_locked,
        one_has_the_newsrooms_address,
    ],
)
def test_who_should_hear_is_worked_out_as_the_letters_work_it_out(
    house: House, people: Callable[[House], None]
) -> None:
    people(house)
    for country in ("KZ", "other"):
        case, _, _ = make_case(country)
        found = canary_audience.should_hear(country, "en", now())
        assert found == canary_audience.addressed(case.id), country
        assert "info@acca.media" in found


def test_who_should_hear_is_by_the_route_of_the_language(house: House) -> None:
    make_member(house, "KZ")
    make_member(house, "UZ", address="russian@example.org")
    with transaction():
        db.session.add(Route(country="KZ", language="ru", desk_id=desks.by_name("UZ").id))
    for language in ("ru", "en"):
        case, _, _ = make_case("KZ", language=language)
        found = canary_audience.should_hear("KZ", language, now())
        assert found == canary_audience.addressed(case.id)
        assert ("russian@example.org" in found) == (language == "ru")
