"""A file arrives chunk by chunk, whatever the line does to it; nobody sends into another's."""

import hashlib
import io
import random
from datetime import timedelta
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import func, select, update
from werkzeug.exceptions import NotFound

from intake import chores
from intake.audit import AuditEntry
from intake.cases import file_answers, sent_files, visits
from intake.cases import queries as cases
from intake.cases.models import CHECKING, NEEDS_ANSWER, Case
from intake.evidence import chunks, limits, read, remove, running, uploads
from intake.evidence.chunks import MisfitError
from intake.evidence.completion import UnfinishedError
from intake.evidence.limits import DISK_FULL, EMPTY, NO_ROOM, TOO_LARGE, TOO_MANY, RefusedError
from intake.evidence.models import Chunk, File, Upload
from intake.evidence.place import storage
from intake.extensions import db, transaction
from intake.file_settings import MEGABYTE
from intake.i18n import now
from intake.sealing import SealError
from intake.storage import Storage
from tests.evidence.looking import folder_of
from tests.evidence.sending import (
    SMALL,
    Line,
    arrive,
    begin,
    finish,
    opened,
    photo,
    rows,
    send,
    send_all,
    sender_of,
    visit_of,
)
from tests.factories import House, count_rows, letters, make_case, make_member

Told = tuple[Case, visits.Visit]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let chunks be small, so that little makes many."""
    monkeypatch.setattr(uploads, "grid", lambda _: SMALL)


@pytest.fixture
def told(house: House) -> Told:
    """Return a case, and its complainant who came back."""
    case, keys, _ = make_case()
    return case, visit_of(case, keys)


def restrict(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Change settings of evidence."""
    monkeypatch.setitem(
        current_app.config,
        "FILES",
        type(current_app.config["FILES"])(**{**vars(current_app.config["FILES"]), **changes}),
    )


def everything(visit: visits.Visit, case: Case) -> bytes:
    """Return the bytes of a case's only file, as its complainant's code opens it."""
    (file,) = opened(visit, case)
    return b"".join(read.plaintext(file))


def test_a_file_arrives_whole_and_the_desk_is_told(house: House, told: Told) -> None:
    (case, visit), content = told, photo()
    member = make_member(house, "KZ")
    name = arrive(visit, case, content, " ../../wound\u202e.jpg\n")
    (file,) = opened(house.visitors[member.id], case)
    assert b"".join(read.plaintext(file)) == content == everything(visit, case)
    assert (file.name, file.content_type, file.size) == (name, "image/jpeg", len(content))
    assert (file.sha256, file.chunks, file.chunk) == (hashlib.sha256(content).hexdigest(), 4, SMALL)
    assert "\n" not in file.file_name
    assert file.is_attachment
    assert cases.unread_among([case]) == {case.id}
    assert {letter.address for letter in letters("files_arrived")} == {member.address, "info@acca.media"}
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "evidence.received"))
    (row,) = rows(case)
    hashes = list(db.session.scalars(select(Chunk.sha256).where(Chunk.name == name).order_by(Chunk.number)))
    assert hashes == [hashlib.sha256(storage().get(name, number)).digest() for number in range(4)]
    assert entry.detail == {"file": name, "size": len(content), "digest": hashlib.sha256(b"".join(hashes)).hexdigest()}
    assert (row.digest or b"").hex() == entry.detail["digest"]
    assert not db.session.scalars(select(Upload)).all()
    with transaction():
        sent_files.mark_seen(case, [name])
    assert not cases.unread_among([case])


def test_many_files_are_one_letter_and_an_answer_to_what_was_asked(house: House, told: Told) -> None:
    case, visit = told
    make_member(house, "KZ")
    with transaction():
        db.session.execute(update(Case).where(Case.id == case.id).values(status=NEEDS_ANSWER))
    for number in range(4):
        arrive(visit, case, photo(seed=number), f"{number}.jpg")
    assert len(letters("files_arrived")) == 4  # two addressees are told twice: at once, and after ten minutes
    assert visits.living(visit).status == CHECKING


def test_what_a_member_sends_is_the_desks_alone(house: House, told: Told) -> None:
    case, visit = told
    member = make_member(house, "KZ")
    visitor = house.visitors[member.id]
    arrive(visitor, case, photo())
    (row,) = rows(case)
    assert (row.desk_only, row.member_id) == (True, member.id)
    assert [file.size for file in opened(visitor, case)] == [3500]
    with pytest.raises(SealError):
        opened(visit, case)
    assert not cases.unread_among([case])
    assert not letters("files_arrived")


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
def test_cut_at_random_places_it_arrives_whole_and_little_is_sent_twice(told: Told, seed: int) -> None:
    (case, visit), chance = told, random.Random(seed)  # noqa: S311 a test's
    content, sent, cuts = photo(chance.randint(210_000, 230_000), seed), 0, 0
    while True:
        arriving = begin(visit, case, content)
        there = uploads.kept(arriving.name)
        first = next((number for number in range(arriving.chunks) if not any(a <= number < b for a, b in there)), None)
        if first is None:
            break
        stop = next((a for a, _ in there if a > first), arriving.chunks)
        body = content[first * SMALL : min(stop, first + chance.randint(1, 60)) * SMALL]
        cut = chance.randint(0, len(body)) if cuts < 20 else len(body)
        cuts += 1
        sent += cut
        send(arriving, first, Line(body, cut, fails=chance.random() < 0.5))
        if chance.random() < 0.2:
            running.forget(arriving.name)  # another process goes on
        if chance.random() < 0.2 and arriving.chunks > first + 70:  # a second tab is ahead
            sent += SMALL
            send(arriving, first + 65, io.BytesIO(content[(first + 65) * SMALL : (first + 66) * SMALL]))
    assert finish(visit, case, arriving.name)
    assert everything(visit, case) == content
    assert sent <= 1.1 * len(content)


def test_a_cut_body_keeps_what_was_whole_and_a_long_one_is_refused(told: Told) -> None:
    (case, visit), content = told, photo()
    arriving = begin(visit, case, content)
    assert send(arriving, 0, Line(content, 2 * SMALL + 999, fails=True)) == 2
    assert uploads.kept(arriving.name) == [(0, 2)]
    assert uploads.arrived(arriving) == 2 * SMALL
    send(arriving, 3, io.BytesIO(content[3 * SMALL :]))
    assert uploads.kept(arriving.name) == [(0, 2), (3, 4)]
    with pytest.raises(UnfinishedError):
        finish(visit, case, arriving.name)
    with pytest.raises(MisfitError):
        list(chunks.keep(arriving, 2, io.BytesIO(content[2 * SMALL :] + b"!")))
    for first, length in ((-1, 10), (4, 1), (10**30, 1), (3, 501), (0, len(content) + 1), (0, 0), (0, -5)):
        with pytest.raises(MisfitError):
            chunks.check(arriving, first, length)
    chunks.check(arriving, 3, 500)


@pytest.mark.parametrize(("order", "opened_again"), [((0, 1, 2, 3), 1), ((1, 0, 2, 3), 5), ((0, 2, 1, 3), 5)])
def test_its_hash_is_right_in_any_order_and_what_came_in_order_is_not_opened_again(
    told: Told, order: tuple[int, ...], opened_again: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (case, visit), content = told, photo()
    arriving = begin(visit, case, content)
    for number in order:
        send(arriving, number, io.BytesIO(content[number * SMALL : (number + 1) * SMALL]))
    place, numbers = storage(), list[int]()
    get = type(place).get

    def watched(self: Any, name: str, number: int) -> Any:
        numbers.append(number)
        return get(self, name, number)

    monkeypatch.setattr(type(place), "get", watched)
    assert finish(visit, case, arriving.name)
    assert len(numbers) == opened_again
    (file,) = opened(visit, case)
    assert file.sha256 == hashlib.sha256(content).hexdigest()


def test_a_chunk_sent_twice_stays_as_it_came_first(told: Told) -> None:
    (case, visit), content = told, photo()
    arriving = begin(visit, case, content)
    send_all(arriving, content)
    send(arriving, 1, io.BytesIO(b"x" * SMALL))
    assert finish(visit, case, arriving.name)
    assert everything(visit, case) == content


def test_a_crash_between_chunk_and_row_costs_nothing(told: Told) -> None:
    (case, visit), content = told, photo()
    arriving = begin(visit, case, content)
    kept = list(chunks.keep(arriving, 0, io.BytesIO(content)))  # and the process ends
    running.forget(arriving.name)
    assert uploads.kept(arriving.name) == []
    assert list(chunks.keep(arriving, 0, io.BytesIO(content))) == kept
    send_all(arriving, content)
    assert finish(visit, case, arriving.name)
    assert everything(visit, case) == content


def test_a_chunk_that_the_store_lost_is_sent_again(told: Told) -> None:
    (case, visit), content = told, photo()
    arriving = begin(visit, case, content)
    send_all(arriving, content)
    (folder_of(arriving.name) / "0").unlink()
    with pytest.raises(UnfinishedError):
        finish(visit, case, arriving.name)
    with transaction():
        uploads.forget_lost(arriving.name, uploads.lost(arriving.name))
    send(arriving, 0, io.BytesIO(content[:SMALL]))
    assert finish(visit, case, arriving.name)


def test_the_same_file_goes_on_and_another_of_its_name_begins_anew(told: Told) -> None:
    (case, visit), content = told, photo()
    first = begin(visit, case, content)
    send(first, 0, Line(content, SMALL))
    assert begin(visit, case, content).name == first.name
    assert begin(visit, case, content, mark="other").name != first.name
    assert begin(visit, case, content[:-1]).name != first.name
    assert begin(visit, case, content, "else.jpg").name != first.name
    assert len(uploads.unfinished(sender_of(visit, case))) == 4


def test_finished_twice_it_is_one_file_and_given_up_it_is_none(told: Told) -> None:
    (case, visit), content = told, photo()
    arriving = begin(visit, case, content)
    send_all(arriving, content)
    sealed = [sent_files.seal_whole(visit, case, arriving.name) for _ in range(2)]
    db.session.rollback()
    with transaction():
        assert sent_files.finish(sealed[0])
    with transaction():
        assert not sent_files.finish(sealed[1])
    assert not finish(visit, case, arriving.name)
    assert len(rows(case)) == 1
    with pytest.raises(NotFound):
        send(arriving, 0, io.BytesIO(content))
    given_up = begin(visit, case, content, "another.jpg")
    send(given_up, 0, Line(content, 2 * SMALL))
    with transaction():
        assert sent_files.drop(visit, visits.living(visit), given_up.name)
    uploads.clear(given_up.name)
    with pytest.raises(NotFound):
        finish(visit, case, given_up.name)
    assert not uploads.kept(given_up.name)
    with pytest.raises(FileNotFoundError):
        storage().get(given_up.name, 0)
    assert everything(visit, case) == content


def test_nobody_sends_into_anothers_upload(house: House, told: Told) -> None:
    (case, visit), content = told, photo()
    other, keys, _ = make_case("KZ")
    member = make_member(house, "KZ")
    of_member = begin(house.visitors[member.id], case, content)
    own = begin(visit, case, content)
    assert own.name != of_member.name
    foreign = (
        (visit, case, of_member.name),
        (house.visitors[member.id], case, own.name),
        (visit_of(other, keys), other, own.name),
        (visit, case, "0" * 32),
        (visit, case, "' OR 1=1 --"),
    )
    for who, of, name in foreign:
        with pytest.raises(NotFound):
            uploads.find(sender_of(who, of), name)
        with pytest.raises(NotFound):
            finish(who, of, name)
        with transaction():
            sent_files.drop(who, of, name)
    assert db.session.scalar(select(func.count()).select_from(Upload)) == 2


def test_what_a_member_began_a_colleague_of_the_desk_finishes(house: House, told: Told) -> None:
    (case, _), content = told, photo()
    first, second = (house.visitors[make_member(house, "KZ").id] for _ in range(2))
    begun = begin(first, case, content)
    send(begun, 0, Line(content, cut=SMALL))
    again = begin(second, case, content)
    assert (again.name, uploads.kept(again.name)) == (begun.name, [(0, 1)])
    send(again, 1, io.BytesIO(content[SMALL:]))
    assert finish(second, case, again.name)
    assert not finish(first, case, again.name), "it is finished already, and not lost"
    (row,) = rows(case)
    assert (row.member_id, row.desk_only) == (second.member.id, True)
    (file,) = opened(first, case)
    assert b"".join(read.plaintext(file)) == content


def test_too_much_is_refused_and_what_is_unfinished_counts(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    case, visit = told
    restrict(monkeypatch, largest=3000, most=7000)
    begin(visit, case, photo(3000), "one.jpg")
    arrive(visit, case, photo(2500), "two.jpg")
    for content, reason in ((b"", EMPTY), (photo(3001), TOO_LARGE), (photo(1501), NO_ROOM)):
        with pytest.raises(RefusedError) as refused:
            begin(visit, case, content, "three.jpg")
        assert refused.value.reason == reason
        assert limits.of_complainant().refusal(reason)
    begin(visit, case, photo(3000), "one.jpg")  # it goes on, although no other has room
    monkeypatch.setattr(limits, "MOST_FILES", 2)
    with pytest.raises(RefusedError, match=TOO_MANY):
        begin(visit, case, photo(10), "three.jpg")


def test_a_disk_that_is_nearly_full_is_said_before(house: House, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    (case, visit), member = told, make_member(house, "KZ")
    restrict(monkeypatch, reserve=10**18)
    for who in (visit, house.visitors[member.id]):
        with pytest.raises(RefusedError, match=DISK_FULL):
            begin(who, case, photo())
    restrict(monkeypatch, store=object())  # an object store has a disk of its own
    begin(visit, case, photo())


def test_members_may_send_more(house: House, told: Told) -> None:
    case, visit = told
    for size, who in ((26 * MEGABYTE, visit), (2049 * MEGABYTE, house.visitors[make_member(house, "KZ").id])):
        with pytest.raises(RefusedError, match=TOO_LARGE):
            sent_files.seal_wish(who, case, uploads.Wish("film.mp4", size, ""))
    wish = uploads.Wish("film.mp4", 2048 * MEGABYTE, "")  # more than four bytes can count
    begun = sent_files.seal_wish(house.visitors[make_member(house, "KZ").id], case, wish)
    db.session.rollback()
    with transaction():
        assert sent_files.begin(begun).size == 2**31


def test_what_nobody_finishes_is_never_given_up(told: Told) -> None:
    (case, visit), content = told, photo()
    arriving = begin(visit, case, content)
    send(arriving, 0, Line(content, SMALL))
    with transaction():
        db.session.execute(update(Upload).values(begun_at=now() - timedelta(days=3000)))
    chores.sweep()
    assert [one.name for one in uploads.unfinished(sender_of(visit, case))] == [arriving.name]
    send(arriving, 1, io.BytesIO(content[SMALL:]))
    assert finish(visit, case, arriving.name)
    assert everything(visit, case) == content


def test_chunks_that_a_store_removed_halfway_never_count_as_there(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    (case, visit), content = told, photo()
    arriving = begin(visit, case, content)
    send(arriving, 0, Line(content, 3 * SMALL))
    delete = Storage.delete

    def failing(self: Storage, name: str) -> None:
        delete(self, name)
        raise OSError

    monkeypatch.setattr(Storage, "delete", failing)
    file_answers.drop(visit, lambda: visits.living(visit), arriving.name)
    assert uploads.unfinished(sender_of(visit, case)) == []
    again = begin(visit, case, content)
    assert uploads.kept(again.name) == []


def test_an_upload_that_was_moved_or_swapped_does_not_open(house: House, told: Told) -> None:
    (case, visit), content = told, photo()
    other, keys, _ = make_case("KZ")
    arriving = begin(visit, case, content)
    with transaction():
        db.session.execute(update(Upload).values(case_id=other.id))
    with pytest.raises(SealError):
        uploads.find(sender_of(visit_of(other, keys), other), arriving.name)
    with transaction():
        db.session.execute(update(Upload).values(case_id=case.id, size=len(content) + 1))
    with pytest.raises(SealError):
        uploads.find(sender_of(visit, case), arriving.name)


def test_the_case_takes_its_uploads_along(told: Told) -> None:
    (case, visit), content = told, photo()
    arriving = begin(visit, case, content)
    send_all(arriving, content)
    with transaction():
        remove.destroy(case.id)
    assert [count_rows(kind) for kind in (Upload, Chunk, File)] == [0, 0, 0]
    with pytest.raises(FileNotFoundError):
        storage().get(arriving.name, 0)
