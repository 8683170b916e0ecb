"""``python -m tests.supply.bundle``: put a commit and all its wheels into one file, to be installed offline."""

import argparse
import hashlib
import io
import platform
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath
from string import Template

from babel.messages import mofile, pofile

from intake.config import ROOT
from tests.supply import commit, pins, sbom, wheels
from tests.supply.commit import Commit, Content
from tests.supply.wheels import Target

FOLDER = ROOT / "instance" / "bundle"  # git keeps nothing of it
HOW = Path(__file__).with_name("INSTALL.txt")
SUMS = "SHA256SUMS"


def main() -> int:
    """Make the bundle of the newest commit; return 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.supply.bundle", description=main.__doc__)
    parser.add_argument("--python", action="append", help="the version on the machine, such as 3.12; may be repeated")
    parser.add_argument("--machine", default=platform.machine(), help="its processor: x86_64 or aarch64")
    parser.add_argument("--wheels", type=Path, help="take them from this folder; else pip fetches them")
    parser.add_argument("--out", type=Path, default=FOLDER)
    asked = parser.parse_args()
    here = ".".join(platform.python_version_tuple()[:2])
    targets = [Target(python, asked.machine) for python in sorted(set(asked.python or [here]))]
    of = commit.read(ROOT)
    with tempfile.TemporaryDirectory() as fetched:
        made = bundle(of, targets, asked.wheels or _fetched(of, targets, Path(fetched)), asked.out)
    if commit.changed(ROOT):
        sys.stdout.write("What you changed since the last commit is not in it.\n")
    megabytes = made.stat().st_size / 1_000_000
    sys.stdout.write(f"{made} ({megabytes:.0f} MB)\nSHA-256 {wheels.sha256(made)}\n")
    return 0


def _fetched(of: Commit, targets: Iterable[Target], folder: Path) -> Path:
    for target in targets:
        wheels.fetch(pins.read(of.files["requirements.txt"].content.decode()), target, folder)
    return folder


def bundle(of: Commit, targets: list[Target], folder: Path, out: Path) -> Path:
    """Write a bundle: the files of a commit, its catalogues compiled, its wheels, what it is made of, sums, and how to.

    The same commit, targets and wheels give the same bytes, whoever makes it and when.

    Args:
        of: The commit.
        targets: The kinds of machine that it is for.
        folder: Where the wheels are.
        out: The folder that it goes to.

    Returns:
        The path of the bundle.

    Raises:
        SystemExit: A wheel is missing, or is not what is pinned.
    """
    pinned = pins.read(of.files["requirements.txt"].content.decode())
    chosen = {path.name: path for target in targets for path in wheels.chosen(pinned, target, folder)}
    inside = list(distributions(path=[str(chosen[name]) for name in sorted(chosen)]))
    files = of.files | _catalogues(of)
    files["sbom.json"] = Content(sbom.made(pinned, of, inside).encode())
    files["INSTALL.txt"] = Content(_how(of, targets).encode())
    sums = {path: hashlib.sha256(file.content).hexdigest() for path, file in files.items()}
    sums |= {f"wheels/{name}": wheels.sha256(path) for name, path in chosen.items()}
    files[SUMS] = Content("".join(f"{sums[path]}  {path}\n" for path in sorted(sums)).encode())
    out.mkdir(parents=True, exist_ok=True)
    kinds = "-".join(["py" + "-".join(target.python for target in targets), targets[0].machine])
    made = out / f"intake-{of.short}-{kinds}.tar"
    part = made.with_suffix(".part")
    with tarfile.open(part, "w", format=tarfile.GNU_FORMAT) as archive:
        for path in sorted([*files, *(f"wheels/{name}" for name in chosen)]):
            file = files.get(path)
            size = len(file.content) if file else chosen[PurePosixPath(path).name].stat().st_size
            entry = _entry(of, path, size, program=bool(file and file.program))
            with io.BytesIO(file.content) if file else chosen[PurePosixPath(path).name].open("rb") as content:
                archive.addfile(entry, content)
    return part.replace(made)


def _entry(of: Commit, path: str, size: int, *, program: bool) -> tarfile.TarInfo:
    """Return an entry that tells nothing of the machine on which it was made."""
    entry = tarfile.TarInfo(f"intake-{of.short}/{path}")
    entry.size, entry.mtime, entry.mode = size, int(of.time.timestamp()), 0o755 if program else 0o644
    return entry


def _catalogues(of: Commit) -> dict[str, Content]:
    """Compile the catalogues of a commit, as ``make catalogues`` does."""
    compiled = {}
    for path in (path for path in of.files if path.endswith("/messages.po")):
        written, catalogue = io.BytesIO(), pofile.read_po(io.BytesIO(of.files[path].content))
        catalogue.creation_date = catalogue.revision_date = of.time  # else the moment of making, where none is noted
        mofile.write_mo(written, catalogue)
        compiled[path.removesuffix(".po") + ".mo"] = Content(written.getvalue())
    return compiled


def _how(of: Commit, targets: list[Target]) -> str:
    pythons = " or ".join(target.python for target in targets)
    facts = {"folder": f"intake-{of.short}", "commit": of.name, "machine": targets[0].machine, "pythons": pythons}
    return Template(HOW.read_text(encoding="utf-8")).substitute(facts, day=f"{of.time:%Y-%m-%d}")


if __name__ == "__main__":
    sys.exit(main())
