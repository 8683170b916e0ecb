"""The storage keeps what is sealed, whole or not at all, wherever it is."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from intake import sealing
from intake.i18n import now
from intake.sealing import SealedBytes
from intake.storage import Storage, new_name
from intake.storage.bucket import Bucket
from intake.storage.folder import Folder

NO_NAMES = ["", "..", "../../etc", "x" * 32, "A" * 32, "a" * 31, f"{'a' * 32}\n", f"{'a' * 32}/../b"]


@pytest.fixture(params=["folder", "bucket"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Return an empty storage, of either kind."""
    if request.param == "folder":
        return Folder(tmp_path / "evidence")
    return Bucket(request.getfixturevalue("s3").bucket())


def sealed(words: bytes = b"words") -> SealedBytes:
    """Return something sealed."""
    return sealing.seal(words, [sealing.new_identity().recipient])


def acts(kept: Storage, name: str) -> Iterator[Callable[[], object]]:
    """Yield all that may be asked of a file."""
    yield lambda: kept.put(name, 0, sealed())
    yield lambda: kept.get(name, 0)
    yield lambda: list(kept.pieces(name, 0))
    yield lambda: kept.numbers(name)
    yield lambda: kept.delete(name)
    yield lambda: list(kept.older_than(now(), [name]))


def test_a_chunk_comes_back_as_it_was_and_nothing_takes_its_place(kept: Storage) -> None:
    name, one, two = new_name(), sealed(), sealed(bytes(1_200_000))
    kept.put(name, 0, one)
    kept.put(name, 1, two)
    assert (kept.get(name, 0), kept.get(name, 1)) == (one, two)
    assert b"".join(kept.pieces(name, 1)) == two
    assert max(map(len, kept.pieces(name, 1))) < 1_000_000
    with pytest.raises(FileExistsError):
        kept.put(name, 0, two)
    assert kept.get(name, 0) == one
    assert kept.numbers(name) == {0, 1}


def test_of_many_who_keep_a_chunk_at_once_one_does_and_the_others_hear_of_it(kept: Storage) -> None:
    name, start = new_name(), threading.Barrier(6)
    chunks = [sealed(f"of thread {number}".encode()) for number in range(6)]

    def keep(chunk: SealedBytes) -> bool:
        start.wait()
        try:
            kept.put(name, 0, chunk)
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(keep, chunks))
    assert sum(done) == 1
    assert kept.get(name, 0) == chunks[done.index(True)]
    assert kept.numbers(name) == {0}


def test_what_is_not_sealed_is_not_kept(kept: Storage) -> None:
    name = new_name()
    with pytest.raises(TypeError, match="sealed"):
        kept.put(name, 0, b"plain words")  # type: ignore[arg-type]  # the fault that is planted
    assert list(kept.names()) == []


@pytest.mark.parametrize("name", NO_NAMES)
def test_no_other_name_leads_anywhere(kept: Storage, name: str) -> None:
    for act in acts(kept, name):
        with pytest.raises(ValueError, match="no name"):
            act()


def test_it_says_which_chunks_are_there(kept: Storage) -> None:
    one, two, none = new_name(), new_name(), new_name()
    for number in (0, 2, 11):
        kept.put(one, number, sealed())
    kept.put(two, 0, sealed())
    assert kept.numbers(one) == {0, 2, 11}
    assert kept.numbers(none) == set()
    assert sorted(kept.names()) == sorted([one, two])
    assert kept.counts() == {one: 3, two: 1}


def test_what_is_not_there_is_said_to_be_missing(kept: Storage) -> None:
    name = new_name()
    kept.put(name, 0, sealed())
    for missing, number in ((name, 1), (new_name(), 0)):
        with pytest.raises(FileNotFoundError):
            kept.get(missing, number)
        with pytest.raises(FileNotFoundError):
            list(kept.pieces(missing, number))


def test_deleting_removes_all_chunks_of_one_file_and_may_be_done_twice(kept: Storage) -> None:
    name, other = new_name(), new_name()
    for number in range(3):
        kept.put(name, number, sealed())
    kept.put(other, 0, sealed())
    kept.delete(name)
    kept.delete(name)
    assert list(kept.names()) == [other]
    assert kept.numbers(other) == {0}
    with pytest.raises(FileNotFoundError):
        kept.get(name, 0)
    kept.put(name, 0, sealed())
    assert kept.numbers(name) == {0}


def test_a_file_is_old_once_nothing_was_added_for_long(kept: Storage) -> None:
    name, other = new_name(), new_name()
    kept.put(name, 0, sealed())
    kept.put(other, 0, sealed())
    assert list(kept.older_than(now() - timedelta(hours=2))) == []
    later = now() + timedelta(minutes=1)
    assert sorted(kept.older_than(later)) == sorted([name, other])
    assert list(kept.older_than(later, [name, new_name()])) == [name]


def test_it_can_be_tried_out_and_nothing_of_that_is_left(kept: Storage) -> None:
    kept.reach()
    assert kept.try_out()
    kept.put(name := new_name(), 0, sealed())
    assert kept.try_out()
    kept.reach()
    assert kept.counts() == {name: 1}
