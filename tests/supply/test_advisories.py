"""Silence about a package is never taken for good news."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.supply import __main__ as audit
from tests.supply import advisories, dependencies, licences, pins
from tests.supply.advisories import Answer

HOLE = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["1.1"], "description": "long"}
SOUND = {"name": "brush", "version": "2", "vulns": []}
HOLED = {"name": "pad", "version": "1", "vulns": [HOLE]}
SKIPPED = {"name": "pad", "skip_reason": "Dependency not found"}


def answer(*entries: dict[str, Any], said: str = "", code: int = 0) -> Answer:
    """Return what is learnt from what pip-audit prints; nothing is started, and nothing sent."""
    out = json.dumps({"dependencies": entries, "fixes": []}) if entries else ""
    return advisories.ask(Path("list"), lambda command: subprocess.CompletedProcess(command, code, out, said))


def test_what_is_known_is_told_with_what_mends_it() -> None:
    assert answer(HOLED, SOUND, code=1) == Answer(2, [], "", ["pad 1: PYSEC-1 (CVE-1), mended in 1.1"])


def test_a_skipped_package_counts_as_not_asked() -> None:
    assert answer(SKIPPED, SOUND, said="No known vulnerabilities found") == Answer(
        1, ["pad"], "Dependency not found", []
    )


@pytest.mark.parametrize("said", ["", "WARNING: …\nConnectionError: no route"])
def test_without_a_network_nothing_was_asked(said: str) -> None:
    learnt = answer(said=said, code=1)
    assert learnt.asked == 0
    assert learnt.silent == ["everything"]
    assert learnt.why in {"ConnectionError: no route", "pip-audit said nothing"}


@pytest.mark.parametrize(
    ("learnt", "arguments", "fault", "code", "words"),
    [
        (Answer(2, [], "", []), [], [], 0, "nothing is known against any of 2"),
        (Answer(1, ["pad"], "no page", []), [], [], 2, "could not be asked, for 1 of 2: pad"),
        (Answer(1, ["pad"], "no page", []), ["--offline"], [], 0, "3 passed, 0 failed, 1 not asked"),
        (Answer(1, ["pad"], "no page", ["brush 2: PYSEC-2"]), [], [], 1, "PYSEC-2"),
        (Answer(1, ["pad"], "no page", []), [], ["pad is unused"], 1, "pad is unused"),
    ],
)
def test_the_command_ends_well_only_if_all_is_known_to_be_well(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    learnt: Answer,
    arguments: list[str],
    fault: list[str],
    code: int,
    words: str,
) -> None:
    monkeypatch.setattr(advisories, "ask", lambda _requirements: learnt)
    monkeypatch.setattr(licences, "weigh", lambda _pins: licences.Weighed([], {}))
    monkeypatch.setattr(pins, "faults", lambda _root: [])
    monkeypatch.setattr(dependencies, "faults", lambda _root: fault)
    monkeypatch.setattr(sys, "argv", ["audit", *arguments])
    assert audit.main() == code
    assert words in capsys.readouterr().out
