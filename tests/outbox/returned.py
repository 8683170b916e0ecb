"""Messages that come back: those that real servers write, and those that tests write themselves."""

from email.message import EmailMessage
from pathlib import Path

FOLDER = Path(__file__).parent / "bounces"
NAME = "<6f1c2a90-3b7d-4e58-9a41-d20c5e7b8f13@acca.media>"  # the letter that all of them are about
ADDRESS = "aigul.n@example.org"  # and where it went
RETURN_PATH = "LETTER@intake.example.org"


def bounce(name: str, *, return_path: str = RETURN_PATH, letter: str = NAME) -> bytes:
    """Return a bounce as a server wrote it, of a letter with this return path and this Message-ID."""
    raw = (FOLDER / f"{name}.eml").read_text(encoding="utf-8")
    raw = raw.replace(RETURN_PATH, return_path).replace(NAME, letter)
    return raw.encode().replace(b"\n", b"\r\n")


def written(text: str = "I saw it, thank you.", **headers: str) -> bytes:
    """Return what a person writes; ``_`` in the name of a header stands for a dash."""
    message = EmailMessage()
    given = {
        "From": "Aigul <aigul.n@example.org>",
        "To": "info@acca.media",
        "Subject": "Re: New case",
        "Message-ID": "<first@example.org>",
        "Date": "Wed, 25 Nov 2026 10:00:00 +0000",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    for name, value in given.items():
        message[name] = value
    message.set_content(text)
    return message.as_bytes().replace(b"\n", b"\r\n")
