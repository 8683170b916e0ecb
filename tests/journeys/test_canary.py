"""The whole service tests its own way, as an operator sees it, with letters in a folder and over real mail servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from intake.cases.models import Case
from intake.complaint import canary
from intake.extensions import db
from intake.outbox import alarms
from intake.outbox.models import Letter
from tests.factories import STORY
from tests.servers.imap import INBOX, ImapServer
from tests.servers.service import Service, complain
from tests.servers.smtp import ReceivedLetter, SmtpServer

pytestmark = pytest.mark.slow
GOOD = [f"{country:6} All was right" for country in canary.ALL]
ADDRESS = "canary@example.org"


class Post(SmtpServer):
    """A mail server that puts what it takes for the canary into its mailbox."""

    def __init__(self, mailbox: ImapServer) -> None:
        """Deliver there."""
        super().__init__()
        self.mailbox = mailbox

    def receive(self, letter: ReceivedLetter) -> None:
        """Keep a letter, and deliver it."""
        super().receive(letter)
        if letter.recipients == (ADDRESS,):
            self.mailbox.add(letter.raw)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    yield service
    service.clear()


def is_left(service: Service) -> tuple[int, int, int]:
    """Return how many cases, letters and alarms there are."""
    with service.inside():
        cases, letters = (db.session.scalar(select(func.count()).select_from(table)) or 0 for table in (Case, Letter))
        return cases, letters, len(alarms.standing())


def test_with_letters_in_a_folder_a_real_complaint_beside_it_is_untouched(service: Service) -> None:
    service.start()
    reference, _ = complain(service.ask, STORY)
    service.until(lambda: len(service.letters()) == 1, "the letter was not written")
    done = service.flask("canary")
    assert (done.returncode, done.stdout.splitlines()) == (0, GOOD), done.stderr
    assert is_left(service) == (1, 1, 0)
    assert [letter["To"] for letter in service.letters()] == ["info@acca.media"]
    with service.inside():
        assert [case.reference for case in db.session.scalars(select(Case))] == [reference]
    service.stop()
    done = service.flask("canary")
    assert (done.returncode, done.stdout.count("The web server did not answer")) == (1, 6), done.stderr
    assert is_left(service) == (1, 1, 6)


def test_over_a_mail_server_its_letters_are_read_back_over_imap(tmp_path: Path) -> None:
    with ImapServer() as mailbox, Post(mailbox) as post:
        user, password = mailbox.account
        service = Service(
            tmp_path,
            INTAKE_MAIL_URL=f"smtp://{post.host}:{post.port}",
            INTAKE_CANARY_ADDRESS=ADDRESS,
            INTAKE_CANARY_INBOX=f"imap://{user}:{password}@{mailbox.host}:{mailbox.port}",
        )
        try:
            service.start()
            done = service.flask("canary")
            assert (done.returncode, done.stdout.splitlines()) == (0, GOOD), done.stderr
            assert {letter.recipients for letter in post.letters} == {(ADDRESS,)}
            assert len(post.letters) == 6
            assert mailbox.folders[INBOX] == [], "nothing is left of them"
            assert is_left(service) == (0, 0, 0)
        finally:
            service.clear()
