"""Whatever falls, and whenever: who saw a code has one case and a whole file, and everybody concerned hears of it."""

import re
import subprocess
import sys

import pytest

from intake.config import ROOT
from tests.servers import programs

SEED = 20_261_122
LIMIT = 600  # seconds; bounds a hang
ON = {"small": "sqlite", "large": "postgresql"}


def chaos(*words: str) -> tuple[int, str]:
    """Run a storm as ``make chaos`` does; return how it ended, and what it said."""
    command = [sys.executable, "-m", "tests.chaos", "--seed", str(SEED), *words]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=LIMIT)
    return done.returncode, done.stdout + done.stderr[-5000:]


@pytest.mark.parametrize("ground", ["small", pytest.param("large", marks=pytest.mark.slow)])
def test_a_short_storm_takes_nothing_from_anybody(ground: str) -> None:
    if ground == "large":
        programs.require("postgresql")
    ended, said = chaos("--short", "--database", ON[ground])
    assert ended == 0, said
    assert re.search(r"^24 complaints, 0 lost, 0 leaked, 0 stuck$", said, re.MULTILINE), said


@pytest.mark.slow
def test_a_storm_of_every_kind_takes_nothing_from_anybody() -> None:
    ended, said = chaos("--quick")
    assert ended == 0, said
    assert re.search(r"^200 complaints, 0 lost, 0 leaked, 0 stuck$", said, re.MULTILINE), said
