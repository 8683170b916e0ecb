"""Keep the database that the code of a past commit writes: ``python -m tests.migrations_archive.make COMMIT``.

The code itself is checked out into a folder of its own, so what is kept is what that code wrote, not what today's
thinks it did. Whoever releases a new schema keeps one. An archive is never made anew: what it holds is drawn by lot.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def make(commit: str) -> None:
    """Run what writes the database in a checkout of a commit."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        subprocess.run(["git", "worktree", "add", "--detach", str(tree), commit], check=True)
        try:
            environ = {**os.environ, "PYTHONPATH": str(tree)}
            command = [sys.executable, str(HERE / "writing.py"), str(HERE)]
            subprocess.run(command, cwd=tree, env=environ, check=True)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], check=True)


if __name__ == "__main__":
    for asked in sys.argv[1:]:
        make(asked)
