"""The letters about a case, on its page: to whom, what became of them, and no address."""

from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, update

from intake import config
from intake.cases import delivery, letter_words
from intake.cases.models import Case
from intake.extensions import db, table, transaction
from intake.i18n import now
from intake.outbox import queries as outbox
from intake.outbox.models import Attempt, Letter
from tests.cases import page_of
from tests.factories import House, letters, make_case, make_member, sign_in

ABOUT_NO_CASE = {
    "ending",
    "invitation",
    "member_locked",
    "seat_promised",
    "seated",
    "secrets_changed",
    "stand_in",
    "summary",
}


def change(letter: Letter, **values: object) -> None:
    """Change columns of a letter."""
    with transaction():
        db.session.execute(update(Letter).where(Letter.id == letter.id).values(values))


def tried(letter: Letter, smtp_code: int | None, answer: str = "", *, accepted: bool = False) -> None:
    """Add an attempt at a letter."""
    row = {"letter_id": letter.id, "at": now(), "accepted": accepted, "smtp_code": smtp_code, "answer": answer}
    with transaction():
        db.session.execute(insert(table(Attempt)), [row])


def remind(case: Case, address: str) -> Letter:
    """Owe a reminder, with the address in plain, as it must never be."""
    moment = now()
    row = {"message_id": address, "kind": "nudge", "language": "en", "case_id": case.id, "address": address}
    with transaction():
        texts = {"subject": "x", "body": "x", "owed_at": moment, "due_at": moment, "failures": 0}
        db.session.execute(insert(table(Letter)), [{**row, **texts}])
    return letters("nudge")[-1]


def part_of(client: FlaskClient, case: Case) -> str:
    """Return what the page of a case says of letters, as words."""
    return " ".join(unescape(page_of(client, case).partition('id="letters"')[2].partition("</section>")[0]).split())


def test_what_became_of_each_letter(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ", name="Zarina")
    gone = make_member(house, "KZ", name="Gone")
    case = make_case()[0]
    newsroom, hers, his = letters()
    assert hers.member_id == member.id
    assert his.member_id == gone.id
    sign_in(client, member)
    assert "3 letters are not accepted yet." in part_of(client, case)
    tried(newsroom, 250, accepted=True)
    change(newsroom, delivered_at=now())
    tried(hers, 421, "first words")
    tried(hers, 451, f"4.3.0 <{hers.address.upper()}> and {hers.address.replace('@', '=')}@bounces.example try later")
    change(hers, failures=2, due_at=now() + timedelta(hours=1))
    change(his, withdrawn_at=now(), address="")
    part = part_of(client, case)
    assert "1 letter is not accepted yet." in part
    assert part.count("New case") == 3
    for words in ("The newsroom", "Zarina", "Gone", "Accepted by the mail server", "Withdrawn", "Owed, and tried next"):
        assert words in part
    assert "2 attempts, 2 in vain" in part
    assert "451 <bdi>4.3.0 <…> and … try later</bdi>" in part
    assert "first words" not in part
    assert "@" not in part


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.1.1 <zebra.q@example.org>: unknown",
        "mailbox zebra.q is full",
        "ZEBRA.Q@EXAMPLE.ORG rejected",
        "sent to prvs=1=zebra.q@example.org, and other@elsewhere.example",
        "<script>zebra.q＠example.org</script>",
    ],
)
def test_an_address_in_the_servers_words_is_left_out(answer: str) -> None:
    said = outbox.without_address(answer, "zebra.q@example.org").casefold()
    assert "zebra.q" not in said
    assert "@" not in said


def test_a_complainants_address_shows_nowhere(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, "KZ"))
    case = make_case()[0]
    reminder = remind(case, "zebra@example.org")
    tried(reminder, 550, "zebra@example.org: no <b>such</b> user")
    change(reminder, failures=1, due_at=now() + timedelta(minutes=1))
    part = part_of(client, case)
    assert "The complainant's reminder" in part
    assert "550 <bdi>…: no <b>such</b> user" in part, "it is escaped on the page"
    assert "zebra" not in part
    board = client.get("/desk/dashboard").text
    assert "no &lt;b&gt;such&lt;/b&gt; user" in board
    assert "zebra" not in board
    assert "zebra" not in client.get(f"/desk/cases/{case.reference}").text


def test_letters_about_another_case_and_to_another_desk_do_not_show(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, "KZ"))
    case, foreign = make_case()[0], make_case("KG")[0]
    make_member(house, "KG", name="Quagga")
    make_case("KG")
    assert "2 letters" in part_of(client, case)
    assert "Quagga" not in part_of(client, case)
    assert client.get(f"/desk/cases/{foreign.reference}").status_code == 404


def test_however_many_letters_there_are_two_statements_read_them(
    app: Flask, house: House, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_member(house, "KZ")
    case = make_case()[0]
    asked = []
    for _ in range(2):
        db.session.get_one(Case, case.id)
        statements.clear()
        ledger = delivery.of_case(case)
        asked.append(len(statements))
        for number in range(8):
            tried(remind(case, f"{number}-{len(asked)}@example.org"), 451, "later")
    assert asked == [2, 2]
    assert len(ledger.letters) == 10
    monkeypatch.setattr(delivery, "MOST", 4)
    few = delivery.of_case(case)
    assert few.more
    assert len(few.letters) == 4


def test_how_letters_are_delivered(app: Flask, house: House) -> None:
    assert outbox.health(now()).owed == 0
    make_member(house, "KZ")
    make_member(house, "KZ")
    make_case()
    newsroom, hers, his = letters()
    before = outbox.health(now())
    assert (before.owed, before.failing, before.day, before.delivered_at, before.tried_at) == (3, 0, 0, None, None)
    tried(newsroom, 250, accepted=True)
    change(newsroom, delivered_at=now() - timedelta(days=2))
    tried(hers, 451, f"{hers.address} later")
    change(hers, failures=1, due_at=now() + timedelta(minutes=1))
    change(his, owed_at=now() - timedelta(days=3), due_at=now() - timedelta(minutes=6))
    found = outbox.health(now())
    assert (found.owed, found.failing, found.late, found.day, found.week) == (2, 1, 1, 0, 1)
    assert found.oldest_owed_at is not None
    assert found.oldest_owed_at < now() - timedelta(days=2)
    assert [(word.smtp_code, word.answer, word.count) for word in found.words] == [(451, "… later", 1)]
    change(his, locked_until=now() + timedelta(minutes=1))
    assert outbox.health(now()).late == 0, "it is being sent"
    change(his, locked_until=None, withdrawn_at=now())
    assert outbox.health(now()).owed == 1


def test_every_letter_about_a_case_has_words() -> None:
    folders = {path.name for path in (config.ROOT / "templates" / "email").iterdir()}
    assert set(letter_words.KINDS) == folders - ABOUT_NO_CASE
