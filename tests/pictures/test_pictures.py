"""The command that takes the pictures of the pages: always the same ones."""

import sys
from pathlib import Path

import pytest

from tests.pictures import __main__ as command

ALWAYS_THE_SAME = {"answer.png", "complaint.png", "case-needs-answer.png", "details-when.png", "desk-queue.png"}


@pytest.mark.slow
def test_the_same_pages_give_the_same_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    for name in ("once", "again"):
        folder = tmp_path / name
        monkeypatch.setattr(sys, "argv", ["pictures", "--out", str(folder), "--lang", "kk"])
        assert command.main() == 0
        taken.append({path.name: path.read_bytes() for path in folder.rglob("*.png")})
    assert taken[0].keys() == taken[1].keys() >= ALWAYS_THE_SAME
    assert [name for name in sorted(ALWAYS_THE_SAME) if taken[0][name] != taken[1][name]] == []
