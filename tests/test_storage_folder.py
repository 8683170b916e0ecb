"""A folder keeps chunks durably, for its owner alone, and finds what an earlier version put there."""

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from intake.i18n import now
from intake.storage import new_name
from intake.storage.folder import Folder
from tests.test_storage import sealed


@pytest.fixture
def kept(tmp_path: Path) -> Folder:
    """Return an empty storage."""
    return Folder(tmp_path / "evidence")


def lay_flat(kept: Folder, name: str, *numbers: int) -> Path:
    """Keep chunks as an earlier version did: all files side by side."""
    for number in numbers:
        kept.put(name, number, sealed())
    before = kept.folder / name
    kept.place_of(name).rename(before)
    return before


def test_files_lie_on_shelves_and_nobody_but_the_owner_may_read(kept: Folder) -> None:
    name = new_name()
    previous = os.umask(0)
    try:
        kept.put(name, 0, sealed())
    finally:
        os.umask(previous)
    place = kept.folder / name[:2] / name
    assert [path.name for path in place.iterdir()] == ["0"]
    assert stat.S_IMODE((place / "0").stat().st_mode) == 0o600
    assert {stat.S_IMODE(one.stat().st_mode) for one in (place, place.parent, kept.folder)} == {0o700}


def test_no_time_says_closer_than_to_the_hour_when_something_came(kept: Folder) -> None:
    name = new_name()
    kept.put(name, 0, sealed())
    kept.put(name, 1, sealed())
    for path in (kept.folder, *kept.folder.rglob("*")):
        assert path.stat().st_mtime % 3600 == 0, path


def test_a_write_that_is_cut_short_leaves_nothing(kept: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    name = new_name()
    kept.put(name, 1, sealed())

    def cut(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", cut)
        with pytest.raises(OSError, match="Input/output"):
            kept.put(name, 0, sealed())
    assert [path.name for path in kept.place_of(name).iterdir()] == ["1"]
    kept.put(name, 0, sealed())


def test_file_and_folders_are_made_durable(kept: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))  # noqa: PTH115 pathlib would resolve it
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    name = new_name()
    kept.put(name, 0, sealed())
    place = kept.place_of(name)
    assert synced[:3] == [str(kept.folder.parent), str(kept.folder), str(place.parent)]
    assert synced[3].startswith(str(place / ".0."))
    assert synced[4:] == [str(place)]


def test_what_an_earlier_version_kept_is_found_and_moved_to_its_shelf(kept: Folder) -> None:
    name, other = new_name(), new_name()
    kept.put(other, 0, sealed())
    before = lay_flat(kept, name, 0, 1)
    assert sorted(kept.names()) == sorted([name, other])
    assert kept.counts() == {name: 2, other: 1}
    chunk = (before / "0").read_bytes()
    assert kept.get(name, 0) == chunk
    assert not before.exists()
    with pytest.raises(FileExistsError):
        kept.put(name, 0, sealed())
    kept.put(name, 2, sealed())
    assert kept.numbers(name) == {0, 1, 2}


def test_what_an_earlier_version_kept_is_removed_and_swept_like_the_rest(kept: Folder) -> None:
    name, swept = new_name(), new_name()
    lay_flat(kept, name, 0)
    lay_flat(kept, swept, 0)
    assert swept in set(kept.older_than(now() + timedelta(minutes=1)))
    kept.delete(swept)
    kept.delete(name)
    assert list(kept.names()) == []


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), FileNotFoundError(2, "Gone")])
def test_a_backup_that_nobody_may_change_is_read_where_it_lies(
    kept: Folder, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    name = new_name()
    before = lay_flat(kept, name, 0)

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(Path, "rename", refuse)
    assert kept.get(name, 0) == (before / "0").read_bytes()
    assert kept.numbers(name) == {0}


def test_another_thread_that_moves_a_file_first_does_no_harm(kept: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    name = new_name()
    lay_flat(kept, name, 0)
    rename = Path.rename

    def late(self: Path, target: Path) -> None:
        rename(self, target)
        rename(self, target)

    monkeypatch.setattr(Path, "rename", late)
    assert kept.numbers(name) == {0}


def test_a_disk_that_refuses_is_noticed_when_it_is_tried_out(kept: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        kept.try_out()
    assert list(kept.folder.parent.iterdir()) == []
