"""Guarding against robots without a puzzle. A caught one gets its text back with one button: send it."""

from flask import current_app, request
from itsdangerous import BadSignature, Signer

from intake.complaint.signed_code import FormCode, age_in_seconds

SHORTEST_TIME = 3  # seconds in which nobody writes what happened to them


def suspect(code: FormCode) -> bool:
    """Return whether the form that was sent was filled as only a robot would: the trap filled, or too fast."""
    age = age_in_seconds(code)
    hasty = (
        age is not None and abs(age) < SHORTEST_TIME
    )  # a page from times to come was made before the clock went back
    return (hasty or bool(request.form.get("website"))) and not vouched(request.form.get("person", ""), code)


def voucher(digits: str) -> str:
    """Return what the button of a caught form carries: the same code is not suspected again."""
    return _signer().sign(digits).decode()


def vouched(text: str, code: FormCode) -> bool:
    """Return whether a form carries the voucher of its code."""
    try:
        return _signer().unsign(text).decode() == code.digits
    except BadSignature:
        return False


def _signer() -> Signer:
    return Signer(current_app.secret_key or "", salt="person")
