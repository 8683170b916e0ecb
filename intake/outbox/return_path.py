"""The return path of a letter: the address to which mail servers give it back, which names the letter and is signed.

It looks like ``bounces+1234-k5z4d7nq2mfa3x6b@intake.example.org``: the letter's number, and 80 bits of an HMAC in an
alphabet that survives being written in capitals or in small letters. Nobody who was not sent the letter knows it.
"""

import base64
import hmac
import re
from collections.abc import Iterable

from flask import current_app
from sqlalchemy import select

from intake.extensions import db
from intake.outbox import postmaster
from intake.outbox.models import Letter

PURPOSE = "return path"
SIGNED_BYTES = 10
_SIGNED = re.compile(r"(\d{1,12})-([a-z2-7]{16})")


def address_of(letter: Letter) -> str | None:
    """Return the address to which a letter is given back; None where it has none of its own.

    That is so without the setting, and for a reminder to a complainant: it must show nothing of the newsroom, so it
    goes back to the address from which reminders go.
    """
    ours: str | None = current_app.config["RETURN_ADDRESS"]
    if ours is None or letter.sealed_address is not None:
        return None
    local, _, domain = ours.partition("@")
    return f"{local}+{letter.id}-{_signed(letter)}@{domain}"


def letter_at(addresses: Iterable[str]) -> Letter | None:
    """Return the letter that one of these addresses was made for; a forged one names none.

    Args:
        addresses: where a message went.
    """
    ours: str | None = current_app.config["RETURN_ADDRESS"]
    local, _, domain = (ours or "").partition("@")
    for address in addresses:
        name, _, at = address.lower().rpartition("@")
        found = _SIGNED.fullmatch(name.removeprefix(f"{local}+"))
        if ours is None or at != domain or not name.startswith(f"{local}+") or found is None:
            continue
        letter = db.session.scalar(select(Letter).where(Letter.id == int(found[1])))
        if letter is not None and hmac.compare_digest(_signed(letter), found[2]):
            return letter
    return None


def is_ours(address: str) -> bool:
    """Return whether an address is made like those of letters, forged ones among them."""
    ours: str | None = current_app.config["RETURN_ADDRESS"]
    local, _, domain = (ours or "").partition("@")
    return ours is not None and address.lower().startswith(f"{local}+") and address.lower().endswith(f"@{domain}")


def _signed(letter: Letter) -> str:
    """Return the hash of a letter: its Message-ID is in it, since a number may come again after a restore."""
    made = postmaster.digest(PURPOSE, f"{letter.id} {letter.message_id}")
    return base64.b32encode(made[:SIGNED_BYTES]).decode().lower()
