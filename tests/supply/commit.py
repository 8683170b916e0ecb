"""Read a commit as it is kept, not the files that lie about."""

import io
import shutil
import subprocess
import tarfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple


class Content(NamedTuple):
    """A file: what is in it, and whether it is a program."""

    content: bytes
    program: bool = False


class Commit(NamedTuple):
    """A commit: its name, when it was made, and its files."""

    name: str
    time: datetime
    files: dict[str, Content]

    @property
    def short(self) -> str:
        """Return enough of its name to know it by."""
        return self.name[:12]

    @property
    def asks_for(self) -> list[str]:
        """Return what its ``pyproject.toml`` asks for, to run it."""
        asked: list[str] = tomllib.loads(self.files["pyproject.toml"].content.decode())["project"]["dependencies"]
        return asked


def read(root: Path) -> Commit:
    """Return the newest commit of a checkout.

    Raises:
        SystemExit: The folder is no checkout with a commit.
    """
    if not shutil.which("git") or not (root / ".git").exists():
        message = "this is made from a commit, and this folder is no checkout of git"
        raise SystemExit(message)
    name, seconds = _git(root, "show", "--no-patch", "--format=%H %ct", "HEAD").decode().split()
    with tarfile.open(fileobj=io.BytesIO(_git(root, "archive", "--format=tar", name))) as archive:
        files = {
            member.name: Content(kept.read(), bool(member.mode & 0o100))
            for member in archive
            if member.isfile() and (kept := archive.extractfile(member))
        }
    return Commit(name, datetime.fromtimestamp(int(seconds), UTC), files)


def changed(root: Path) -> bool:
    """Return whether a checkout has changes that no commit keeps."""
    return bool(_git(root, "status", "--porcelain").strip())


def _git(root: Path, *arguments: str) -> bytes:
    command = ["git", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True).stdout
