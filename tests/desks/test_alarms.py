"""Members are told at the desk what keeps letters from arriving: editors of everything, journalists of their own."""

from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from intake.audit import AuditEntry
from intake.desks import alarm_board
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import EDITOR, Member
from intake.outbox import alarms, postmaster
from intake.outbox.alarms import ADDRESS_BOUNCES, KINDS, NEWSROOM, NO_DELIVERY
from intake.outbox.models import Alarm
from tests.factories import House, make_member, sign_in, token_on

OWN = "Letters to your own address come back"


def raise_all(*about: str) -> None:
    """Raise every alarm there is, that of bouncing addresses for each of these."""
    with transaction():
        for kind in KINDS:
            for one in about if kind == ADDRESS_BOUNCES else ("",):
                alarms.raised(kind, now(), one)
        postmaster.started(now() - timedelta(minutes=11))


def banner_on(client: FlaskClient, path: str = "/desk/") -> str:
    """Return the banner of a page as words."""
    page = client.get(path).get_data(as_text=True)
    return " ".join(
        unescape(page.partition('<div class="flash warning" role="alert">')[2].partition("</div>")[0]).split()
    )


def test_editors_are_told_of_everything_without_a_name(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, *house.keys, role=EDITOR))
    assert banner_on(client) == ""
    gone = make_member(house, "KZ", name="Zarina")
    raise_all(str(gone.id), NEWSROOM)
    said = banner_on(client)
    assert said.count("<p>") == 4, "three lines and a link: below there is work to do"
    for words in (
        "none goes out: since ",
        "no sign of life: since ",
        f"{len(KINDS) - 2} more alarms stand.",
        "/desk/alarms",
    ):
        assert words in said
    assert banner_on(client, "/desk/account") == said
    assert banner_on(client, "/desk/alarms") == "", "all of it stands there"
    with transaction():
        for kind in set(KINDS) - {ADDRESS_BOUNCES}:
            alarms.end(kind, now())
    said = banner_on(client)
    assert "Letters to 2 addresses come back." in said
    assert "Zarina" not in said


def test_journalists_are_told_of_what_keeps_letters_from_themselves(client: FlaskClient, house: House) -> None:
    other, member = make_member(house, "KZ"), make_member(house, "KZ")
    sign_in(client, member)
    raise_all(str(other.id), NEWSROOM)
    said = banner_on(client)
    assert said.count("<p>") == 3
    assert OWN not in said
    assert "addresses" not in said
    with transaction():
        alarms.raised(ADDRESS_BOUNCES, now(), str(member.id))
    assert OWN in banner_on(client)
    assert "/desk/alarms" not in banner_on(client), "that page is not theirs"


def test_it_costs_a_page_one_statement(app: Flask, house: House, statements: list[str]) -> None:
    member = make_member(house, "KZ", role=EDITOR)
    asked = []
    for about in ((), ("5", "6", "7")):
        raise_all(*about)
        db.session.get_one(Member, member.id)
        statements.clear()
        with app.test_request_context("/desk/"):
            assert alarm_board.banner(member)
        asked.append(len(statements))
    assert asked == [1, 1]


def test_the_page_of_alarms_names_whose_address_it_is_and_says_what_to_do(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, "KZ", role=EDITOR))
    assert "No alarm stands." in client.get("/desk/alarms").get_data(as_text=True)
    hostile = make_member(house, "KZ", name="\u202e<script>alert(1)</script>")
    raise_all(str(hostile.id), NEWSROOM)
    with transaction():
        alarms.end(NO_DELIVERY, now())
        alarms.raised(alarms.CANARY_LATE, now(), "KZ")
    page = client.get("/desk/alarms").get_data(as_text=True)
    assert "<bdi>\u202e&lt;script&gt;alert(1)&lt;/script&gt;</bdi>" in page
    for words in (
        "The newsroom",
        "Kazakhstan",
        "gives no sign of life",
        "Over, in the last 30 days",
        "mailbox is full",
    ):
        assert words in page
    assert "It is mended" not in page, "that is an admin's word"
    assert "@" not in page.partition("<main")[2]


def mend(client: FlaskClient, alarm_id: int) -> int:
    csrf = token_on(client.get("/desk/alarms").get_data(as_text=True))
    return client.post(f"/desk/alarms/{alarm_id}/mended", data={"csrf_token": csrf}).status_code


def test_an_admin_says_that_an_address_is_mended_and_that_is_written_down(client: FlaskClient, house: House) -> None:
    admin, member = make_member(house, role=None, is_admin=True), make_member(house, "KZ", name="Zarina")
    sign_in(client, admin)
    raise_all(str(member.id))
    numbers = {alarm.kind: alarm.id for alarm in alarms.standing()}
    assert mend(client, numbers[NO_DELIVERY]) == 404, "it ends by itself"
    assert mend(client, 4711) == 404
    assert [mend(client, numbers[ADDRESS_BOUNCES]) for _ in range(2)] == [302, 302]
    db.session.rollback()
    assert db.session.get_one(Alarm, numbers[ADDRESS_BOUNCES]).ended_at is not None
    found = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "alarm.mended")).all()
    assert [(entry.member_id, entry.detail) for entry in found] == [
        (admin.id, {"alarm": ADDRESS_BOUNCES, "member": member.id})
    ]
    page = client.get("/desk/audit").get_data(as_text=True)
    assert "An alarm was taken as mended" in page
    assert "Letters to an address come back" in page


@pytest.mark.parametrize("part", ["99999999999999999999", "%00"])
def test_a_page_that_is_not_there_has_its_banner_too(client: FlaskClient, house: House, part: str) -> None:
    sign_in(client, make_member(house, "KZ", role=EDITOR))
    raise_all("5")
    answer = client.get(f"/desk/cases/{part}")
    assert (answer.status_code, "more alarms stand" in answer.get_data(as_text=True)) == (404, True)
