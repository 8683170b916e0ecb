"""What the box says to who started it: a small head for each part, then the part's bytes. Pure, for both sides.

A frame is four bytes that say how long the head is, then the head (JSON), then as many bytes as the head says under
``size``. The last frame's head is ``{"end": true}``, or ``{"reason": …}`` where there is nothing to show.
"""

import json
from collections.abc import Callable
from typing import Any

LENGTH = 4  # bytes that say how long a head is
LONGEST_HEAD = 256 * 1024  # bytes: clues in letters that take twelve each
PIECE = 256 * 1024  # bytes that are read at once
# Why there is nothing to show. The box has no other words: what it was given must not speak through it.
NO_SANDBOX, KIND, TOO_LARGE, BROKEN = "no_sandbox", "kind", "too_large", "broken"
LOCKED, TOO_LONG, NO_FFMPEG = "locked", "too_long", "no_ffmpeg"
REASONS = frozenset({NO_SANDBOX, KIND, TOO_LARGE, BROKEN, LOCKED, TOO_LONG, NO_FFMPEG})
NO_WALLS, NO_PROGRAM = 77, 78  # what a process ends with that cannot say it

Head = dict[str, Any]


class FrameError(Exception):
    """What came is no frame."""


class RefusedError(Exception):
    """There is nothing to show, for a reason of ``REASONS``."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


def packed(head: Head) -> bytes:
    """Return a head as it is sent."""
    text = json.dumps(head, separators=(",", ":")).encode()
    return len(text).to_bytes(LENGTH, "big") + text


def head(read: Callable[[int], bytes]) -> Head:
    """Read a head.

    Args:
        read: returns as many bytes as it is asked for, or fewer at the end.

    Raises:
        FrameError: the bytes end, or are no head.
    """
    length = int.from_bytes(_all(read, LENGTH), "big")
    if not 0 < length <= LONGEST_HEAD:
        message = "a head is of no length that heads have"
        raise FrameError(message)
    try:
        read_as = json.loads(_all(read, length))
    except (ValueError, RecursionError) as error:
        message = "a head is no JSON"
        raise FrameError(message) from error
    if not isinstance(read_as, dict):
        message = "a head is no object"
        raise FrameError(message)
    return read_as


def number(head: Head, name: str, most: int) -> int:
    """Return a whole number of a head, from 0 to the most it may be.

    Raises:
        FrameError: it is none.
    """
    value = head.get(name, 0)
    if type(value) is not int or not 0 <= value <= most:
        message = f"{name} is no number that it may be"
        raise FrameError(message)
    return value


def _all(read: Callable[[int], bytes], count: int) -> bytes:
    taken = read(count)
    if len(taken) != count:
        message = "it ends in the middle of a frame"
        raise FrameError(message)
    return taken
