"""How a process of the box works: walls first, then the bytes, then what it says about them."""

import json
import os
import sys
from collections.abc import Callable, Iterable
from io import BufferedReader
from pathlib import Path

from intake.evidence.boxed import frames, walls
from intake.evidence.boxed.frames import Head, RefusedError
from intake.evidence.boxed.walls import Limits

OURS = Path(__file__).parent
MEGABYTE = 1024**2
Work = Callable[[BufferedReader, Head], None]


def work(order: str, limits: Limits, do: Work, *, readable: Iterable[str] = ()) -> None:
    """Raise the walls, then do it, with the bytes on standard input; say how it ended.

    Args:
        order: what was asked for, as JSON.
        limits: what this process may use.
        do: reads the bytes and says its parts.
        readable: what it may read beside Python's own libraries.
    """
    try:
        walls.rise(limits, readable=[*libraries(), *readable])
    except Exception:  # noqa: BLE001 whatever it is: without walls nothing is read
        say({"reason": frames.NO_SANDBOX})
        return
    try:
        with os.fdopen(sys.stdin.fileno(), "rb", closefd=False) as file:
            do(file, json.loads(order))
    except RefusedError as error:
        say({"reason": error.reason})
    except MemoryError:
        say({"reason": frames.TOO_LARGE})
    except Exception:  # noqa: BLE001 hostile bytes raise anything
        say({"reason": frames.BROKEN})
    else:
        say({"end": True})


def say(head: Head, part: bytes = b"") -> None:
    """Send a frame to who started this process."""
    out = sys.stdout.buffer
    out.write(frames.packed({**head, "size": len(part)}))
    out.write(part)
    out.flush()


def libraries() -> list[str]:
    """Return the folders of Python's libraries, and of these modules; not of the application, whose data lie there."""
    ours = OURS.parents[2]
    return [*(path for path in sys.path if path and Path(path) != ours), str(OURS)]
