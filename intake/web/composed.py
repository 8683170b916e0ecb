"""Text in one form, NFC, in a time that grows with its length and no faster. Pure."""

import unicodedata

import regex

# Python puts the marks over one letter in order in the square of their number: half a megabyte of them, in one field,
# would keep a process busy for a minute. No language has more than a few; UAX #15, section 13, allows for 30.
MOST_MARKS = 30
_TOO_MANY = regex.compile(rf"(\P{{ccc=0}}{{{MOST_MARKS}}})\P{{ccc=0}}+")


def composed(text: str) -> str:
    """Return text in NFC; of more than ``MOST_MARKS`` marks over one letter, the first of them."""
    made = unicodedata.normalize("NFC", _TOO_MANY.sub(r"\1", text))
    return str(_TOO_MANY.sub(r"\1", made))  # some marks are two in this form
