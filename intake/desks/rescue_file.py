"""The rescue identity of a trial that was started without a terminal. As long as the file lies here, it opens all."""

from pathlib import Path

from flask import current_app

FILE = "rescue-identity.txt"


def path() -> Path:
    """Return where the file is, or would be."""
    instance: Path = current_app.config["INSTANCE"]
    return instance / FILE


def lies_here() -> bool:
    """Return whether the file is still on this machine."""
    return path().exists()
