"""The list of planted faults is true: each can be planted, its tests are there, and what must be covered is."""

import ast
import subprocess
import sys

import pytest

from tests.mutants.mutant import ROOT, Mutant
from tests.mutants.planted import FAULTS, PLANTED

EACH = pytest.mark.parametrize("mutant", PLANTED, ids=lambda mutant: mutant.name)


@EACH
def test_the_fault_can_be_planted(mutant: Mutant) -> None:
    changed = mutant.mutated()
    if mutant.path.endswith(".py"):
        ast.parse(changed)
    assert mutant.path.startswith(("intake/", "templates/")), "a fault is planted in the house, not in its tests"


@EACH
def test_the_tests_that_must_notice_are_there(mutant: Mutant) -> None:
    assert mutant.tests
    for test in mutant.tests:
        path, _, name = test.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name.partition("[")[0] in functions, test


def test_all_that_must_be_covered_is() -> None:
    covered = {mutant.fault for mutant in PLANTED} - {""}
    assert len(FAULTS) == 18
    assert covered == set(FAULTS)


def test_every_name_is_there_once() -> None:
    assert len({mutant.name for mutant in PLANTED}) == len(PLANTED)
    assert all(mutant.breaks and mutant.find for mutant in PLANTED)


@pytest.mark.parametrize(
    ("find", "put"), [("def nobody_wrote_this", "x"), ("import", "x"), ("ROOT = Path", "ROOT = Path")]
)
def test_a_fault_that_cannot_be_planted_is_found(find: str, put: str) -> None:
    with pytest.raises(ValueError, match=r"times in|nothing would change"):
        Mutant("none", "", "tests/mutants/mutant.py", find, put, ()).mutated()


@pytest.mark.slow
def test_no_planted_fault_survives() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutants"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(PLANTED)} passed, 0 failed" in done.stdout
