"""What is on its way goes along when its case moves, its code is renewed or its desk takes a new key."""

import io

import pytest
from flask import Flask

from intake.cases import renewal, return_code, sent_files, visits
from intake.cases.models import Case
from intake.cases.sent_files import KnownError
from intake.cases.visits import Visit
from intake.desks import setup
from intake.evidence import read, receive, uploads
from intake.evidence.queries import OpenedFile
from intake.evidence.uploads import Sender, Wish
from intake.extensions import StaleError, settle, transaction
from intake.sealing import code_keys
from tests.cases import rotating, saved
from tests.cases.working import move
from tests.evidence.sending import SMALL, Line, arrive, begin, finish, opened, photo, send, sender_of, visit_of
from tests.factories import House, make_case, make_member

CONTENT = photo(3 * SMALL + 7)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let chunks be small, so that little makes many."""
    monkeypatch.setattr(uploads, "grid", lambda _: SMALL)


def contents(files: list[OpenedFile]) -> list[bytes]:
    """Return what is in files."""
    return [b"".join(read.plaintext(file)) for file in files]


def go_on(visit: Visit, case: Case) -> str:
    """Send what is missing of the only unfinished file, and finish it; return its name."""
    (arriving,) = uploads.unfinished(sender_of(visit, case))
    ((first, after),) = uploads.kept(arriving.name)
    assert (first, after) == (0, 2)
    send(arriving, after, io.BytesIO(CONTENT[after * SMALL :]))
    assert finish(visit, case, arriving.name)
    return arriving.name


@pytest.mark.parametrize("change", ["move", "rotate", "renew", "between"])
def test_a_file_goes_on_whatever_becomes_of_its_case(house: House, change: str) -> None:
    case, keys, _ = make_case()
    visit, visitor = visit_of(case, keys), house.visitors[make_member(house, "KZ", "KG").id]
    arrive(visit, case, photo(seed=2), "before.jpg")
    arrive(visitor, case, photo(seed=3), "of-the-desk.jpg")
    arriving = begin(visit, case, CONTENT)
    send(arriving, 0, Line(CONTENT, 2 * SMALL + 1))
    if change == "move":
        move(visitor, case)
    if change == "rotate":
        rotating.rotate(visitor)
    if change == "between":
        assert rotating.begin(visitor)  # nothing is sealed anew yet
    if change == "renew":
        code = code_keys(return_code.mint(), setup.code_salt())
        settle(lambda: renewal.seal_anew(visits.living(visit), visit.opens, code), renewal.renew)
        visit = visit_of(saved(case), code)
    assert go_on(visit, case) == arriving.name
    if change == "between":
        rotating.go_on(visitor)
        assert rotating.finish(visitor), "nothing is kept under the old key"
    files = contents(opened(visitor, saved(case)))
    assert sorted(map(len, files)) == sorted([3500, 3500, len(CONTENT)])
    assert CONTENT in files
    own = sent_files.files_of(sender_of(visit, saved(case)))
    assert contents(own) == [photo(seed=2), CONTENT]


def test_a_request_that_comes_late_begins_nothing_that_is_there_whole(house: House) -> None:
    case, keys, _ = make_case()
    visit, wish = visit_of(case, keys), Wish("wound.jpg", len(CONTENT), "m")
    late = sent_files.seal_wish(visit, visits.living(visit), wish)
    arrive(visit, case, CONTENT)
    with pytest.raises(StaleError), transaction():
        sent_files.begin(late)
    with pytest.raises(KnownError):
        sent_files.seal_wish(visit, visits.living(visit), wish)
    assert uploads.unfinished(sender_of(visit, case)) == []


def test_a_file_that_becomes_whole_while_another_request_looks_for_it_is_not_begun_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, keys, _ = make_case()
    visit, wish, has = visit_of(case, keys), Wish("wound.jpg", len(CONTENT), "m"), sent_files.has

    def looked(by: Sender, asked: Wish) -> bool:
        found = has(by, asked)
        monkeypatch.setattr(sent_files, "has", has)
        arrive(visit, case, CONTENT)
        return found

    monkeypatch.setattr(sent_files, "has", looked)
    late = sent_files.seal_wish(visit, visits.living(visit), wish)
    with pytest.raises(StaleError), transaction():
        sent_files.begin(late)


def test_a_form_that_is_sent_twice_at_once_brings_one_file(app: Flask, house: House) -> None:
    case, keys, _ = make_case()
    visit, brought = visit_of(case, keys), [receive.keep_content(CONTENT, "wound.jpg") for _ in range(2)]
    first, second = (sent_files.seal_posted(visit, visits.living(visit), file) for file in brought)
    with transaction():
        assert sent_files.take(first)
    with pytest.raises(StaleError), transaction():
        sent_files.take(second)
    again = sent_files.seal_posted(visit, visits.living(visit), brought[1])
    with transaction():
        assert not sent_files.take(again)
    assert contents(opened(visit, case)) == [CONTENT]
