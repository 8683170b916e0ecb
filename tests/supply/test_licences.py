"""No package comes in under a licence that nobody weighed, and none inside another."""

import json
from importlib.metadata import Distribution, PackageNotFoundError, PathDistribution
from pathlib import Path

import pytest

from intake.config import ROOT
from tests.supply import licences, pins
from tests.supply.pins import Pin

PAD = Pin("pad", "1.0", (), None)


def installed(root: Path, *told: str, name: str = "pad", files: dict[str, str] | None = None) -> Distribution:
    folder = root / f"{name}-1.0.dist-info"
    every = {"METADATA": "\n".join(["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *told, ""])} | (
        files or {}
    )
    for path, text in every.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "RECORD").write_text("".join(f"{folder.name}/{path},,\n" for path in every))
    return PathDistribution(folder)


def faults(package: Distribution, pin: Pin = PAD) -> list[str]:
    return licences.weigh([pin], lambda _name: package).faults


def test_everything_that_is_installed_was_weighed_and_no_reason_is_idle() -> None:
    weighed = licences.weigh(pins.read((ROOT / "requirements.txt").read_text()))
    assert weighed.faults == []
    assert weighed.reasons == licences.REASONED


@pytest.mark.parametrize(
    "told",
    [
        "License-Expression: GPL-3.0-or-later",
        "License-Expression: MIT AND AGPL-3.0-only",
        "License: GPLv3",
        "License: as you like, but not on Sundays",
        "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)",
        "Summary: says nothing of it",
    ],
)
def test_what_was_not_weighed_is_refused(tmp_path: Path, told: str) -> None:
    assert "which nobody weighed" in "".join(faults(installed(tmp_path, told)))


@pytest.mark.parametrize(
    "told",
    [
        "License-Expression: MIT",
        "License-Expression: GPL-2.0-only OR Apache-2.0",
        "License-Expression: Apache-2.0 WITH LLVM-exception",
        "License: MIT\n        Copyright somebody",
        "Classifier: License :: OSI Approved :: BSD License",
    ],
)
def test_what_leaves_a_permissive_choice_is_let_in(tmp_path: Path, told: str) -> None:
    assert faults(installed(tmp_path, told)) == []


def test_a_reason_counts_for_one_package_alone(tmp_path: Path) -> None:
    told = "License-Expression: LGPL-3.0-only"
    assert faults(installed(tmp_path, told, name="psycopg"), PAD._replace(name="psycopg")) == []
    assert faults(installed(tmp_path, told)) == ["pad is under LGPL-3.0-only, which nobody weighed"]


def test_what_a_wheel_says_to_carry_inside_counts(tmp_path: Path) -> None:
    parts = [
        {"name": "borrowed", "licenses": [{"license": {"id": "AGPL-3.0-only"}}]},
        {"name": "not-built-in", "scope": "optional", "licenses": [{"license": {"id": "GPL-3.0-only"}}]},
    ]
    inside = {"sboms/pad.cdx.json": json.dumps({"components": parts})}
    package = installed(tmp_path, "License-Expression: MIT", files=inside)
    assert faults(package) == ["pad is under AGPL-3.0-only, which nobody weighed"]


def test_a_wheel_whose_own_files_call_it_gpl_is_not_believed_to_be_mit(tmp_path: Path) -> None:
    inside = {"licenses/BUNDLED.txt": "Name: zip265\nLicense: GPLv2\n"}
    assert "“License: GPLv2”" in "".join(faults(installed(tmp_path, "License-Expression: MIT", files=inside)))


def test_what_is_not_here_or_is_another_version_is_not_passed_over(tmp_path: Path) -> None:
    def missing(name: str) -> Distribution:
        raise PackageNotFoundError(name)

    assert "nobody could look" in licences.weigh([PAD], missing).faults[0]
    other = PAD._replace(version="2.0")
    assert faults(installed(tmp_path, "License-Expression: MIT"), other) == [
        "pad is installed as 1.0, not 2.0: run `make install`"
    ]
