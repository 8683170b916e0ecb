"""``python -m tests.bench.letter_worker``: a worker that says when it is ready, waits for a line, and delivers all."""

import sys

from intake.app import create_app
from intake.outbox import deliver
from intake.outbox.worker import deliver_due


def main() -> None:
    """Deliver what is due, and say how many letters that were."""
    with create_app().app_context():
        assert deliver.TIMEOUT
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        sys.stdout.write(f"{deliver_due().delivered}\n")


if __name__ == "__main__":
    main()
