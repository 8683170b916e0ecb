"""Whatever becomes of the mail server, the complainant gets an answer: mail is not touched within the request."""

import dataclasses
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import get_args

import pytest
from flask.testing import FlaskClient

from intake import config
from intake.i18n import now
from intake.outbox import deliver
from intake.outbox.models import Attempt
from intake.outbox.worker import Tally, deliver_due
from tests.factories import House, count_rows, letters, make_member, reference_on, send
from tests.servers.smtp import Mode, SmtpServer


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def settings(settings: config.Settings, server: SmtpServer) -> config.Settings:
    """Return the settings of a trial whose letters go to the server."""
    mail = config.load({"INTAKE_MAIL_URL": f"smtp://{server.host}:{server.port}"}).mail
    return dataclasses.replace(settings, mail=mail)


def complain(client: FlaskClient) -> str:
    """Send a complaint, and return its reference as the page shows it."""
    page = send(client)
    assert page.status_code == 200
    assert "We have your message" in page.get_data(as_text=True)
    return reference_on(page.get_data(as_text=True))


@pytest.mark.parametrize("mode", [mode for mode in get_args(Mode) if not mode.startswith("hang")])
def test_a_complaint_is_answered_and_its_letters_are_owed(
    client: FlaskClient, house: House, server: SmtpServer, monkeypatch: pytest.MonkeyPatch, *, mode: Mode
) -> None:
    addresses = {"info@acca.media", make_member(house, "KZ").address}
    server.mode = mode
    first = complain(client)
    assert (server.conversations, count_rows(Attempt)) == ([], 0)
    assert {letter.address for letter in letters() if letter.delivered_at is None} == addresses
    with monkeypatch.context() as patch:
        if mode == "silent":
            patch.setattr(deliver, "TIMEOUT", 0.2)
        assert deliver_due() == (Tally(delivered=2) if mode == "accept" else Tally(failed=2))
    conversations = len(server.conversations)
    second = complain(client)
    assert (len(server.conversations), count_rows(Attempt)) == (conversations, 2)
    server.mode = "accept"
    monkeypatch.setattr("intake.outbox.worker.now", lambda: now() + timedelta(hours=1))
    deliver_due()
    came = Counter((letter.recipients, letter.message["Subject"]) for letter in server.letters)
    assert came == Counter(((to,), f"New case {case}") for to in addresses for case in (first, second))
