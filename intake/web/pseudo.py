"""A language that nobody speaks, to see what longer words do to a page: [Tèéxts ííñ ìít ârêe lõöngèér].

It is made from the English texts, says of each where it begins and ends, and is offered to nobody: it stands on the
page of components, and in tests.
"""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from babel.support import NullTranslations
from flask import Flask
from flask_babel import Domain, get_domain

from intake.i18n import speaking

TAG = "en-XA"  # what others call it
LONGER = 0.4  # by how much
_KEPT = re.compile(r"(%\(\w+\)[a-z]|%[sd%]|#)")  # what is filled in
_ACCENTS = str.maketrans(
    "AEIOUYCDGHKLNRSTZaeiouycdghklnrstz",
    "ÀÉÎÕÜÝÇĎĢĤĶĻÑŘŞŢŽàéîõüýçďģĥķļñřşţž",
)
_VOWELS = frozenset("AEIOUYaeiouy")
_WORD = re.compile(r"[^\W\d_]{3,}")


def stretched(text: str, longest: int = 0) -> str:
    """Return a text in the language: accented, longer by ``LONGER``, in brackets; what is filled in stays.

    Args:
        text: in English, with placeholders.
        longest: how many letters the first word shall have, if it is a word; 0 leaves it.
    """
    parts = _KEPT.split(text)
    letters = sum(sign.isalpha() for part in parts[::2] for sign in part)
    missing, said = math.ceil(LONGER * letters), []
    for at, part in enumerate(parts):
        if at % 2:
            said.append(part)
            continue
        doubled = _doubled(part, missing)
        missing -= len(doubled) - len(part)
        said.append(doubled.translate(_ACCENTS))
    whole = "".join(said) + "à" * missing
    first = _WORD.search(_KEPT.sub(lambda kept: " " * len(kept[0]), whole))
    if longest and first:
        word = first[0] * math.ceil(longest / len(first[0]))
        whole = whole[: first.start()] + word[:longest] + whole[first.end() :]
    return f"[{whole}]"


def _doubled(text: str, most: int) -> str:
    """Return a text with vowels doubled, and other letters where these are too few."""
    vowels = sum(sign in _VOWELS for sign in text)
    spare, signs = most - vowels, []
    for sign in text:
        is_vowel = sign in _VOWELS
        doubles = most > 0 and (is_vowel or (sign.isalpha() and spare > 0))
        if doubles:
            most, spare = most - 1, spare - (not is_vowel)
        signs.append(sign + sign.lower() if doubles else sign)
    return "".join(signs)


class _Texts(NullTranslations):
    """A catalogue that knows every text."""

    def __init__(self, longest: int) -> None:
        super().__init__()
        self.longest = longest

    def ugettext(self, message: str) -> str:
        return stretched(message, self.longest)

    def ungettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return stretched(msgid1 if n == 1 else msgid2, self.longest)

    def upgettext(self, context: str, message: str) -> str:  # noqa: ARG002 the signature is Babel's
        return stretched(message, self.longest)

    def unpgettext(self, context: str, singular: str, plural: str, num: int) -> str:  # noqa: ARG002 Babel's too
        return self.ungettext(singular, plural, num)


class Pseudo(Domain):
    """What Flask-Babel asks for texts."""

    def __init__(self, longest: int = 0) -> None:
        """Keep how long the first word of each text shall be."""
        super().__init__()
        self.texts = _Texts(longest)

    def get_translations(self) -> Any:  # noqa: ANN401 Flask-Babel's own
        """Return the catalogue, whatever the language."""
        return self.texts


def voice() -> str:
    """Return which of its kinds what is written now is written in; nothing if it is in another language."""
    domain = get_domain()
    return f"{TAG}-{domain.texts.longest}" if isinstance(domain, Pseudo) else ""


@contextmanager
def spoken() -> Iterator[None]:
    """Write in it for a while; dates and numbers are English."""
    before = get_domain()
    with speaking("en"):
        Pseudo().as_default()  # type: ignore[attr-defined]  # the stubs lack it
        try:
            yield
        finally:
            before.as_default()  # type: ignore[attr-defined]


@contextmanager
def spoken_everywhere(app: Flask, longest: int = 0) -> Iterator[None]:
    """Let a whole application write in it, in place of every language: for tests alone."""
    babel = app.extensions["babel"].instance
    before, babel.domain_instance = babel.domain_instance, Pseudo(longest)
    try:
        yield
    finally:
        babel.domain_instance = before
