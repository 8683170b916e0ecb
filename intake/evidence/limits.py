"""How much may be sent: who is told so before it begins, and what is refused, in clear words."""

import shutil
from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext
from sqlalchemy import func, select

from intake.evidence.models import File, Upload
from intake.extensions import db
from intake.file_settings import MEGABYTE, FileSettings

EMPTY, TOO_LARGE, NO_ROOM, TOO_MANY, DISK_FULL, AWAY = REASONS = (
    *("empty", "too_large", "no_room"),
    *("too_many", "disk_full", "away"),
)
MOST_FILES = 100  # of a complainant for one case, unfinished ones counted
MOST_FILES_OF_MEMBERS = 1000


class RefusedError(Exception):
    """A file that is not taken. The others are."""

    def __init__(self, reason: str) -> None:
        """Keep why: one of ``REASONS``."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Limits:
    """How much somebody may send for one case.

    Attributes:
        largest: bytes of one file.
        most: bytes of all that is counted with it; None where nobody counts.
        files: how many of them.
    """

    largest: int
    most: int | None
    files: int

    def refusal(self, reason: str) -> str:
        """Return why a file is not taken, in the reader's language."""
        return {
            EMPTY: gettext("There is nothing in this file: it has no bytes. Please choose it again."),
            TOO_LARGE: gettext(
                "This file is too large: we can take %(most)s MB each. Send a smaller copy of it, or send it in parts.",
                most=self.largest // MEGABYTE,
            ),
            NO_ROOM: gettext(
                "All files of a case together may have %(most)s MB, and with this one they would have more. Write to "
                "us what it shows: the journalists will tell you how to send it.",
                most=(self.most or 0) // MEGABYTE,
            ),
            TOO_MANY: gettext("A case can have %(most)s files, and it has them already.", most=self.files),
            DISK_FULL: gettext(
                "Our server has no room for this file right now. Your words still arrive. Please try again tomorrow."
            ),
            AWAY: gettext("Our server cannot keep this file right now. Please send it again in some minutes."),
        }[reason]


@dataclass(frozen=True)
class Used:
    """What a case has already of what is counted: arrived and unfinished files."""

    size: int = 0
    files: int = 0

    def check(self, limits: Limits, size: int) -> None:
        """Refuse a file that would be too much.

        Args:
            limits: those of who sends it.
            size: its bytes.

        Raises:
            RefusedError: it is too large, or too much together with the others.
        """
        if size < 1:
            raise RefusedError(EMPTY)
        if size > limits.largest:
            raise RefusedError(TOO_LARGE)
        if limits.most is not None and self.size + size > limits.most:
            raise RefusedError(NO_ROOM)
        if self.files >= limits.files:
            raise RefusedError(TOO_MANY)


def of_complainant() -> Limits:
    """Return how much a complainant may send for a case."""
    return Limits(_settings().largest, _settings().most, MOST_FILES)


def of_member() -> Limits:
    """Return how much members may add to a case."""
    return Limits(_settings().largest_of_member, None, MOST_FILES_OF_MEMBERS)


def used(case_id: int, *, by_member: bool) -> Used:
    """Return what a case has: of its complainant, or of all members; what is unfinished counts as if it were whole."""
    size, files = 0, 0
    for rows in (File, Upload):
        brought = rows.member_id.is_not(None) if by_member else rows.member_id.is_(None)
        counted = select(func.coalesce(func.sum(rows.size), 0), func.count()).where(rows.case_id == case_id, brought)
        of_rows, count = db.session.execute(counted).one()
        size, files = size + int(of_rows), files + int(count)
    return Used(size, files)


def left(allowed: Limits, counted: Used) -> int | None:
    """Return how many bytes somebody may still send; None where nobody counts."""
    return None if allowed.most is None else max(0, allowed.most - counted.size)


def check_disk(size: int) -> None:
    """Refuse what would take the space of the disk that words need. What an object store takes is its own matter.

    Args:
        size: how many bytes are to come.

    Raises:
        RefusedError: the disk is nearly full.
    """
    settings = _settings()
    if settings.store is None and shutil.disk_usage(current_app.config["INSTANCE"]).free - size < settings.reserve:
        raise RefusedError(DISK_FULL)


def _settings() -> FileSettings:
    settings: FileSettings = current_app.config["FILES"]
    return settings
