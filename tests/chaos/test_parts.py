"""The tools of a storm do what they say: a cut takes what was not synced, a store keeps what it took."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from intake.config import ROOT
from intake.file_settings import ObjectStore
from intake.sealing import new_identity, seal
from intake.storage import new_name
from intake.storage.bucket import Bucket
from tests.chaos import leaks, power, servers, store
from tests.chaos.clock import Clock
from tests.chaos.people import MARK
from tests.chaos.power import Station
from tests.chaos.servers import Server

WRITES = """
import os, sys
whole, half, never = (open(f"{sys.argv[1]}/{name}", "w") for name in ("whole", "half", "never"))
for file in (whole, half, never):
    print("first", file=file, flush=True)
os.fsync(whole.fileno()), os.fdatasync(half.fileno())
print("second", file=half, flush=True)
"""
NOW = "from intake.i18n import now; import time; print(now().timestamp()); print(time.time())"


def test_a_power_cut_takes_what_was_not_synced_and_nothing_else(tmp_path: Path) -> None:
    if why := power.why_not():
        pytest.skip(why)
    for name in ("station", "watched"):
        (tmp_path / name).mkdir()
    watched = tmp_path / "watched"
    (watched / "before").write_text("it was there")
    station = Station(tmp_path / "station", watched)
    try:
        station.adopt()
        command = [*station.launching(), sys.executable, "-c", WRITES, str(watched)]
        subprocess.run(command, cwd=ROOT, check=True)
        assert (watched / "half").read_text() == "first\nsecond\n"
        assert station.cut() == 2
    finally:
        station.stop()
    found = {file.name: file.read_text() for file in watched.iterdir()}
    assert found == {"before": "it was there", "whole": "first\n", "half": "first\n", "never": ""}


def test_a_program_lives_by_the_clock_that_steps(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    clock.step(86_400.0)
    environ = {**os.environ, **clock.settings}
    told = subprocess.run(
        [sys.executable, "-c", NOW], cwd=ROOT, env=environ, check=True, capture_output=True, text=True
    )
    for moment in map(float, told.stdout.split()):
        assert datetime.fromtimestamp(moment, UTC) > datetime.now(UTC) + timedelta(hours=23)


def test_the_store_keeps_what_it_took_though_it_is_killed(tmp_path: Path) -> None:
    port = servers.free_port()
    server = Server(servers.python(store.__name__, str(port), str(tmp_path)), port, tmp_path / "said")
    bucket = Bucket(ObjectStore(f"http://{servers.HOST}:{port}", store.BUCKET, "us-east-1", "okapi-key", "okapi-word"))
    name, sealed = new_name(), seal(b"words", [new_identity().recipient])
    server.start()
    try:
        assert bucket.try_out()
        bucket.put(name, 0, sealed)
        with pytest.raises(FileExistsError):
            bucket.put(name, 0, seal(b"others", [new_identity().recipient]))
        server.kill()
        server.start()
        assert (bucket.get(name, 0), bucket.counts(), bucket.numbers(name)) == (sealed, {name: 1}, {0})
        bucket.delete(name)
        with pytest.raises(FileNotFoundError):
            bucket.get(name, 0)
    finally:
        server.kill()


@pytest.mark.parametrize("lies", [*leaks.forms(f"{MARK}-1"), b"code 1234 5678 9012 3456 7890 1234"])
def test_words_and_codes_are_found_wherever_they_lie(lies: bytes, tmp_path: Path) -> None:
    searched = leaks.Searched(["123456789012345678901234"])
    (tmp_path / "nothing").write_bytes(os.urandom(50_000))
    assert list(searched.in_files([tmp_path])) == []
    (tmp_path / "journal").write_bytes(os.urandom(5_000) + b"<" + lies + b">")
    assert list(searched.in_files([tmp_path])) == [str(tmp_path / "journal")]
