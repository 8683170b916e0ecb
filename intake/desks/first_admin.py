"""Handing the first admin's code to the operator where there is no terminal: a file, gone when it was used."""

from pathlib import Path

from flask import current_app

from intake.config import write_private

FILE = "first-admin"


def path() -> Path:
    """Return where the file is."""
    instance: Path = current_app.config["INSTANCE"]
    return instance / FILE


def write(link: str, code: str) -> Path:
    """Write link and code for the operator alone (mode 0600), in place of an earlier file."""
    forget()
    write_private(path(), f"{link}\n{code}")
    return path()


def forget() -> None:
    """Remove the file."""
    path().unlink(missing_ok=True)
