"""A bundle is the same whoever makes it, holds nothing that is not pinned, and installs without a network."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from intake.config import ROOT
from tests.supply import bundle, commit, pins, sbom
from tests.supply.commit import Commit, Content
from tests.supply.wheels import Target

TARGET = Target("3.12", "x86_64")
MADE = datetime(2021, 5, 4, 3, 2, 1, tzinfo=UTC)
CATALOGUE = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Yes"\nmsgstr "Да"\n'
PO = "intake/translations/ru/LC_MESSAGES/messages.po"


def wheel(folder: Path, name: str, tags: str = "py3-none-any") -> str:
    """Make a tiny wheel; return its SHA-256."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-1.0-{tags}.whl"
    about = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": f'TAGS = "{tags}"\n',
        f"{about}/METADATA": f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\nLicense-Expression: MIT\n",
        f"{about}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tags}\n",
        f"{about}/RECORD": f"{name}.py,,\n{about}/METADATA,,\n{about}/WHEEL,,\n{about}/RECORD,,\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in files.items():
            archive.writestr(zipfile.ZipInfo(inside), text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of wheels for several kinds of machine, of which one kind shall be served."""
    return tmp_path / "wheels"


@pytest.fixture
def of(folder: Path) -> Commit:
    """Return a commit that pins two packages for the target, and one for other machines."""
    built = ["cp312-cp312-manylinux_2_17_x86_64", "cp39-abi3-manylinux_2_28_x86_64", "cp312-cp312-win_amd64"]
    hashes = " ".join(f"--hash=sha256:{wheel(folder, 'brush', tags)}" for tags in built)
    pinned = (
        f"pad==1.0 --hash=sha256:{wheel(folder, 'pad')}\nbrush==1.0 {hashes}\n"
        f"other==1.0 ; python_version < '3.12' --hash=sha256:{wheel(folder, 'other')}\n"
    )
    files = {
        "pyproject.toml": '[project]\nname = "tiny"\ndependencies = ["pad==1.0"]\n',
        "requirements.txt": pinned,
        PO: CATALOGUE,
    }
    kept = {path: Content(text.encode()) for path, text in files.items()}
    return Commit("c" * 40, MADE, kept | {"deploy/intake": Content(b"#!/bin/sh\n", program=True)})


def entries(made: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(made) as archive:
        return {entry.name.partition("/")[2]: entry for entry in archive}


def unpacked(made: Path, out: Path) -> Path:
    with tarfile.open(made) as archive:
        archive.extractall(out, filter="data")
    return next(out.iterdir())


def test_the_same_commit_gives_the_same_bytes(of: Commit, folder: Path, tmp_path: Path) -> None:
    first = bundle.bundle(of, [TARGET], folder, tmp_path / "first")
    elsewhere = Path(shutil.copytree(folder, tmp_path / "elsewhere"))
    for path in elsewhere.iterdir():
        path.chmod(0o600)
        os.utime(path, (1, 1))
    backwards = Commit(of.name, of.time, dict(reversed(of.files.items())))
    second = bundle.bundle(backwards, [TARGET], elsewhere, tmp_path / "second")
    assert first.name == second.name == "intake-cccccccccccc-py3.12-x86_64.tar"
    assert first.read_bytes() == second.read_bytes()


def test_it_tells_nothing_of_where_and_when_it_was_made(of: Commit, folder: Path, tmp_path: Path) -> None:
    made = bundle.bundle(of, [TARGET], folder, tmp_path)
    found = entries(made)
    assert list(found) == sorted(found)
    assert {(one.uid, one.gid, one.uname, one.gname) for one in found.values()} == {(0, 0, "", "")}
    assert {one.mtime for one in found.values()} == {int(MADE.timestamp())}
    assert {path for path, one in found.items() if one.mode == 0o755} == {"deploy/intake"}
    catalogue = (unpacked(made, tmp_path / "out") / PO).with_suffix(".mo").read_bytes()
    assert "Да".encode() in catalogue
    assert b"POT-Creation-Date: 2021-05-04 03:02" in catalogue


def test_every_file_has_its_sum_and_only_fitting_wheels_are_in(of: Commit, folder: Path, tmp_path: Path) -> None:
    made = bundle.bundle(of, [TARGET], folder, tmp_path)
    out = unpacked(made, tmp_path / "out")
    sums = dict(line.split("  ")[::-1] for line in (out / "SHA256SUMS").read_text().splitlines())
    assert {*sums, "SHA256SUMS"} == set(entries(made))
    assert all(hashlib.sha256((out / path).read_bytes()).hexdigest() == one for path, one in sums.items())
    wheels = sorted(path.name for path in (out / "wheels").iterdir())
    assert wheels == ["brush-1.0-cp312-cp312-manylinux_2_17_x86_64.whl", "pad-1.0-py3-none-any.whl"]
    text = (out / "INSTALL.txt").read_text()
    assert "Python 3.12" in text
    assert "$" not in text


def test_a_wheel_that_is_not_what_is_pinned_is_refused(of: Commit, folder: Path, tmp_path: Path) -> None:
    with (folder / "pad-1.0-py3-none-any.whl").open("ab") as file:
        file.write(b"one more")
    with pytest.raises(SystemExit, match="not what is pinned"):
        bundle.bundle(of, [TARGET], folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("target", [Target("3.12", "aarch64"), Target("3.8", "x86_64")])
def test_a_machine_for_which_a_wheel_is_missing_is_named(
    of: Commit, folder: Path, tmp_path: Path, target: Target
) -> None:
    with pytest.raises(SystemExit, match=rf"no wheel of brush 1\.0 for {target}"):
        bundle.bundle(of, [target], folder, tmp_path / "out")


def test_it_installs_without_an_index(folder: Path, tmp_path: Path) -> None:
    hashes = wheel(folder, "pad")
    files = {
        "pyproject.toml": '[project]\nname = "tiny"\ndependencies = ["pad==1.0"]\n',
        "requirements.txt": f"pad==1.0 --hash=sha256:{hashes}\n",
    }
    of = Commit("d" * 40, MADE, {path: Content(text.encode()) for path, text in files.items()})
    out = unpacked(bundle.bundle(of, [TARGET], folder, tmp_path / "made"), tmp_path / "out")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--isolated", "--no-index", "--find-links=wheels"]
    command = [*pip, "--require-hashes", "--requirement=requirements.txt", f"--target={tmp_path / 'installed'}"]
    subprocess.run(command, cwd=out, check=True, capture_output=True)
    assert (tmp_path / "installed" / "pad.py").is_file()


@pytest.mark.parametrize(
    ("wheels", "options"),
    [("/media/stick", '--no-index --find-links "/media/stick" -r'), ("", "--only-binary :all:  -r")],
)
def test_make_takes_the_wheels_that_are_named(wheels: str, options: str) -> None:
    command = ["make", "-n", "-W", "requirements.txt", "install", f"WHEELS={wheels}"]
    shown = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert f"{options} requirements.txt" in shown
    assert "--require-hashes" in shown


def test_what_intake_is_made_of_lists_every_pin_with_every_hash() -> None:
    pinned = pins.read((ROOT / "requirements.txt").read_text())
    of = Commit("e" * 40, MADE, {"pyproject.toml": Content((ROOT / "pyproject.toml").read_bytes())})
    text = sbom.made(pinned, of, [])
    assert text == sbom.made(list(reversed(pinned)), of, [])
    made = json.loads(text)
    listed = {
        (part["name"], part["version"], tuple(sorted(one["content"] for one in part["hashes"])))
        for part in made["components"]
    }
    assert listed == {(pin.name, pin.version, pin.hashes) for pin in pinned}
    needs = {entry["ref"]: entry.get("dependsOn", []) for entry in made["dependencies"]}
    assert any(one.startswith("pkg:pypi/flask@") for one in needs["intake"])


def test_licences_and_needs_are_read_from_the_wheels_themselves(of: Commit, folder: Path, tmp_path: Path) -> None:
    out = unpacked(bundle.bundle(of, [TARGET], folder, tmp_path), tmp_path / "out")
    parts = {part["name"]: part for part in json.loads((out / "sbom.json").read_text())["components"]}
    assert parts["pad"]["licenses"][0]["expression"] == "MIT"
    assert "licenses" not in parts["other"], "no wheel of it is here, so nobody looked"


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_what_no_commit_keeps_is_not_in_it(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("kept")
    moment = {"GIT_COMMITTER_DATE": "1620097321 +0500", "GIT_CONFIG_GLOBAL": os.devnull}
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, env=os.environ | moment)
    assert not commit.changed(tmp_path)
    (tmp_path / "kept.txt").write_text("changed")
    (tmp_path / "secret.txt").write_text("never")
    of = commit.read(tmp_path)
    assert of.files == {"kept.txt": Content(b"kept")}
    assert of.time == MADE
    assert commit.changed(tmp_path)
