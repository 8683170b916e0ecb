"""Ask whether anything that is pinned is known to be vulnerable, and never take silence for a no."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

PATIENCE = 20  # seconds for one answer
OPTIONS = ("--require-hashes", "--disable-pip", "--format=json", "--progress-spinner=off", f"--timeout={PATIENCE}")
Run = Callable[[list[str]], subprocess.CompletedProcess[str]]


class Answer(NamedTuple):
    """What is known: of how many packages, of which nothing could be learnt and why, what is vulnerable."""

    asked: int
    silent: list[str]
    why: str
    known: list[str]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def ask(requirements: Path, run: Run = _run) -> Answer:
    """Ask about every pin of a compiled list.

    pip-audit skips a package about which it gets no page, and calls that "no known vulnerabilities" all the same:
    behind a filter, or at a mirror that has packages without advisories, that may be all of them.

    Args:
        requirements: The list.
        run: Runs pip-audit.

    Returns:
        What was learnt, and of what nothing was.
    """
    done = run([sys.executable, "-m", "pip_audit", f"--requirement={requirements}", *OPTIONS])
    try:
        entries = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]
        return Answer(0, ["everything"], last, [])
    silent = {entry["name"]: entry["skip_reason"] for entry in entries if "skip_reason" in entry}
    heard = [entry for entry in entries if "vulns" in entry]
    known = [_told(entry["name"], entry["version"], hole) for entry in heard for hole in entry["vulns"]]
    if not entries:
        return Answer(0, ["everything"], "pip-audit read no pin", [])
    return Answer(len(heard), sorted(silent), next(iter(silent.values()), ""), known)


def _told(name: str, version: str, hole: dict[str, list[str]]) -> str:
    mended = ", ".join(hole.get("fix_versions") or ["no version yet"])
    others = f" ({', '.join(hole['aliases'])})" if hole.get("aliases") else ""
    return f"{name} {version}: {hole['id']}{others}, mended in {mended}"
