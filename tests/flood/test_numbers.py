"""What stands in several places about how much is let in fits together."""

import re

from flask import Flask

from intake.config import ROOT
from intake.outbox import digests
from intake.supervisor import HEAD_WITHIN, LINES, PLACES, WEB_PROCESSES
from intake.web import door, form_parser, uploads

DEPLOY = ROOT / "deploy"
OTHERS = 100  # threads and processes beside those of the web server; the box in which files are looked at
RECORDING = re.compile(r"/[A-Za-z-]+/(case/)?voice")
UNITS = {"k": 1024, "m": 1024**2}


def nginx(name: str) -> str:
    return (DEPLOY / "nginx" / f"{name}.conf").read_text()


def size(text: str, directive: str) -> int:
    """Return the bytes that a directive names."""
    (number, unit), *_ = re.findall(rf"\b{directive} (\d+)([km]);", text)
    return int(number) * UNITS[unit]


def test_a_proxy_lets_in_what_the_application_takes_and_keeps_all_of_it_in_memory() -> None:
    for name, largest in {
        "intake-quiet": form_parser.LARGEST_BODY,
        "intake-voice": uploads.LARGEST_BODY_WITH_RECORDING,
    }.items():
        text = nginx(name)
        assert largest <= size(text, "client_max_body_size") <= size(text, "client_body_buffer_size"), name


def test_a_proxy_knows_where_recordings_come(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if hasattr(app.view_functions[rule.endpoint], "takes_recording")]
    assert len(rules) == 2
    for rule in rules:
        assert RECORDING.fullmatch(re.sub("<.*?>", "kk", rule.rule)), rule
    for name in ("intake", "intake-under-a-path"):
        text = nginx(name)
        assert text.count("intake-voice.conf") == text.count(f"{RECORDING.pattern}$ {{") > 0
        assert text.count("intake-voice.conf") == text.count("intake-files.conf")


def test_a_proxy_lets_go_of_a_line_before_the_application_does() -> None:
    (seconds,) = re.findall(r"keepalive_timeout (\d+)s;", nginx("intake"))
    assert int(seconds) * 1000 < HEAD_WITHIN
    (seconds,) = re.findall(r"keepalive (\d+)s\n", (DEPLOY / "caddy" / "Caddyfile").read_text())
    assert int(seconds) * 1000 < HEAD_WITHIN


def test_the_walls_have_room_for_every_line() -> None:
    walls = (DEPLOY / "systemd" / "intake-.service.d" / "walls.conf").read_text()
    tasks, files = (int(re.findall(rf"^{name}=(\d+)$", walls, re.MULTILINE)[0]) for name in ("TasksMax", "LimitNOFILE"))
    assert tasks >= WEB_PROCESSES * LINES + OTHERS
    assert files >= 1024 >= 3 * LINES, "where nobody set a limit, a process may open so many files"
    assert uploads.LINES < PLACES


def test_the_operator_reads_the_numbers_that_are_so() -> None:
    text = (ROOT / "docs" / "operate.md").read_text()
    for said in (
        f"takes {LINES} lines and works on {PLACES} requests",
        f"within {HEAD_WITHIN // 1000} seconds",
        f"nothing moved for {door.SILENT:.0f} seconds, which bring less than {door.PACE} bytes a second",
        f"words: {form_parser.LARGEST_BODY // 1024**2} MB and {form_parser.MOST_FIELDS:,} fields",
        f"{uploads.LARGEST_RECORDING // 1024**2} MB, and {uploads.LARGEST_HELD // 1024**2} MB of all",
        f"{uploads.LINES} at a time in each process",
    ):
        assert said in text
    assert (digests.MANY, digests.WINDOW.seconds, door.CROWDED, door.LONGEST) == ({False: 10, True: 20}, 600, 0.75, 60)
