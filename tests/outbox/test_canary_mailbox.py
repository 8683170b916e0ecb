"""The canary's mailbox is read over IMAP: its letters go there alone, are found there, and are taken out."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from intake import config, post_settings
from intake.extensions import transaction
from intake.i18n import now
from intake.outbox import canary_mailbox
from intake.outbox.enqueue import Addressee, enqueue
from intake.outbox.worker import deliver_due
from tests.factories import letters
from tests.outbox import WORDS
from tests.servers.imap import Encryption, ImapServer
from tests.servers.smtp import SmtpServer

ACCOUNT = ('canary "1"@example.org', "p@ss/ word")
ADDRESS = "canary@example.org"


@pytest.fixture(params=["none", "imaps", "starttls"])
def imap(request: pytest.FixtureRequest) -> Iterator[ImapServer]:
    encryption: Encryption = request.param
    with ImapServer(encryption=encryption, account=ACCOUNT) as server:
        server.folders["Canary birds"] = []
        yield server


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def database() -> str:
    """Name the database: what is asked here is the mailbox."""
    return "sqlite"


@pytest.fixture
def settings(settings: config.Settings, imap: ImapServer, smtp: SmtpServer) -> config.Settings:
    scheme = {"none": "imap", "imaps": "imaps", "starttls": "imap+starttls"}[imap.encryption]
    host = "127.0.0.1" if imap.encryption == "none" else "localhost"
    url = f"{scheme}://canary%20%221%22%40example.org:p%40ss%2F%20word@{host}:{imap.port}/Canary%20birds"
    mail = post_settings.MailServer("smtp", host=smtp.host, port=smtp.port)
    inbox = config.load(
        {
            "INTAKE_MAIL_URL": f"smtp://127.0.0.1:{smtp.port}",
            "INTAKE_CANARY_ADDRESS": ADDRESS,
            "INTAKE_CANARY_INBOX": url,
        }
    ).canary_inbox
    return replace(settings, mail=mail, canary_address=ADDRESS, canary_inbox=inbox)


def test_letters_go_there_whoever_they_are_for_are_found_there_and_taken_out(
    app: Flask, imap: ImapServer, smtp: SmtpServer
) -> None:
    app.config["MAIL_CA_FILE"] = imap.ca
    members = [Addressee("aigerim@example.org", "en"), Addressee("info@acca.media", "en")]
    with transaction():
        enqueue("new_case", members, now(), is_canary=True, **WORDS)
        enqueue("new_case", members[:1], now(), **WORDS)
    assert deliver_due().delivered == 3
    first, second, real = (letter.message_id for letter in letters())
    received = {str(one.message["Message-ID"]): one for one in smtp.wait_for(3)}
    assert received[real].recipients == ("aigerim@example.org",)
    assert canary_mailbox.arrived([first, second]) == set()
    for one in (first, second):
        assert received[one].recipients == (ADDRESS,)
        assert b"aigerim" not in received[one].raw
        imap.add(received[one].raw, folder="Canary birds")
    other = imap.add(received[real].raw, folder="Canary birds")
    assert canary_mailbox.arrived([first, second, real]) == {first, second}, "one for somebody else is not the canary's"
    canary_mailbox.forget([first, second])
    assert canary_mailbox.arrived([first, second]) == set()
    assert imap.stored(other) is not None


def test_a_mailbox_that_is_away_or_lets_nobody_in_says_nothing_of_the_account(app: Flask, imap: ImapServer) -> None:
    if imap.encryption != "none":
        with pytest.raises(canary_mailbox.AwayError, match="SSL"):  # a certificate that is not trusted
            canary_mailbox.arrived(["<1@example.org>"])
    app.config["MAIL_CA_FILE"] = imap.ca
    imap.account = ("another", "one")
    with pytest.raises(canary_mailbox.AwayError) as caught:
        canary_mailbox.arrived(["<1@example.org>"])
    assert "canary" not in str(caught.value)
    imap.account = ACCOUNT
    del imap.folders["Canary birds"]
    with pytest.raises(canary_mailbox.AwayError):
        canary_mailbox.arrived(["<1@example.org>"])
    imap.stop()
    with pytest.raises(canary_mailbox.AwayError):
        canary_mailbox.forget(["<1@example.org>"])
