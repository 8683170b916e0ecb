"""The complainant's return code: 23 random digits and a check digit, the only way back to a case."""

import secrets
import unicodedata

LENGTH = 24
GROUP = 4
_IGNORED = frozenset(" -‐‑‒–—_.,\u00a0\u202f\u2009\t\r\n")


class CodeError(Exception):
    """The code was mistyped: ``reason`` is ``empty``, ``letters``, ``length`` or ``check``; ``digits`` how many."""

    def __init__(self, reason: str, digits: int = 0) -> None:
        """Keep what the page needs to say it kindly."""
        super().__init__(reason)
        self.reason = reason
        self.digits = digits


def mint() -> str:
    """Return a fresh return code: log2(10^23) = 76.4 random bits."""
    digits = "".join(secrets.choice("0123456789") for _ in range(LENGTH - 1))
    return digits + check_digit(digits)


def check_digit(digits: str) -> str:
    """Return the check digit that ISO/IEC 7064 MOD 11,10 gives: it tells every single wrong digit."""
    product = 10
    for digit in digits:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def read(typed: str) -> str:
    """Return the 24 ASCII digits of a code as a person typed it: any digits of any script, spaces, dashes.

    Raises:
        CodeError: it cannot be a code; the reason says why.
    """
    kept = [character for character in typed if character not in _IGNORED]
    if not kept:
        reason = "empty"
        raise CodeError(reason)
    values = [unicodedata.decimal(character, None) for character in kept]
    if None in values:
        reason = "letters"
        raise CodeError(reason)
    digits = "".join(str(value) for value in values)
    if len(digits) != LENGTH:
        reason = "length"
        raise CodeError(reason, len(digits))
    if check_digit(digits[:-1]) != digits[-1]:
        reason = "check"
        raise CodeError(reason, LENGTH)
    return digits


def groups(digits: str) -> list[str]:
    """Return a code in six groups of four, as it is shown."""
    return [digits[start : start + GROUP] for start in range(0, LENGTH, GROUP)]
