"""What is searched for: words of which each must occur, and phrases in quotation marks that must occur as they are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from intake.cases import folding

_PARTS = re.compile(r'"([^"]*)"|«([^»]*)»|“([^”]*)”|„([^“”]*)[“”]|([^\s"«“„]+)|["«“„]')


@dataclass(frozen=True)
class Term:
    """A word, or a phrase, that must occur.

    Attributes:
        words: the word as it was typed; several words if it is a phrase.
        is_phrase: whether it must occur exactly, as whole words side by side.
    """

    words: tuple[str, ...] = field(repr=False)
    is_phrase: bool
    beginnings: tuple[str, ...] = field(repr=False)

    @property
    def needles(self) -> list[bytes]:
        """What stands on a page where it occurs, compared loosely."""
        end = " " if self.is_phrase else ""
        return [f" {beginning}{end}".encode() for beginning in self.beginnings]

    @property
    def length(self) -> int:
        """How long it is: what is long is rare."""
        return min(map(len, self.beginnings))

    def stands_in(self, text: str) -> bool:
        """Return whether a text has it, a phrase exactly."""
        if self.is_phrase:
            return folding.exact(" ".join(self.words)) in folding.exact(text)
        compared = folding.loose(text)
        return any(f" {beginning}" in compared for beginning in self.beginnings)


def terms_of(typed: str) -> list[Term]:
    """Return what somebody searches for, each once; nothing if there is no word in it."""
    return list(dict.fromkeys(_terms(typed)))


def _terms(typed: str) -> Iterator[Term]:
    for part in _PARTS.finditer(typed):
        *quoted, bare = part.groups(default="")
        phrase = "".join(quoted)
        compared = folding.loose(phrase).strip()
        if compared:
            yield Term(_texts(phrase), is_phrase=True, beginnings=(compared,))
        for text in _texts(bare):
            if found := folding.beginnings(text):
                yield Term((text,), is_phrase=False, beginnings=found)


def _texts(text: str) -> tuple[str, ...]:
    return tuple(word.text for word in folding.words(text))
