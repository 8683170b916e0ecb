"""A new code that is offered before it opens anything: whoever did not see it still has the old one.

It travels in the page, signed for the holder of the present code, and is taken when it was typed. It dies with the
present code.
"""

from flask import current_app
from itsdangerous import BadSignature, Signer

from intake.cases import return_code
from intake.cases.visits import Visit


def offer(visit: Visit) -> str:
    """Return a fresh code, signed for the holder of the present one."""
    return _signer(visit).sign(return_code.mint()).decode()


def read(signed: str, visit: Visit) -> str | None:
    """Return the digits that were offered to the holder of this code; None for anything else."""
    try:
        return _signer(visit).unsign(signed).decode()
    except BadSignature:
        return None


def _signer(visit: Visit) -> Signer:
    return Signer(current_app.secret_key or "", salt=f"fresh-code {visit.identity.recipient}")
