"""A mail server that keeps on the disk what it took: a process of its own, which is killed and comes back.

``python -m tests.chaos.post PORT FOLDER``; a line on its standard input is the mode in which it goes on, see
``tests.servers.smtp``. A letter that it has written down and not answered yet, when it is killed, comes once more.
"""

import json
import os
import secrets
import sys
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from tests.servers.smtp import ReceivedLetter, SmtpServer


class Keeping(SmtpServer):
    """A mail server with a folder."""

    def __init__(self, port: int, folder: Path) -> None:
        """Prepare."""
        super().__init__()
        self.port, self._folder = port, folder

    def receive(self, letter: ReceivedLetter) -> None:
        """Keep a letter, before the client hears that it is kept."""
        draft = self._folder / f".{secrets.token_hex(8)}"
        with draft.open("wb") as file:
            file.write(json.dumps(letter.recipients).encode() + b"\n" + letter.raw)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._folder / draft.name[1:])


@dataclass(frozen=True)
class Came:
    """A letter that came, and for whom."""

    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def name(self) -> str:
        """Its Message-ID."""
        return str(self.message["Message-ID"])

    @property
    def words(self) -> str:
        """What it says, its subject first."""
        body = self.message.get_body(("plain",))
        assert body is not None, "a letter without words"
        return f"{self.message['Subject']}\n{body.get_content()}"


def read(folder: Path) -> list[Came]:
    """Return what came."""
    letters = []
    for file in folder.glob("[!.]*"):
        recipients, _, raw = file.read_bytes().partition(b"\n")
        letters.append(Came(tuple(json.loads(recipients)), message_from_bytes(raw, policy=policy.default)))
    return letters


def names(folder: Path) -> Counter[str]:
    """Return how many times each letter came."""
    return Counter(letter.name for letter in read(folder))


def _serve(port: str, folder: str) -> None:
    with Keeping(int(port), Path(folder)) as server:
        for line in sys.stdin:
            server.mode = line.strip()  # type: ignore[assignment]  # it refuses what is no mode


if __name__ == "__main__":
    _serve(*sys.argv[1:])
