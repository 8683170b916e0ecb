"""The return code that a complaint page carries, signed: proof that the page was ours, and when it was made."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from itsdangerous import BadSignature, TimestampSigner

from intake.cases import queries, return_code
from intake.desks.setup import code_salt
from intake.i18n import now
from intake.sealing import CodeKeys, code_keys

# Argon2id fills 4 MiB. One thread derives for all that serve, in the same memory every time: each in memory of its own
# would drive the others', and our code, out of the processor's cache.
_deriving = ThreadPoolExecutor(max_workers=1, thread_name_prefix="derive")


_AS_SIGNED = re.compile(r"[\w.-]{1,64}", re.ASCII)  # what else stands in a signature, Base64 would read over


class ForgedCodeError(Exception):
    """The code on the form is not one of ours, and finds no case."""


@dataclass(frozen=True)
class FormCode:
    """A code that came back with a form: its digits, what they open, and when its page was made, if that is known."""

    digits: str
    signed: str
    keys: CodeKeys
    made_at: datetime | None


def mint() -> str:
    """Return a fresh return code, signed, for the hidden field of a page."""
    return sign(return_code.mint())


def sign(digits: str) -> str:
    """Return a code with the time and our signature."""
    return _signer().sign(digits).decode()


def digits_of(signed: str) -> str:
    """Return the digits of a code that we signed."""
    return signed[: return_code.LENGTH]


def read(signed: str) -> FormCode:
    """Return the code that a form carried.

    Signatures never expire. A code that finds a case is accepted whatever became of the key that signed it.

    Raises:
        ForgedCodeError: we did not sign it, and it finds no case.
    """
    try:
        digits = return_code.read(digits_of(signed))
    except return_code.CodeError as error:
        raise ForgedCodeError from error
    keys = _deriving.submit(code_keys, digits, code_salt()).result()
    try:
        _, made_at = _signer().unsign(signed if _AS_SIGNED.fullmatch(signed) else "", return_timestamp=True)
    except BadSignature as error:
        if queries.by_tag(keys.tag) is None:
            raise ForgedCodeError from error
        return FormCode(digits, sign(digits), keys, None)
    return FormCode(digits, signed, keys, made_at)


def age_in_seconds(code: FormCode) -> float | None:
    """Return how long ago the form's page was made."""
    return (now() - code.made_at).total_seconds() if code.made_at else None


def _signer() -> TimestampSigner:
    return TimestampSigner(current_app.secret_key or "", salt="return-code")
