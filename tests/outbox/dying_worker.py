"""``python -m tests.outbox.dying_worker STEP``: a worker that is killed at that step of its first letter.

The steps: ``claiming``, before the claim is committed; ``claimed``, after it; ``in DATA``, while the mail server reads;
``accepted``, after it took the letter and before that is written down.
"""

import os
import signal
import smtplib
import sys
from datetime import datetime
from typing import NoReturn

from intake.app import create_app
from intake.outbox import deliver
from intake.outbox.worker import deliver_due

STEPS = CLAIMING, CLAIMED, IN_DATA, ACCEPTED = ("claiming", "claimed", "in DATA", "accepted")
_claim = deliver.claim


def _die(*_given: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _claim_and_die(moment: datetime) -> NoReturn:
    _claim(moment)
    _die()


def _half_a_letter(server: smtplib.SMTP, _message: object) -> NoReturn:
    server.putcmd("data")
    server.getreply()
    server.send(b"Subject: half of a le")
    _die()


def main() -> None:
    places = {
        CLAIMING: (deliver, "claim", _claim_and_die),
        CLAIMED: (deliver, "carrier", _die),
        IN_DATA: (smtplib.SMTP, "data", _half_a_letter),
        ACCEPTED: (deliver, "record", _die),
    }
    setattr(*places[sys.argv[1]])
    with create_app().app_context():
        deliver_due()


if __name__ == "__main__":
    main()
