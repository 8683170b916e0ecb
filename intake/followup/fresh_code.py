"""A new code that is offered before it opens anything: whoever did not see it still has the old one.

It travels in the page, signed for this visit, and is taken when its holder has typed it.
"""

from flask import current_app
from itsdangerous import BadSignature, Signer

from intake.cases import return_code
from intake.cases.visits import Visit


def offer(visit: Visit) -> str:
    """Return a fresh code, signed for this visit."""
    return _signer(visit).sign(return_code.mint()).decode()


def read(signed: str, visit: Visit) -> str | None:
    """Return the digits that were offered to this visit; None for anything else."""
    try:
        return _signer(visit).unsign(signed).decode()
    except BadSignature:
        return None


def _signer(visit: Visit) -> Signer:
    return Signer(current_app.secret_key or "", salt=f"fresh-code {visit.session_id}")
