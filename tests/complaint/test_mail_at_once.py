"""One mail, many workers at the same moment, on SQLite and on PostgreSQL: one case, and one answer to one address."""

from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from threading import Barrier

from flask import Flask

from intake.cases.models import Case, Statement
from intake.complaint.by_mail import Taken
from intake.extensions import db
from intake.outbox.models import Arrival
from tests.complaint.mailing import receive, written
from tests.factories import House, count_rows, letters, make_member

WORKERS = 6


def receive_at_once(app: Flask, mails: list[EmailMessage]) -> list[Taken]:
    """Take these mails in at the same moment, each in its own thread."""
    start = Barrier(len(mails))

    def work(mail: EmailMessage) -> Taken:
        with app.app_context():
            start.wait()
            taken = receive(mail)
            db.session.remove()
            return taken

    with ThreadPoolExecutor(len(mails)) as pool:
        return list(pool.map(work, mails))


def test_the_same_mail_at_once_is_one_case_and_answers_at_once_are_each_kept(app: Flask, house: House) -> None:
    make_member(house, "editors", role="editor")
    app.config["ANSWER_INBOUND"] = True
    mail = written()
    taken = receive_at_once(app, [mail] * WORKERS)
    assert sorted(one.is_new for one in taken) == [False] * (WORKERS - 1) + [True]
    assert len({one.case_id for one in taken}) == 1
    assert count_rows(Case) == count_rows(Statement) == 1
    assert len(letters()) == 2
    further = [written(f"Number {number}", In_Reply_To=str(mail["Message-ID"])) for number in range(WORKERS)]
    assert {one.case_id for one in receive_at_once(app, further)} == {taken[0].case_id}
    assert count_rows(Statement) == WORKERS + 1
    assert len({one.case_id for one in receive_at_once(app, [written() for _ in range(WORKERS)])}) == WORKERS
    assert len(letters("mail_received")) == 1
    assert count_rows(Arrival) == 2 * (1 + WORKERS + WORKERS) + 1, "each mail, its name, and the answer"
