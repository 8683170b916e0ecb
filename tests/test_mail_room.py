"""What arrives finds its way: bounces to their letters, answers to their cases, and nothing is lost or done twice."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from intake import mail_room
from intake.cases import mailed_answers, notes, queries
from intake.cases.models import DELETED, Case, Note, Statement
from intake.extensions import db, transaction
from intake.members.models import Member
from intake.outbox import arrivals, bounce_reports, bounces, incoming, return_path
from intake.outbox.mailbox import Fate
from intake.outbox.models import Arrival, Bounce, Letter
from intake.sealing import SealError, unseal
from tests.factories import House, count_rows, letters, make_case, make_member
from tests.outbox import owe
from tests.outbox.returned import ADDRESS, NAME, bounce, written
from tests.outbox.test_incoming import SAID

RETURN = "bounces@intake.example.org"


@pytest.fixture
def letter(app: Flask, house: House) -> Letter:
    """Return a letter that was sent, by the name that the bounces give it."""
    app.config["RETURN_ADDRESS"] = RETURN
    owe(1, ADDRESS)
    with transaction():
        ours = update(Letter).where(Letter.address == ADDRESS)
        db.session.execute(ours.values(message_id=NAME, delivered_at=Letter.owed_at))
    return next(letter for letter in letters() if letter.message_id == NAME)


def arrived() -> list[str]:
    return list(db.session.scalars(select(Arrival.kind).order_by(Arrival.id)))


def came_back() -> list[Bounce]:
    return list(db.session.scalars(select(Bounce).order_by(Bounce.id)))


def path_of(letter: Letter) -> str:
    address = return_path.address_of(letter)
    assert address is not None
    return address


def test_each_servers_bounce_is_written_down_beside_the_delivery_without_an_address(letter: Letter) -> None:
    delivered_at, many = letter.delivered_at, bounces.MOST
    for name in SAID:
        assert mail_room.take(bounce(name, return_path=path_of(letter))) is Fate.TAKEN, name
    assert arrived() == [arrivals.BOUNCE] * len(SAID)
    assert len(SAID) < many
    for (permanent, status, _), row in zip(SAID.values(), came_back(), strict=True):
        assert (row.letter_id, row.permanent, row.status) == (letter.id, permanent, status)
        for part in ("@", "aigul", "real.name"):
            assert part not in row.answer.lower()
    assert letters()[0].delivered_at == delivered_at, "that it was accepted stays a fact"


@pytest.mark.parametrize("name", ["postfix", "exim", "qmail", "office365", "yandex", "mailru"])
def test_without_a_return_path_a_bounce_is_known_by_what_it_returns(app: Flask, letter: Letter, name: str) -> None:
    app.config["RETURN_ADDRESS"] = None
    assert mail_room.take(bounce(name, return_path="info@acca.media")) is Fate.TAKEN
    assert [row.letter_id for row in came_back()] == [letter.id]


def test_a_bounce_that_returns_nothing_is_known_by_its_return_path(letter: Letter) -> None:
    raw = bounce("qmail", return_path=path_of(letter), letter="<gone@example.org>")
    assert mail_room.take(raw.replace(b"To: bounces", b"To: BOUNCES")) is Fate.TAKEN
    bare = b"From: MAILER-DAEMON@example.org\r\nSubject: failure notice\r\n\r\nNo such user"
    assert mail_room.take(bare, [path_of(letter).upper()]) is Fate.TAKEN, "the mail server says where it went"
    assert [row.letter_id for row in came_back()] == [letter.id] * 2


def test_a_forged_bounce_does_nothing_and_is_counted(letter: Letter) -> None:
    right = path_of(letter)
    forged = right.replace("-", "-a")[: right.index("@")] + "a@intake.example.org"
    other = right.replace(f"+{letter.id}-", f"+{letter.id + 1}-")
    for number, path in enumerate((forged, other, "bounces+1-@intake.example.org", right.replace("intake.", "x."))):
        raw = bounce("postfix", return_path=path, letter="<guessed@acca.media>")
        assert mail_room.take(raw.replace(b"Message-Id: <", b"Message-Id: <%d" % number)) is Fate.LEFT
    assert came_back() == []
    assert arrivals.counts(letter.owed_at) == {arrivals.STRANGE_BOUNCE: 4}


def test_the_same_message_twice_is_one_and_a_server_that_repeats_itself_fills_nothing(letter: Letter) -> None:
    raw = bounce("postfix", return_path=path_of(letter))
    assert [mail_room.take(raw) for _ in range(3)] == [Fate.TAKEN] * 3
    assert (len(came_back()), arrived()) == (1, [arrivals.BOUNCE])
    report = bounce_reports.read(incoming.read(raw).message)
    assert report is not None
    with transaction():  # as another process that took it in at the same moment
        digest = db.session.scalars(select(Arrival.digest)).one()
        assert not bounces.record(letter, report, digest, letter.owed_at)
    for number in range(bounces.MOST + 5):
        mail_room.take(raw.replace(b"Message-Id: <", b"Message-Id: <%d" % number))
    assert len(came_back()) == bounces.MOST
    other_day = raw.replace(b"Date: Tue, 24", b"Date: Mon, 23")
    assert mail_room.take(other_day) is Fate.TAKEN
    assert count_rows(Arrival) == bounces.MOST + 7, "a program that gives each message the same name loses none"


def test_of_a_reminder_no_word_is_kept(letter: Letter) -> None:
    with transaction():
        db.session.execute(update(Letter).values(address=""))
    assert mail_room.take(bounce("postfix", return_path=path_of(letter))) is Fate.TAKEN
    assert [(row.status, row.answer) for row in came_back()] == [("5.1.1", "")]


def test_a_report_that_a_letter_arrived_is_no_bounce(letter: Letter) -> None:
    assert mail_room.take(bounce("arrived", return_path=path_of(letter))) is Fate.TAKEN
    assert (came_back(), arrived()) == ([], [arrivals.AUTOMATIC])


def test_who_answers_by_itself_is_written_down_without_its_words(letter: Letter) -> None:
    away = written("I am in the mountains until May.", In_Reply_To=NAME, Auto_Submitted="auto-replied")
    assert mail_room.take(away) is Fate.TAKEN
    (row,) = came_back()
    assert (row.permanent, row.status, row.answer) == (False, bounces.ANSWERED_BY_ITSELF, "")
    assert count_rows(Note) == 0


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"List_Id": "<news.example.org>"}, arrivals.LISTED),
        ({"X_Spam_Flag": "YES"}, arrivals.SPAM),
        ({"Auto_Submitted": "auto-replied"}, arrivals.STRANGE_AUTOMATIC),
        (
            {"In_Reply_To": "<unknown@acca.media>", "To": "bounces+1-aaaaaaaaaaaaaaaa@intake.example.org"},
            "stray_answer",
        ),
    ],
)
def test_what_nobody_takes_in_is_left_to_people_and_counted(letter: Letter, headers: dict[str, str], kind: str) -> None:
    fates = [mail_room.take(written(**headers)) for _ in range(2)]
    assert fates == [Fate.STRAY if kind == arrivals.STRAY_ANSWER else Fate.LEFT] * 2
    assert arrivals.counts(letter.owed_at) == {kind: 1}
    assert count_rows(Case) == count_rows(Note) == 0


def test_a_letter_of_ours_that_comes_in_is_no_complaint(letter: Letter) -> None:
    ours = written(Message_ID=NAME, Auto_Submitted="auto-generated")
    assert mail_room.take(ours) is Fate.KEPT, "the newsroom reads its letters in that mailbox"
    assert arrived() == [arrivals.OURS]


@pytest.fixture
def ana(house: House) -> Member:
    return make_member(house, "KZ", name="Ana")


@pytest.fixture
def told(app: Flask, house: House, ana: Member) -> Letter:
    """Return the letter that told a journalist of a case."""
    make_case("KZ")
    return next(letter for letter in letters() if letter.member_id == ana.id)


def read_notes(house: House, member: Member) -> list[notes.OpenedNote]:
    case = db.session.scalars(select(Case)).one()
    return notes.read(case, queries.desk_opens(house.visitors[member.id]))


def test_a_members_answer_is_a_sealed_note_that_is_not_believed(
    app: Flask,
    house: House,
    ana: Member,
    told: Letter,
) -> None:
    raw = written(
        "The family moved to Shymkent.\nCall first.", From=f"Ana <{ana.address.upper()}>", In_Reply_To=told.message_id
    )
    assert [mail_room.take(raw) for _ in range(2)] == [Fate.TAKEN] * 2
    (note,) = read_notes(house, ana)
    head, _, text = note.newest.text.partition("\n\n")
    assert text == "The family moved to Shymkent.\nCall first."
    assert "not verified" in head.splitlines()[0]
    assert f"From: {ana.address.upper()}" in head
    assert "Letter: New case" in head
    assert note.newest.member_id == ana.id
    new = letters(mailed_answers.LETTER)
    assert ana.id in {letter.member_id for letter in new}
    for letter in new:
        assert "Shymkent" not in letter.subject + letter.body
    database = Path(app.config["SETTINGS"].instance)
    kept = b"".join(path.read_bytes() for path in database.rglob("*") if path.is_file())
    assert b"Shymkent" not in kept


def test_who_writes_from_another_address_is_named_inside_the_note_alone(
    house: House,
    ana: Member,
    told: Letter,
) -> None:
    raw = written("x" * 30_000, From="stranger@example.net", References=f"<other@example.org> {told.message_id}")
    assert mail_room.take(raw) is Fate.KEPT, "it is longer than what is kept"
    assert mail_room.take(raw) is Fate.KEPT
    (note,) = read_notes(house, ana)
    assert note.newest.member_id is None
    assert "From: stranger@example.net" in note.newest.text
    assert note.newest.text.count("x" * 100) == mailed_answers.LONGEST_TEXT // 100


def test_an_answer_opens_for_the_desk_alone(house: House, ana: Member) -> None:
    _, keys, _ = make_case("KZ")
    assert mail_room.take(written("Call first.", In_Reply_To=letters()[0].message_id)) is Fate.TAKEN
    note = db.session.scalars(select(Note)).one()
    with pytest.raises(SealError):
        unseal(note.sealed, keys.identity)
    (read,) = read_notes(house, ana)
    assert read.newest.text.endswith("Call first.")


def test_a_mailbox_that_answers_unmarked_goes_in_no_circle(
    house: House,
    ana: Member,
    told: Letter,
) -> None:
    assert mail_room.take(written("Received!", In_Reply_To=told.message_id)) is Fate.TAKEN
    again = letters(mailed_answers.LETTER)
    for letter in again:
        mail_room.take(written("Received!", In_Reply_To=letter.message_id, Message_ID=f"<{letter.id}@example.org>"))
    assert len(read_notes(house, ana)) == 1 + len(again)
    assert len(letters(mailed_answers.LETTER)) == len(again)


def test_an_answer_about_no_case_or_a_destroyed_one_is_left_to_people(told: Letter, letter: Letter) -> None:
    assert mail_room.take(written(In_Reply_To=NAME)) is Fate.STRAY
    with transaction():
        db.session.execute(update(Case).values(status=DELETED))
    assert mail_room.take(written(In_Reply_To=told.message_id, Message_ID="<2@example.org>")) is Fate.STRAY
    assert count_rows(Note) == 0
    assert arrived() == [arrivals.STRAY_ANSWER] * 2


def test_a_database_that_is_away_keeps_nothing_and_the_next_time_all(
    told: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> int:
        raise OperationalError(None, None, ConnectionError())

    with monkeypatch.context() as patch:
        patch.setattr("intake.cases.notices.mailed_answer", away)
        with pytest.raises(OperationalError):
            mail_room.take(written(In_Reply_To=told.message_id))
    assert (count_rows(Note), arrived()) == (0, [])
    assert mail_room.take(written(In_Reply_To=told.message_id)) is Fate.TAKEN
    assert (count_rows(Note), arrived()) == (1, [arrivals.ANSWER])


def test_what_a_person_writes_to_the_newsroom_becomes_a_case_and_their_answer_further_words(
    app: Flask, house: House
) -> None:
    raw = written("They took my brother.")
    assert [mail_room.take(raw) for _ in range(2)] == [Fate.TAKEN] * 2
    assert count_rows(Case) == 1
    further = written("His name is Azamat.", In_Reply_To="<first@example.org>", Message_ID="<second@example.org>")
    assert mail_room.take(further) is Fate.TAKEN
    assert (count_rows(Case), count_rows(Statement), count_rows(Note)) == (1, 2, 0)


def test_who_answers_the_newsrooms_answer_writes_further_words_and_no_note(app: Flask, house: House) -> None:
    app.config["ANSWER_INBOUND"] = True
    mail_room.take(written("They took my brother."))
    (ours,) = letters("mail_received")
    answer = written("His name is Azamat.", In_Reply_To=ours.message_id, Message_ID="<second@example.org>")
    assert mail_room.take(answer) is Fate.TAKEN
    assert (count_rows(Case), count_rows(Statement), count_rows(Note)) == (1, 2, 0)
