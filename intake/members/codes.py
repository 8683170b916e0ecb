"""Codes that are read aloud and typed: of invitations, and for recovery."""

import secrets

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0, 1, I, L, O, U: read aloud and typed without mistakes
LENGTH = 20  # log2(30) × 20 = 98 random bits
GROUP = 5


def new() -> str:
    """Return a code in four groups of five letters and digits."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return "-".join(letters[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def normal(typed: str) -> str:
    """Return the letters and digits of a code as a person typed it: in capitals, without dashes and spaces."""
    return "".join(character for character in typed.upper() if character.isalnum())
