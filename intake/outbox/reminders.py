"""The outbox identity: it opens complainants' own addresses on letters that are owed, and nothing else.

It lies in the instance folder (mode 0600) and belongs in no backup. An address is sealed to it when a member answers
somebody who asked to be reminded, and wiped when the letter is delivered.
"""

from flask import current_app

from intake.config import write_private
from intake.sealing import Identity, SealedBytes, new_identity, read_identity, seal, unseal

FILE = "outbox-identity"


def sealed(address: str) -> SealedBytes:
    """Seal an address to the outbox identity."""
    return seal(address.encode(), [_identity().recipient])


def opened(address: SealedBytes) -> str:
    """Return a sealed address.

    Raises:
        sealing.SealError: it was sealed to an outbox identity that is no longer here, such as before a restore.
    """
    return unseal(address, _identity()).decode()


def _identity() -> Identity:
    """Return the identity, made when it is first needed."""
    path = current_app.config["INSTANCE"] / FILE
    if not path.exists():
        write_private(path, new_identity().text)
    return read_identity(path.read_text())
