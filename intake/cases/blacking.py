"""Blacking out: where marked passages stand in a text, and the text without them. Pure.

A passage is found whatever the case of its letters, ё or е, the kind of apostrophe, accents, white space, marks between
its words, characters that nobody sees, and Uzbek in Cyrillic or Latin letters. The whole words that it touches are
blacked out: what is left of a word would tell what is missing, and a name has endings.
"""

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from intake.cases import folding

NAME, PLACE, CONTACT, OTHER = KINDS = ("name", "place", "contact", "other")
BAR = "█████"  # as long whatever it hides
SHORTEST = 2  # letters or digits
WHOLE_WORDS = 3  # letters: what has no more is a word of its own, not a part of one (Ли, Ким)
TOGETHER = 6  # letters: what has as many is found across white space, too
# E-mail addresses, telephone numbers as they are written in the region and abroad, and @names.
_REACHES = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]*\w|(?<!\w)@\w{3,}"
    r"|(?<![\w+])(?:\+|00|8(?=[ (-]?\(?\d{3}))\d?(?:[ ().-]{0,2}\d){8,14}(?!\w)"
)


@dataclass(frozen=True)
class Passage:
    """Words that somebody marked.

    Attributes:
        text: the words.
        kind: one of ``KINDS``.
        instead: what stands in their place, in words; without it, the kind is named.
    """

    text: str = field(repr=False)
    kind: str
    instead: str = ""

    @property
    def key(self) -> str:
        """What is equal for passages that find the same."""
        return _whole(self.text, _exact)


@dataclass(frozen=True)
class Found:
    """A place in a text that is blacked out: from where to where, and for which passage; -1 for what reaches people."""

    start: int
    end: int
    place: int


class Blacking:
    """What blacks passages out of texts.

    Args:
        passages: what is blacked out.
        kinds: how each kind is called.
        reaches: whether addresses, numbers and @names are blacked out besides, wherever they stand.
    """

    def __init__(self, passages: Iterable[Passage], kinds: Mapping[str, str], *, reaches: bool = False) -> None:
        """Fold the passages once."""
        self.passages, self.reaches = tuple(passages), reaches
        self._kinds = kinds
        self._keys = [[(place, _whole(one.text, fold)) for place, one in enumerate(self.passages)] for fold in _FOLDS]
        plain = [self._said(one) for one in self.passages]
        self._instead = [
            f"{BAR} ({kinds[one.kind] if any(self._find(said)) else said})"
            for one, said in zip(self.passages, plain, strict=True)
        ]

    def __bool__(self) -> bool:
        """Say whether there is anything to black out."""
        return bool(self.passages) or self.reaches

    def also(self, passages: Iterable[Passage]) -> "Blacking":
        """Return what blacks out these passages, too."""
        return Blacking([*self.passages, *passages], self._kinds, reaches=self.reaches)

    def out_of(self, text: str) -> str:
        """Return a text with a bar in the place of every passage."""
        if not self:
            return text
        text = seen(text)
        pieces, end = [], 0
        for found in self._merged(text):
            pieces += [text[end : found.start], self._instead[found.place] if found.place >= 0 else self._reach()]
            end = found.end
        return "".join([*pieces, text[end:]])

    def count(self, text: str) -> Counter[int]:
        """Return how many times each passage, by its place in the list, stands in a text."""
        return Counter(found.place for found in set(self._find(seen(text))) if found.place >= 0)

    def _said(self, passage: Passage) -> str:
        return passage.instead or self._kinds[passage.kind]

    def _reach(self) -> str:
        return f"{BAR} ({self._kinds[CONTACT]})"

    def _find(self, text: str) -> Iterator[Found]:
        words = list(folding.words(text))
        for fold, keys in zip(_FOLDS, self._keys, strict=True):
            page = _Page([fold(word.text) for word in words])
            for place, key in keys:
                for first, last in page.find(key):
                    yield Found(words[first].start, words[last].end, place)
        if self.reaches:
            yield from (Found(*found.span(), -1) for found in _REACHES.finditer(text))

    def _merged(self, text: str) -> list[Found]:
        """Return the places without those that lie in others; what overlaps becomes one."""
        merged: list[Found] = []
        for found in sorted(self._find(text), key=lambda one: (one.start, -one.end)):
            if merged and found.start < merged[-1].end:
                before = merged.pop()
                merged.append(Found(before.start, max(before.end, found.end), before.place))
            else:
                merged.append(found)
        return merged


class _Page:
    """The folded words of a text, to be searched."""

    def __init__(self, words: list[str]) -> None:
        """Put the words together, with and without a space between them."""
        self._tight, self._spaced = "".join(words), f" {' '.join(words)} "
        self._tight_starts = list(accumulate(map(len, words), initial=0))
        self._spaced_starts = list(accumulate((len(word) + 1 for word in words), initial=1))

    def find(self, key: str) -> Iterator[tuple[int, int]]:
        """Yield the first and the last word of every place where a passage stands."""
        if not key:
            return
        if len(key) >= TOGETHER:
            text, starts = self._tight, self._tight_starts
        else:
            text, starts = self._spaced, self._spaced_starts
        wanted = f" {key} " if len(key) <= WHOLE_WORDS else key
        margin = int(wanted != key)
        at = text.find(wanted)
        while at >= 0:
            first, after = at + margin, at + margin + len(key)
            yield bisect_right(starts, first) - 1, bisect_right(starts, after - 1) - 1
            at = text.find(wanted, at + 1)


def seen(text: str) -> str:
    """Return a text without the characters that nobody sees and that would part a word, or turn it around."""
    return "".join(letter for letter in unicodedata.normalize("NFC", text) if unicodedata.category(letter) != "Cf")


def letters(text: str) -> int:
    """Return how many letters and digits a passage has, as it is compared."""
    return len(_whole(text, _plain))


def _exact(word: str) -> str:
    return folding.exact(word).replace(" ", "")


def _plain(word: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold()).replace("ё", "е")
    return "".join(letter for letter in folded if letter.isalnum())


def _whole(text: str, fold: Callable[[str], str]) -> str:
    return "".join(fold(word.text) for word in folding.words(seen(text)))


_FOLDS = (_exact, _plain)


def parts_of_name(name: str) -> Iterator[str]:
    """Yield what a name is blacked out by: all of it, and each of its words."""
    found = [word.text for word in folding.words(seen(name)) if len(word.text) >= SHORTEST]
    yield from dict.fromkeys([name, *found] if found else [])
