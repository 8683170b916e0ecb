"""The storage keeps what is sealed, whole or not at all, for its owner alone."""

import os
import stat
from pathlib import Path

import pytest

from intake import sealing
from intake.sealing import SealedBytes
from intake.storage import Storage, new_name


@pytest.fixture
def kept(tmp_path: Path) -> Storage:
    """Return an empty storage."""
    return Storage(tmp_path / "evidence")


def sealed(words: bytes = b"words") -> SealedBytes:
    """Return something sealed."""
    return sealing.seal(words, [sealing.new_identity().recipient])


def test_a_chunk_comes_back_as_it_was_and_nothing_takes_its_place(kept: Storage) -> None:
    name, one, two = new_name(), sealed(), sealed()
    kept.put(name, 0, one)
    kept.put(name, 1, two)
    assert (kept.get(name, 0), kept.get(name, 1)) == (one, two)
    with pytest.raises(FileExistsError):
        kept.put(name, 0, two)
    assert kept.get(name, 0) == one
    assert sorted(path.name for path in (kept.folder / name).iterdir()) == ["0", "1"]


def test_what_is_not_sealed_is_not_kept(kept: Storage) -> None:
    with pytest.raises(TypeError, match="sealed"):
        kept.put(new_name(), 0, b"plain words")  # type: ignore[arg-type]  # the fault that is planted
    assert not kept.folder.exists()


@pytest.mark.parametrize("name", ["", "..", "../../etc", "x" * 32, "A" * 32, "a" * 31, f"{'a' * 32}\n"])
def test_no_other_name_leads_anywhere(kept: Storage, name: str) -> None:
    for act in (lambda: kept.put(name, 0, sealed()), lambda: kept.get(name, 0), lambda: kept.delete(name)):
        with pytest.raises(ValueError, match="no name"):
            act()


def test_nobody_but_the_owner_may_read(kept: Storage) -> None:
    name = new_name()
    previous = os.umask(0)
    try:
        kept.put(name, 0, sealed())
    finally:
        os.umask(previous)
    assert stat.S_IMODE((kept.folder / name / "0").stat().st_mode) == 0o600
    assert stat.S_IMODE((kept.folder / name).stat().st_mode) == 0o700


def test_a_write_that_is_cut_short_leaves_nothing(kept: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    name = new_name()

    def cut(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", cut)
        with pytest.raises(OSError, match="Input/output"):
            kept.put(name, 0, sealed())
    assert list((kept.folder / name).iterdir()) == []
    kept.put(name, 0, sealed())


def test_file_and_folders_are_made_durable(kept: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))  # noqa: PTH115 pathlib would resolve it
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    name = new_name()
    kept.put(name, 0, sealed())
    folders = [str(kept.folder.parent), str(kept.folder)]
    assert synced[:2] == folders
    assert synced[2].startswith(str(kept.folder / name / ".0."))
    assert synced[3] == str(kept.folder / name)


def test_deleting_removes_all_chunks_and_may_be_done_twice(kept: Storage) -> None:
    name, other = new_name(), new_name()
    for number in range(3):
        kept.put(name, number, sealed())
    kept.put(other, 0, sealed())
    kept.delete(name)
    kept.delete(name)
    assert [path.name for path in kept.folder.iterdir()] == [other]
    with pytest.raises(FileNotFoundError):
        kept.get(name, 0)
