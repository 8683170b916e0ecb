"""What clamd says of a file, and what is said where it says nothing."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from intake.evidence import scan
from intake.evidence.scan import CLEAN, FOUND, NO_ANSWER, NOBODY, TOO_LARGE, Verdict
from intake.file_settings import Scanner
from tests.servers import clamd
from tests.servers.clamd import SIGNATURE, Clamd

PIECES = [b"a" * 300_000, b"b" * 10, b"c" * 200_000]


def at(port: int) -> Scanner:
    """Return where a scanner listens."""
    return Scanner("127.0.0.1", port)


def test_every_byte_is_looked_through_and_nothing_is_found(tmp_path: Path) -> None:
    with Clamd() as server, Clamd(tmp_path / "clamd.ctl") as other:
        assert scan.scan(at(server.port), iter(PIECES)) == Verdict(CLEAN)
        assert scan.scan(at(server.port), [b""]) == Verdict(CLEAN)
        assert scan.scan(Scanner(socket=str(tmp_path / "clamd.ctl")), PIECES) == Verdict(CLEAN)
        assert scan.answers(at(server.port))
    assert not scan.answers(at(server.port))
    assert server.given == [b"".join(PIECES), b""]
    assert other.given == [b"".join(PIECES)]


def test_what_is_found_has_a_name_wherever_the_pieces_are_cut() -> None:
    with Clamd() as server:
        for cut in range(0, len(SIGNATURE), 9):
            pieces = [PIECES[0] + SIGNATURE[:cut], SIGNATURE[cut:] + PIECES[2]]
            assert scan.scan(at(server.port), pieces) == Verdict(FOUND, clamd.FOUND.decode())


def test_too_large_for_the_scanner_is_said_and_the_rest_is_not_sent() -> None:
    read: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(400):
            read.append(number)
            yield bytes(100_000)

    with Clamd(most=150_000) as server:
        assert scan.scan(at(server.port), pieces()) == Verdict(TOO_LARGE)
    assert len(read) < 400


def test_a_scanner_that_is_not_there_or_says_nothing_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scan.scan(None, PIECES) == Verdict(NOBODY)
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # it takes the call, and never reads
        monkeypatch.setattr(scan, "ANSWER", 0.05)
        assert scan.scan(at(deaf.getsockname()[1]), [bytes(8_000_000)]) == Verdict(NO_ANSWER)
        assert scan.scan(at(deaf.getsockname()[1]), PIECES) == Verdict(NO_ANSWER)
        port = deaf.getsockname()[1]
    assert scan.scan(at(port), PIECES) == Verdict(NO_ANSWER)
    assert scan.scan(Scanner(socket=str(tmp_path / "nothing")), PIECES) == Verdict(NO_ANSWER)
    monkeypatch.undo()
    with Clamd(hangs_up=True) as server:
        assert not scan.answers(at(server.port))
        assert scan.scan(at(server.port), PIECES) == Verdict(NO_ANSWER)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (b"stream: OK\0", Verdict(CLEAN)),
        (b"stream: Win.Test.EICAR_HDB-1 FOUND\0", Verdict(FOUND, "Win.Test.EICAR_HDB-1")),
        (b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0", Verdict(TOO_LARGE)),
        (b"stream: \xff\xe2\x80\xae<b>\nA FOUND\0more", Verdict(FOUND, "�<b> A")),
        (b"stream: " + b"x" * 9000 + b" FOUND", Verdict(FOUND, "x" * scan.LONGEST_NAME)),
        (b"INSTREAM size limit exceeded. ERROR\0", Verdict(TOO_LARGE)),
        (b"INSTREAM: command not allowed ERROR\0", Verdict(NO_ANSWER)),
        (b"stream: Can't allocate memory ERROR\0", Verdict(NO_ANSWER)),
        (b"OK\0stream: A FOUND\0", Verdict(NO_ANSWER)),
        (b"stream: OK", Verdict(NO_ANSWER)),
        (b"", Verdict(NO_ANSWER)),
    ],
)
def test_nothing_but_ok_is_taken_for_clean(answer: bytes, verdict: Verdict) -> None:
    assert scan._read(answer) == verdict  # noqa: SLF001 what comes over the wire, without one


@pytest.mark.slow
def test_a_real_clamd_finds_what_it_has_a_signature_for(tmp_path: Path) -> None:
    program = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
    if program is None:
        pytest.skip("clamd is not installed (apt install clamav-daemon)")
    (tmp_path / "test.ndb").write_text(f"Invented:0:*:{SIGNATURE.hex()}\n")
    place = tmp_path / "clamd.ctl"
    (tmp_path / "clamd.conf").write_text(
        f"LocalSocket {place}\nDatabaseDirectory {tmp_path}\nTemporaryDirectory {tmp_path}\n"
        "Foreground yes\nStreamMaxLength 1M\n"
    )
    with subprocess.Popen([program, "-c", str(tmp_path / "clamd.conf")], stdout=subprocess.DEVNULL) as running:
        try:
            scanner, until = Scanner(socket=str(place)), time.monotonic() + 60
            while scan.scan(scanner, [b"x"]).result == NO_ANSWER and time.monotonic() < until:
                with suppress(subprocess.TimeoutExpired):
                    running.wait(0.2)
            assert scan.scan(scanner, PIECES) == Verdict(CLEAN)
            found = scan.scan(scanner, [PIECES[0], SIGNATURE])
            assert (found.result, found.signature.partition(".")[0]) == (FOUND, "Invented")
            assert scan.scan(scanner, [bytes(100_000)] * 20).result == TOO_LARGE
        finally:
            running.terminate()
