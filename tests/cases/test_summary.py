"""The summary of the morning: once, whoever works and whatever the clock does; and nothing in it of anybody."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import insert, update

from intake import audit, chores, config
from intake.cases import summary
from intake.cases.models import Case, Message
from intake.desks import queries as desks
from intake.extensions import db, table, transaction
from intake.i18n import now
from intake.members.models import EDITOR
from intake.outbox import alarms, postmaster, worker
from intake.outbox.models import Attempt, Letter
from tests.cases import tell, visit_of, write
from tests.factories import House, letters, make_case, make_desk, make_member
from tests.servers.smtp import SmtpServer
from tests.test_audit import rewrite

ALMATY = ZoneInfo("Asia/Almaty")
MORNING = datetime(2026, 11, 25, 8, tzinfo=ALMATY).astimezone(UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Hand:
    """A clock that is moved by hand."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Hand:
    clock = Hand(MORNING - DAY + HOUR)
    monkeypatch.setattr(chores, "now", clock)
    return clock


@pytest.fixture
def begun(app: Flask, house: House, clock: Hand) -> House:
    """Return a house that was begun the day before: its first summary is owed in the morning."""
    chores.sum_up()
    assert letters("summary") == []
    return house


def made() -> list[Letter]:
    """Sum up, as the worker does every minute; return all summaries there are."""
    chores.sum_up()
    chores.sum_up()
    return letters("summary")


def test_it_is_owed_once_at_eight_where_the_newsroom_is(begun: House, clock: Hand) -> None:
    clock.moment = MORNING - timedelta(seconds=1)
    assert made() == []
    for moment, count in ((MORNING, 1), (MORNING + 5 * HOUR, 1), (MORNING + DAY, 2)):
        clock.moment = moment
        assert len(made()) == count


def test_a_worker_that_was_down_in_the_morning_makes_it_up_once(begun: House, clock: Hand) -> None:
    clock.moment = MORNING + 2 * DAY + 6 * HOUR
    (letter,) = made()
    assert letter.subject == "Summary of 27 November 2026"
    clock.moment = MORNING + 3 * DAY
    assert len(made()) == 2


def test_a_clock_that_is_set_back_brings_no_second_one_and_one_that_was_far_ahead_silences_none(
    begun: House, clock: Hand
) -> None:
    clock.moment = MORNING
    assert len(made()) == 1
    for moment in (MORNING - HOUR, MORNING, MORNING - DAY, MORNING):
        clock.moment = moment
        assert len(made()) == 1
    clock.moment = MORNING + 900 * DAY
    assert len(made()) == 2
    clock.moment = MORNING + HOUR
    assert len(made()) == 2
    clock.moment = MORNING + DAY
    assert len(made()) == 3


def test_of_two_workers_one_makes_it(begun: House, clock: Hand) -> None:
    clock.moment = MORNING
    first, second = summary.gathered(MORNING), summary.gathered(MORNING)
    with transaction():
        assert summary.owe(first, MORNING) == 1
    with transaction():
        assert summary.owe(second, MORNING) == 0
    assert postmaster.found().summed_up_at == MORNING


def test_another_time_zone_has_another_morning(app: Flask, begun: House, clock: Hand) -> None:
    app.config["TIME_ZONE"] = ZoneInfo("Europe/Berlin")
    assert made() == [], "yesterday's is not over there yet"
    for moment, count in ((MORNING, 1), (MORNING + 4 * HOUR - timedelta(seconds=1), 1), (MORNING + 4 * HOUR, 2)):
        clock.moment = moment
        assert len(made()) == count


def test_it_goes_to_editors_and_the_newsroom_each_in_their_language(begun: House, clock: Hand) -> None:
    make_member(begun, "KZ", address="journalist@example.org")
    for language in ("ru", "en"):
        make_member(begun, "KZ", role=EDITOR, language=language, address=f"{language}@example.org")
    clock.moment = MORNING
    found = {letter.address: letter for letter in made()}
    assert set(found) == {"info@acca.media", "ru@example.org", "en@example.org"}
    assert "ноября" in found["ru@example.org"].subject
    assert found["info@acca.media"].body == found["en@example.org"].body


def troubled(house: House) -> list[str]:
    """Leave letters owed, cases unread, alarms standing; return what no summary may tell."""
    member = make_member(house, "KZ", name="Zarina", address="zarina@example.org")
    cases = [make_case("KZ")[0], make_case("KZ")[0]]
    case, keys, _ = make_case("TJ")
    with transaction():
        db.session.execute(update(Case).where(Case.id == case.id).values(status="acknowledged"))
    visit = visit_of(case, keys)
    write(visit, case, "They came again.")
    tell(visit, case, "people", victims="me")
    mine = next(letter for letter in letters() if letter.member_id == member.id)
    answer = f"4.2.2 {mine.address} mailbox\r\nfull \x02unread\x02 \u202e" + "x" * 400
    row = {"letter_id": mine.id, "at": now(), "accepted": False, "smtp_code": 452, "answer": answer}
    with transaction():
        db.session.execute(insert(table(Attempt)), [row])
        db.session.execute(update(Letter).where(Letter.id == mine.id).values(failures=1))
        alarms.raised(alarms.ADDRESS_BOUNCES, now(), str(member.id))
        alarms.raised(alarms.CANARY_LATE, now(), "KZ")
        alarms.end(alarms.CANARY_LATE, now(), "KZ")
    return [*(one.reference for one in (*cases, case)), "Zarina", "@", "They", "\u202e", "\x02"]


def test_it_says_what_waits_and_tells_nothing_of_anybody(begun: House, clock: Hand) -> None:
    secret = troubled(begun)
    clock.moment = max(now(), MORNING) + DAY
    body = made()[0].body
    parts = [part.splitlines() for part in body.split("\n\n")]
    owed, received, unread, standing = parts[0], parts[1], parts[2], parts[3]
    assert owed[1:3] == ["7 letters are owed.", owed[2]]
    assert owed[2].startswith("The oldest since ")
    assert owed[3] == "1 of them was tried in vain. The mail server said last:"
    assert owed[4].startswith("  1 × 452 4.2.2 … mailbox full unread xxx")
    assert len(owed[4]) < 180
    assert owed[5] == "0 letters went out in 24 hours."
    assert [line.partition(", the first since ")[0] for line in received[1:]] == ["Kazakhstan: 2 cases"]
    assert [line.partition(", the first since ")[0] for line in unread[1:]] == ["Tajikistan: 1 case"]
    assert standing[1].startswith("Letters to an address come back, since ")
    assert standing[2:] == []
    for word in secret:
        assert word not in body, word


def test_what_was_over_in_the_day_is_said(begun: House, clock: Hand) -> None:
    with transaction():
        alarms.raised(alarms.NO_DELIVERY, MORNING - 5 * HOUR)
        alarms.end(alarms.NO_DELIVERY, MORNING - 2 * HOUR)
    clock.moment = MORNING
    over = "Over: Letters are owed, and none goes out, from 25 November 2026, 03:00 to 25 November 2026, 06:00"
    assert over in made()[0].body.splitlines()


def test_a_quiet_house_says_so(begun: House, clock: Hand) -> None:
    clock.moment = MORNING
    body = made()[0].body
    assert body.count("None.") == 3
    assert "No letter is owed." in body


def test_what_it_asks_does_not_grow_with_the_cases(begun: House, statements: list[str]) -> None:
    asked = []
    for _ in range(2):
        make_case("KZ")
        case, keys, _ = make_case("KG")
        write(visit_of(case, keys), case, "Anything new?")
        db.session.rollback()
        statements.clear()
        summary.gathered(now())
        asked.append(len(statements))
    assert asked[0] == asked[1]


@pytest.fixture
def saved(app: Flask, begun: House, clock: Hand) -> Iterator[list[bytes]]:
    """Return the summaries of a morning as they came by mail, in two languages; a desk has a name of its own."""
    make_member(begun, "KZ", role=EDITOR, language="ru")
    make_desk(begun, 'Night "shift" > лист ' + "ы" * 40)
    with SmtpServer() as server:
        app.config["MAIL"] = config.load({"INTAKE_MAIL_URL": f"smtp://{server.host}:{server.port}"}).mail
        app.extensions["mail"].server, app.extensions["mail"].port = server.host, server.port
        clock.moment = MORNING
        assert made()
        assert worker.deliver_due().delivered == 2
        yield [letter.raw for letter in server.letters]


def verify(app: Flask, folder: Path, text: str | bytes) -> tuple[int, str]:
    """Let the operator's command compare the chains with a saved letter."""
    path = folder / "letter"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = app.test_cli_runner().invoke(args=["audit", "verify", "--heads", str(path)])
    return done.exit_code, done.output


def relayed(text: str, encoding: str) -> bytes:
    """Return a letter as a server hands it on to one that takes no eight bits."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "info@acca.media", "editor@example.org", "Summary"
    letter.set_content(text, cte=encoding)
    return letter.as_bytes()


def forms(saved: list[bytes]) -> dict[str, str | bytes]:
    """Return letters as people save them."""
    text = letters("summary")[-1].body
    saved = [*saved, relayed(text, "base64"), relayed(text, "quoted-printable")]
    quoted = "".join(f"> {line}\r\n" for line in text.splitlines())
    wrapped = re.sub(r"(.{60}\S*) ", r"\1\n", text)
    return {
        **{f"with its headers, {number}": raw for number, raw in enumerate(saved)},
        "in a mailbox": b"".join(b"From info@acca.media Wed Nov 25 08:00:00 2026\n" + raw + b"\n" for raw in saved),
        "copied": text,
        "quoted": f"On Wednesday, ACCA wrote:\r\n{quoted}",
        "quoted and broken": "".join(f">> {line}\n" for line in wrapped.splitlines()),
        "broken within a hash": re.sub(r"([0-9a-f]{30})([0-9a-f]{34})", r"\1\n\2", text),
        "in another encoding": text.encode("cp1251", errors="replace"),
    }


def test_a_saved_summary_shows_a_chain_that_was_rewritten(app: Flask, saved: list[bytes], tmp_path: Path) -> None:
    count = len(audit.notes())
    assert len(list(audit.read_notes([letters("summary")[0].body]))) == count > 1
    mailbox = forms(saved)["in a mailbox"]
    assert isinstance(mailbox, bytes)
    assert len(list(audit.read_notes([mailbox.decode()]))) == 4 * count
    for how, text in forms(saved).items():
        code, said = verify(app, tmp_path, text)
        assert (code, said.splitlines()[-1]) == (0, "every chain holds"), how
    chain = desks.by_name("KZ").id
    with transaction():
        audit.record("case.opened", desk_id=chain, case_id=1)
    assert verify(app, tmp_path, saved[0])[0] == 0, "a chain may grow"
    with transaction():
        entry = db.session.query(audit.AuditEntry).filter_by(chain=audit.HOUSE, number=1).one()
        entry.detail = {"rescue_recipient": "age1other"}
    rewrite(audit.HOUSE)
    assert app.test_cli_runner().invoke(args=["audit", "verify"]).exit_code == 0, "it is whole, and another"
    for how, text in forms(saved).items():
        code, said = verify(app, tmp_path, text)
        assert code == 1, how
        assert "is not the one that was noted" in said, how


def test_a_summary_that_was_cut_off_or_altered_is_not_taken_for_one(
    app: Flask, saved: list[bytes], tmp_path: Path
) -> None:
    text = letters("summary")[0].body
    for wrong in (
        text.replace(audit.END, ""),
        text.replace('"hash": "', '"hash": "zz'),
        text.replace('"chain"', '"x"'),
    ):
        code, said = verify(app, tmp_path, wrong)
        assert code == 1
        assert said.startswith("Error: a letter ")
        assert len(said.splitlines()) == 1


def test_messages_are_counted_by_case(begun: House) -> None:
    case, keys, _ = make_case("KG")
    for text in ("One.", "Two.", "Three."):
        write(visit_of(case, keys), case, text)
    assert summary.gathered(now()).unread == [], "nobody acknowledged it, so it is counted there"
    with transaction():
        db.session.execute(update(Case).values(status="checking"))
    (waiting,) = summary.gathered(now()).unread
    assert (waiting.desk, waiting.count) == ("KG", 1)
    with transaction():
        db.session.execute(update(Message).values(read_at=now()))
    assert summary.gathered(now()).unread == []
