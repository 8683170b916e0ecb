"""``python -m tests.supply``: say what is wrong with what Intake is made of, and what could not be asked."""

import argparse
import sys
from pathlib import Path
from textwrap import indent

from intake.config import ROOT
from tests.supply import advisories, dependencies, licences, pins

FAULTY, UNKNOWN = 1, 2


def main() -> int:
    """Look at pins, dependencies, licences and advisories; return 1 if anything is wrong, 2 if something is unknown."""
    parser = argparse.ArgumentParser(prog="python -m tests.supply", description=main.__doc__)
    parser.add_argument("--offline", action="store_true", help="do not ask for advisories")
    asked = parser.parse_args()
    pinned = pins.read((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    weighed = licences.weigh(pinned)
    passed = [
        _line("pins", pins.faults(ROOT), f"{len(pinned)} pins with hashes, the same in all three files"),
        _line("dependencies", dependencies.faults(ROOT), "what is imported is asked for, and nothing else is"),
        _line("licences", weighed.faults, "permissive, or with a reason:"),
    ]
    _say("".join(f"    {name}, {licence}: {why}\n" for (name, licence), why in weighed.reasons.items()))
    learnt = None if asked.offline else _advisories(ROOT / "requirements.txt")
    passed += [learnt] if learnt is not None else []
    unknown = 1 if learnt is None else 0
    _say(f"{sum(passed)} passed, {passed.count(False)} failed" + (", 1 not asked\n" if unknown else "\n"))
    return FAULTY if not all(passed) else UNKNOWN if unknown and not asked.offline else 0


def _advisories(requirements: Path) -> bool | None:
    """Say what is known of vulnerabilities; return None if that could not be asked of everything."""
    answer = advisories.ask(requirements)
    if answer.known or not answer.silent:
        _line("advisories", answer.known, f"nothing is known against any of {answer.asked} packages")
    if answer.silent:
        _say(
            f"?     advisories    could not be asked, for {len(answer.silent)} of "
            f"{answer.asked + len(answer.silent)}: {', '.join(answer.silent)}\n"
            f"    {answer.why}\n    Run this where the Internet is reached; until then nobody knows.\n"
        )
    return False if answer.known else None if answer.silent else True


def _line(name: str, faults: list[str], sound: str) -> bool:
    """Say how one look ended; return whether nothing is wrong."""
    _say(f"{'WRONG' if faults else 'ok':6}{name:14}{'' if faults else sound}\n" + indent("\n".join(faults), "    "))
    _say("\n" if faults else "")
    return not faults


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
