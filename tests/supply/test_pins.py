"""What is pinned is what is asked for, and what is tested."""

from pathlib import Path

import pytest

from intake.config import ROOT
from tests.supply import pins

ONE, TWO = "1" * 64, "2" * 64
PROJECT = '[project]\nname = "tiny"\ndependencies = ["Left_Pad==1.0", "brush[hard]==2.5; sys_platform == \'linux\'"]\n'
PINNED = (
    f"left-pad==1.0 \\\n    --hash=sha256:{TWO} \\\n    --hash=sha256:{ONE}\n    # via tiny\n"
    f"brush[hard]==2.5 ; sys_platform == 'linux' \\\n    --hash=sha256:{ONE}\n"
)


def project(root: Path, run: str = PINNED, test: str = PINNED) -> Path:
    for name, text in {"pyproject.toml": PROJECT, "requirements.txt": run, "requirements-dev.txt": test}.items():
        (root / name).write_text(text)
    return root


def test_a_pin_is_read_with_its_hashes_and_its_place() -> None:
    pad, brush = pins.read(PINNED)
    assert (pad.name, pad.version, pad.hashes, pad.marker) == ("left-pad", "1.0", (ONE, TWO), None)
    assert str(brush) == f"brush==2.5 --hash=sha256:{ONE}"
    assert not brush.counts({"sys_platform": "win32"})


@pytest.mark.parametrize("entry", ["pad>=1", "pad==1.*", "pad", f"pad==1 --hash=md5:{ONE}", "pad==1 --hash=sha256:12"])
def test_what_is_not_one_version_by_its_hashes_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="pad is not pinned"):
        pins.read(entry)


def test_our_own_lists_say_the_same() -> None:
    assert pins.faults(ROOT) == []


@pytest.mark.parametrize(
    ("run", "test", "fault"),
    [
        (PINNED.replace("2.5", "2.6"), PINNED.replace("2.5", "2.6"), "brush[hard]==2.5"),
        (PINNED.partition("brush")[0], PINNED, "has none"),
        (PINNED, PINNED.replace(TWO, "3" * 64), "left-pad 1.0 is not what is tested"),
        ("left-pad==1.0\n" + PINNED.partition("via tiny")[2], PINNED, "left-pad 1.0 has no hash"),
    ],
)
def test_lists_that_differ_are_noticed(tmp_path: Path, run: str, test: str, fault: str) -> None:
    assert pins.faults(project(tmp_path)) == []
    assert fault in "\n".join(pins.faults(project(tmp_path, run, test)))
