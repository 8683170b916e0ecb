"""ffmpeg and ffprobe behind walls: this process becomes one of them, once it can do nothing else."""

import json
import os
import sys
from pathlib import Path

from intake.evidence.boxed import frames, walls
from intake.evidence.boxed.room import MEGABYTE
from intake.evidence.boxed.walls import Limits

MEMORY = 3072 * MEGABYTE
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
LOADERS = ("/lib64", "/lib")  # where the program lies that loads programs


def main(order: str) -> None:
    """Become the program of the order: its path, its arguments and its seconds. Its input is standard input."""
    asked = json.loads(order)
    program = asked["program"]
    loaders = [str(path) for folder in LOADERS for path in Path(folder).glob("ld-*.so*")]
    try:
        walls.rise(Limits(asked["seconds"], MEMORY), readable=LIBRARIES, programs=[program, *loaders])
    except Exception:  # noqa: BLE001 whatever it is: without walls nothing is read
        sys.exit(frames.NO_WALLS)
    try:
        os.execve(program, [program, *asked["arguments"]], {})  # noqa: S606 that is the purpose
    except OSError:
        sys.exit(frames.NO_PROGRAM)
