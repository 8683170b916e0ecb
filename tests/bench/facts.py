"""What must be known of the machine to make sense of its figures: never its name, nor where anything lies on it."""

import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from intake import supervisor
from intake.config import ROOT
from intake.extensions import sqlite_driver
from tests.bench.instance import HOST, Bench
from tests.servers.postgres import USER

WRITES = 60  # of a page, each waited for
PAGE = b"\0" * 4096
UNKNOWN = "not known"
_OURS = ("docs/benchmarks.md", "docs/benchmarks.json")  # what this command writes itself


def of_machine(bench: Bench) -> dict[str, str]:
    """Return what is known, in the order in which it is told."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = f"{supervisor.WEB_PROCESSES} processes that work on {supervisor.PLACES} requests each, as shipped"
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": _commit(),
        "processor": _processor(),
        "cores": str(cores),
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1024**3:.1f} GB",
        "kernel": f"{platform.system()} {platform.release()}",
        "disk": f"a write of 4 kB is on it after {_waiting(bench.folder):.2f} ms (the middle of {WRITES})",
        "Python": platform.python_version(),
        "SQLite": f"{sqlite_driver().sqlite_version}, WAL, synchronous=FULL",
        "PostgreSQL": f"{_postgresql(bench)}, fsync and synchronous_commit on",
        "web server": threads,
    }


def _commit() -> str:
    try:
        commit = _git("rev-parse", "--short=10", "HEAD")
        changed = [line[3:] for line in _git("status", "--porcelain").splitlines()]
    except (OSError, subprocess.CalledProcessError):
        return UNKNOWN
    return commit + (" with changes" if set(changed) - set(_OURS) else "")


def _git(*asked: str) -> str:
    done = subprocess.run(("git", *asked), cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.rstrip()


def _processor() -> str:
    try:
        said = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    named = re.search(r"^model name\s*: (.+)$", said, re.MULTILINE)
    return f"{named[1].strip()}, {platform.machine()}" if named else platform.machine()


def _waiting(folder: Path) -> float:
    """Return how many milliseconds it takes until a few bytes are on the disk."""
    took = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(WRITES):
            began = time.perf_counter()
            os.write(file.fileno(), PAGE)
            os.fsync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def _postgresql(bench: Bench) -> str:
    with psycopg.connect(host=HOST, port=bench.postgres.port, user=USER, dbname="postgres") as connection:
        (version,) = connection.execute("SHOW server_version").fetchone() or (UNKNOWN,)
    return str(version).split()[0]
