"""The operator hears of alarms by the second way: once, again when they are over, and nothing of anybody."""

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from intake import chores, config, post_settings
from intake.extensions import db, transaction
from intake.i18n import now
from intake.outbox import alarms, second_way
from intake.outbox.alarms import ADDRESS_BOUNCES, NO_DELIVERY
from intake.outbox.models import Alarm
from tests.servers import tls
from tests.servers.hook import Hook
from tests.servers.smtp import SmtpServer

SECRET = "zebra-token"


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as hook:
        yield hook


@pytest.fixture
def told_there(app: Flask, hook: Hook) -> Hook:
    """Return a page that is told of alarms."""
    app.config["SECOND_WAY"] = config.load({"INTAKE_ALARM_URL": f"{hook.url}/{SECRET}?key={SECRET}"}).second_way
    return hook


def by_mail(**settings: str) -> post_settings.SecondWay | None:
    return config.load({f"INTAKE_{name}": value for name, value in settings.items()}).second_way


def raise_one(kind: str = NO_DELIVERY, about: str = "") -> None:
    with transaction():
        alarms.raised(kind, now() - timedelta(hours=1), about)


def end_one(kind: str = NO_DELIVERY, about: str = "") -> None:
    with transaction():
        alarms.end(kind, now(), about)


def test_an_alarm_is_told_once_and_told_again_when_it_is_over(app: Flask, told_there: Hook) -> None:
    chores.tell_of_alarms()
    assert told_there.taken == []
    raise_one()
    for _ in range(2):
        chores.tell_of_alarms()
    ((path, body),) = told_there.taken
    assert path == f"/{SECRET}?key={SECRET}"
    assert list(body) == ["text"]
    assert body["text"].startswith("Intake: Letters are owed, and none goes out: since ")
    assert body["text"].endswith(" UTC.")
    end_one()
    for _ in range(2):
        chores.tell_of_alarms()
    assert [text.split(",")[0] for text in told_there.texts[1:]] == ["Intake: Mended: Letters are owed"]
    raise_one()
    chores.tell_of_alarms()
    assert len(told_there.taken) == 3


def test_many_alarms_are_one_notice_that_tells_nothing_of_anybody(app: Flask, told_there: Hook) -> None:
    for about in ("417", "418", "newsroom"):
        raise_one(ADDRESS_BOUNCES, about)
    raise_one()
    chores.tell_of_alarms()
    (text,) = told_there.texts
    assert len(text.splitlines()) == 2
    assert not any(word in text for word in ("417", "418", "newsroom", "@"))


def test_one_that_is_over_before_anybody_was_told_is_not_told(app: Flask, told_there: Hook) -> None:
    raise_one()
    end_one()
    chores.tell_of_alarms()
    assert told_there.taken == []


def test_told_while_the_clock_was_fast_it_is_still_told_that_it_is_over(app: Flask, told_there: Hook) -> None:
    raise_one()
    notice = second_way.owed(now())
    assert notice is not None
    with transaction():
        second_way.told(notice, now() + timedelta(hours=1))
    end_one()
    chores.tell_of_alarms()
    assert "Mended" in told_there.texts[-1]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_page_that_does_not_take_it_is_asked_again_ever_later_and_no_log_names_its_secret(
    status: int, app: Flask, told_there: Hook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    moment = [now()]
    monkeypatch.setattr(second_way, "now", lambda: moment[0])
    monkeypatch.setattr(chores, "now", lambda: moment[0])
    told_there.status = status
    raise_one()
    asked = []
    for _ in range(40):
        chores.tell_of_alarms()
        asked.append(len(told_there.taken))
        moment[0] += timedelta(minutes=1)
    assert {path for path, _ in told_there.taken} == {f"/{SECRET}?key={SECRET}"}, "a redirect is not followed"
    assert asked[:10] == [1, 2, 3, 3, 4, 4, 4, 4, 4, 5]
    assert asked[-1] == 8
    assert str(status) in caplog.text
    assert SECRET not in caplog.text
    told_there.status = 204
    moment[0] -= timedelta(hours=3)
    chores.tell_of_alarms()
    chores.tell_of_alarms()
    assert len(told_there.taken) == 9, "a clock that is set back does not keep it silent"


def test_nobody_listens_and_the_round_goes_on(
    app: Flask, told_there: Hook, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["SECOND_WAY"] = post_settings.SecondWay(url=f"http://127.0.0.1:1/{SECRET}")
    raise_one()
    chores.tell_of_alarms()
    assert "ConnectionRefusedError" in caplog.text
    assert SECRET not in caplog.text
    assert db.session.scalars(select(Alarm.told_at)).all() == [None]
    app.config["INSTANCE"] = Path("/dev/null/nowhere")
    chores.tell_of_alarms()
    assert "NotADirectoryError" in caplog.text


def test_while_another_process_tells_nobody_else_does(app: Flask, told_there: Hook) -> None:
    raise_one()
    with second_way.alone() as alone:
        assert alone
        chores.tell_of_alarms()
        assert told_there.taken == []
    chores.tell_of_alarms()
    assert len(told_there.taken) == 1


def test_a_certificate_that_is_not_trusted_is_told_nothing(app: Flask, tmp_path: Path) -> None:
    files = tls.make(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    with Hook(context) as hook:
        app.config["SECOND_WAY"] = post_settings.SecondWay(url=hook.url)
        raise_one()
        chores.tell_of_alarms()
        assert (hook.taken, second_way.reach().accepted) == ([], False)
        app.config["MAIL_CA_FILE"] = files.ca
        assert second_way.reach().accepted
        assert hook.taken == []
        app.extensions.pop("second_way")
        chores.tell_of_alarms()
        assert len(hook.taken) == 1


def test_a_second_mail_server_takes_it_while_the_usual_one_is_away(app: Flask) -> None:
    app.config["MAIL"] = config.load({"INTAKE_MAIL_URL": "smtp://127.0.0.1:1"}).mail
    with SmtpServer(require_auth=("watch@other.example", "okapi")) as server:
        url = f"smtp://watch%40other.example:okapi@127.0.0.1:{server.port}"
        app.config["SECOND_WAY"] = by_mail(ALARM_URL=url, ALARM_ADDRESS="operator@example.org")
        assert second_way.reach().accepted
        assert server.letters == []
        raise_one(ADDRESS_BOUNCES, "417")
        chores.tell_of_alarms()
        chores.tell_of_alarms()
        (letter,) = server.letters
    assert letter.recipients == ("operator@example.org",)
    assert letter.mail_from == letter.message["From"] == "watch@other.example"
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert letter.message["Message-ID"].endswith("@other.example>")
    assert "Letters to an address come back" in letter.message.get_content()
    assert "417" not in letter.raw.decode()


def test_a_second_address_is_reached_by_the_usual_server(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with SmtpServer() as server:
        app.config["MAIL"] = config.load({"INTAKE_MAIL_URL": f"smtp://127.0.0.1:{server.port}"}).mail
        app.extensions["mail"].server, app.extensions["mail"].port = server.host, server.port
        app.config["SECOND_WAY"] = by_mail(ALARM_ADDRESS="operator@example.org")
        raise_one()
        server.mode = "5xx_at_rcpt"
        chores.tell_of_alarms()
        server.mode = "accept"
        chores.tell_of_alarms()
        (letter,) = server.letters
    assert (letter.recipients, letter.mail_from) == (("operator@example.org",), "info@acca.media")
    assert "No such mailbox" not in caplog.text


def test_without_a_second_way_nothing_is_told_and_later_what_stands_is(app: Flask, hook: Hook) -> None:
    raise_one()
    chores.tell_of_alarms()
    app.config["SECOND_WAY"] = post_settings.SecondWay(url=hook.url)
    chores.tell_of_alarms()
    assert len(hook.taken) == 1
