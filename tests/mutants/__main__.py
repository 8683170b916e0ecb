"""``python -m tests.mutants``: plant every fault, one after the other, and say which of them no test noticed."""

import argparse
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.mutant import Mutant, Outcome, copied, plant, run
from tests.mutants.planted import PLANTED

AT_ONCE = 2


def main() -> int:
    """Run the list, or one of it; return 1 if a fault went unnoticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=main.__doc__)
    parser.add_argument("--only", metavar="NAME", choices=[mutant.name for mutant in PLANTED])
    only = parser.parse_args().only
    chosen = [mutant for mutant in PLANTED if only in {None, mutant.name}]
    if not _sound(chosen):
        return 1
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(_planted, chosen))
    survived = [outcome.mutant.name for outcome in outcomes if not outcome.killed]
    _say(f"{len(outcomes) - len(survived)} passed, {len(survived)} failed")
    return 1 if survived else 0


def _sound(chosen: list[Mutant]) -> bool:
    """Return whether the tests pass while nothing is wrong: else a failure would prove nothing."""
    tests = tuple(dict.fromkeys(test for mutant in chosen for test in mutant.tests))
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        code, said = run(copied(Path(folder)), tests)
    if code:
        _say(f"The tests fail without any fault, so nothing can be told from them:\n{said}")
    return code == 0


def _planted(mutant: Mutant) -> Outcome:
    outcome = plant(mutant)
    _say(f"{'killed' if outcome.killed else 'SURVIVED':8}  {mutant.name:34} {outcome.seconds:5.0f} s  {mutant.breaks}")
    if not outcome.killed:
        _say(outcome.said)
    return outcome


def _say(line: str) -> None:
    sys.stdout.write(f"{line}{os.linesep}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
