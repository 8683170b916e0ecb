"""A fault to be planted: where, what, and which tests must notice. Planting it in a copy, and running those."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "instance", "bench.json")
LIMIT = 600  # seconds; whoever hangs has not noticed
FAILED = 1  # what pytest ends with where a test failed; anything else is no test that noticed


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Attributes:
        name: to be asked for by ``--only``.
        breaks: the promise, in words.
        path: the file below the root.
        find: the text that keeps the promise: it stands there once.
        put: what stands there instead.
        tests: the tests of which one must fail, as pytest names them. They run on SQLite.
        fault: which of the faults it is that must be covered at least; empty for one more.
    """

    name: str
    breaks: str
    path: str
    find: str
    put: str
    tests: tuple[str, ...]
    fault: str = ""

    def mutated(self, root: Path = ROOT) -> str:
        """Return the file with the fault in it.

        Raises:
            ValueError: the text does not stand there exactly once, or nothing would change.
        """
        text = (root / self.path).read_text(encoding="utf-8")
        if text.count(self.find) != 1:
            message = f"{self.name}: its text stands {text.count(self.find)} times in {self.path}"
            raise ValueError(message)
        changed = text.replace(self.find, self.put)
        if changed == text:
            message = f"{self.name}: nothing would change"
            raise ValueError(message)
        return changed


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant."""

    mutant: Mutant
    killed: bool
    seconds: float
    said: str


def plant(mutant: Mutant) -> Outcome:
    """Copy the tree, plant the fault, run the tests that must notice."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        root = copied(Path(folder))
        (root / mutant.path).write_text(mutant.mutated(root), encoding="utf-8")
        code, said = run(root, mutant.tests)
    if code not in {0, FAILED}:
        said = f"pytest ended with {code}, so no test noticed:\n{said}"
    return Outcome(mutant, code == FAILED, time.monotonic() - began, said)


def copied(folder: Path) -> Path:
    """Return a copy of the tree in a folder, without what nobody needs to test it."""
    root = folder / "tree"
    shutil.copytree(ROOT, root, ignore=LEFT_OUT, symlinks=True)
    return root


def run(root: Path, tests: tuple[str, ...]) -> tuple[int, str]:
    """Run tests of a tree with this interpreter; return how they ended, and the end of what they printed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-k", "not postgresql", *tests]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=root, env=environment, check=False, capture_output=True, text=True, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        return -1, f"it took longer than {LIMIT} seconds"
    return done.returncode, "\n".join((done.stdout + done.stderr).splitlines()[-15:])
