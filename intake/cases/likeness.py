"""How alike two cases are, and by what: words that few cases have, whole passages, place, day, body. Pure.

A word counts by its first letters, so that its endings do not matter in languages that have many; the fewer cases have
it, the more it counts (inverse document frequency: K. Spärck Jones, Journal of Documentation 28, 1972). Passages are
runs of four words (shingles: A. Broder, On the resemblance and containment of documents, 1997).
"""

import heapq
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, product

from intake.cases import folding
from intake.cases.clues import BODY, DAY, REGION, by_kind

STEM = re.compile(rb" ([^ \n]{4,7})")  # of a word as it is compared: shorter ones say little
PASSAGE = 4  # words
FEW_PASSAGES = 6  # that two cases have in common before it is said
ENOUGH = 0.3  # points from which a case is suggested
MOST_WORDS = 6  # that are named
CONTACT, COPY, PASSAGES, WORDS, NAMES, OFFICIALS, PLACE, SAME_DAY, NEAR_DAY, SAME_REGION, SAME_BODY = REASONS = (
    "contact",
    "copy",
    "passages",
    "words",
    "names",
    "officials",
    "place",
    "day",
    "near_day",
    "region",
    "body",
)
POINTS = {
    CONTACT: 1.0,
    COPY: 1.0,
    PASSAGES: 0.4,
    PLACE: 0.3,
    OFFICIALS: 0.3,
    SAME_DAY: 0.3,
    NEAR_DAY: 0.1,
    SAME_REGION: 0.1,
    SAME_BODY: 0.1,
}
POINTS_A_NAME, MOST_POINTS_OF_NAMES = 0.15, 0.45
POINTS_IF_NOT_RARE = 0.2  # of a place, or of people, that some other cases name, too
FEW_CASES = 8  # below, nobody knows which words are rare
NEAR = 3  # days
_SENTENCE_ENDS = ".!?…:;\n\"'«»“”„()-–—"


@dataclass(frozen=True)
class Written:
    """What a case tells, as it was written.

    Attributes:
        texts: all that was told in words of one's own; places and officials are among it.
        places: what was answered to where it was.
        officials: what was answered to who did it.
        contacts: the addresses and numbers of who tells.
        told: what was told by choosing, see ``clues``.
    """

    texts: list[str] = field(default_factory=list, repr=False)
    places: list[str] = field(default_factory=list, repr=False)
    officials: list[str] = field(default_factory=list, repr=False)
    contacts: list[str] = field(default_factory=list, repr=False)
    told: list[str] = field(default_factory=list, repr=False)


@dataclass(frozen=True)
class Own:
    """What a case tells, by which others are compared with it.

    Attributes:
        words: the first letters of its words as they are compared, each with the word as it stands there first.
        names: those of its words that are written like names.
        places: those of its words that answer where it was.
        officials: those of its words that answer who did it.
        passages: its runs of words.
        contacts: its contact details as they are compared.
        told: what it told by choosing.
    """

    words: Mapping[bytes, str] = field(repr=False)
    names: frozenset[bytes] = field(repr=False)
    places: frozenset[bytes] = field(repr=False)
    officials: frozenset[bytes] = field(repr=False)
    passages: frozenset[tuple[bytes, ...]] = field(repr=False)
    contacts: tuple[bytes, ...] = field(repr=False)
    told: tuple[str, ...] = field(repr=False)


@dataclass
class Other:
    """What another case has in common with it, as its search page says.

    Attributes:
        case_id: which.
        size: how many bytes its words have.
        shared: the first letters of the words that both have.
        told: what it told by choosing.
        has_contact: whether the contact details are the same.
        passages: how many runs of words both have.
        is_copy: whether most of the one stands in the other.
    """

    case_id: int
    size: int
    shared: frozenset[bytes] = field(repr=False)
    told: list[str] = field(repr=False)
    has_contact: bool = False
    passages: int = 0
    is_copy: bool = False


@dataclass(frozen=True)
class Reason:
    """By what two cases are alike: one of ``REASONS``, with the words or codes that both have."""

    kind: str
    both: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Alike:
    """A case that is like another, how much, and by what: what counts most stands first."""

    case_id: int
    points: float
    reasons: list[Reason]


def own(written: Written) -> Own:
    """Return what a case tells, ready to compare others with it."""
    words: dict[bytes, str] = {}
    for word in chain.from_iterable(map(folding.words, written.texts)):
        for stem in stems(word.text):
            words.setdefault(stem, word.text)
    return Own(
        words,
        frozenset(chain.from_iterable(map(_names, written.texts))),
        frozenset(chain.from_iterable(map(stems, written.places))),
        frozenset(chain.from_iterable(map(stems, written.officials))),
        frozenset(chain.from_iterable(passages_of(folding.loose(text).encode()) for text in written.texts)),
        tuple(one for one in map(_compared, written.contacts) if len(one) > len(" 12345 ")),
        tuple(written.told),
    )


def stems(text: str) -> list[bytes]:
    """Return the first letters of the words of a text, as they are compared."""
    return STEM.findall(folding.loose(text).encode())


def passages_of(compared: bytes) -> Iterator[tuple[bytes, ...]]:
    """Return the runs of words of a text that is written as it is compared."""
    words = compared.split()
    return zip(*(words[start:] for start in range(PASSAGE)), strict=False)


def compare_passages(told: Own, other: Other, compared: bytes) -> None:
    """Find out which runs of words another case has, too.

    Args:
        told: what the case tells.
        other: the other one.
        compared: its words as they are compared.
    """
    theirs = frozenset(passages_of(compared))
    other.passages = len(told.passages & theirs)
    least = min(len(told.passages), len(theirs))
    other.is_copy = bool(least) and other.passages * 2 >= least and other.passages >= FEW_PASSAGES


def ranked(told: Own, others: list[Other], most: int) -> list[Alike]:
    """Return the cases that are like one, the most alike first.

    Args:
        told: what the case tells.
        others: every other case that was read: how rare a word is shows in all of them alone.
        most: at most so many.
    """
    ranking = _Ranking(told, others)
    weighed = ((ranking.points_of(other), other) for other in others)
    alike = ((sum(found.values()), other.case_id, found, other) for found, other in weighed)
    best = heapq.nlargest(most, (one for one in alike if one[0] >= ENOUGH), key=lambda one: one[:2])
    return [Alike(case_id, points, ranking.reasons(found, other)) for points, case_id, found, other in best]


class _Ranking:
    """How much the words of a case are worth among all others."""

    def __init__(self, told: Own, others: list[Other]) -> None:
        self._told, self._count = told, len(others)
        having = Counter(chain.from_iterable(other.shared for other in others))
        few = max(3 if self._count >= FEW_CASES else 2, self._count // 50)
        self._rare = frozenset(stem for stem, count in having.items() if count <= few)
        telling = frozenset(stem for stem, count in having.items() if count <= max(4, self._count // 20))
        places = told.places & telling
        officials = (told.officials & telling) - places
        self._of = {PLACE: places, OFFICIALS: officials, NAMES: (told.names & self._rare) - places - officials}
        self._worth = {stem: math.log((self._count + 1) / (having[stem] + 0.5)) for stem in told.words}
        self._whole = sum(self._worth.values()) or 1.0
        self._usual_size = max(1.0, sum(other.size for other in others) / max(1, self._count))
        # Among few cases nobody knows which words are rare, so more of them must be the same.
        self._enough = 0.09 + 0.17 / math.sqrt(self._count + 1)

    def points_of(self, other: Other) -> dict[str, float]:
        """Return by what another case is like this one, and how much each counts."""
        found = {kind: POINTS[kind] for kind in _whole_reasons(other)}
        for kind in (PLACE, OFFICIALS):
            if both := self._both(kind, other.shared):
                found[kind] = POINTS[kind] if both & self._rare else POINTS_IF_NOT_RARE
        if names := self._both(NAMES, other.shared):
            found[NAMES] = min(MOST_POINTS_OF_NAMES, POINTS_A_NAME * len(names))
        share = self._share(other)
        if share >= self._enough and not other.is_copy:
            found[WORDS] = ENOUGH + share
        return found | {reason.kind: POINTS[reason.kind] for reason in _by_choice(self._told, other)}

    def reasons(self, found: dict[str, float], other: Other) -> list[Reason]:
        """Return the reasons that were found with what both cases have, what counts most first."""
        chosen = {reason.kind: reason for reason in _by_choice(self._told, other)}
        ordered = sorted(found, key=lambda kind: (-found[kind], REASONS.index(kind)))
        return [chosen.get(kind) or Reason(kind, self._named(self._both(kind, other.shared))) for kind in ordered]

    def _both(self, kind: str, shared: frozenset[bytes]) -> frozenset[bytes]:
        """Return which of the words that both cases have belong to a reason: a word belongs to one alone."""
        if kind == WORDS:
            return shared.difference(*self._of.values())
        return shared & self._of[kind] if kind in self._of else frozenset()

    def _share(self, other: Other) -> float:
        """Return which part of the case's words, by their worth, the other has: less of it the longer that is."""
        longer = max(1.0, other.size / self._usual_size)
        return sum(map(self._worth.__getitem__, other.shared)) / self._whole / math.sqrt(longer)

    def _named(self, stems: Iterable[bytes]) -> tuple[str, ...]:
        rarest = sorted(stems, key=lambda stem: (-self._worth[stem], stem))[:MOST_WORDS]
        return tuple(dict.fromkeys(self._told.words[stem] for stem in rarest))


def _whole_reasons(other: Other) -> Iterator[str]:
    if other.has_contact:
        yield CONTACT
    if other.is_copy:
        yield COPY
    elif other.passages >= FEW_PASSAGES:
        yield PASSAGES


def _by_choice(told: Own, other: Other) -> list[Reason]:
    """Return what both told by choosing."""
    if not other.told or not told.told:
        return []
    ours, theirs = by_kind(list(told.told)), by_kind(other.told)
    found = []
    for kind, reason in ((REGION, SAME_REGION), (BODY, SAME_BODY)):
        if both := ours[kind] & theirs[kind]:
            found.append(Reason(reason, tuple(sorted(both))))
    apart, day, other_day = min(
        ((abs((one - another).days), one, another) for one, another in product(_days(ours[DAY]), _days(theirs[DAY]))),
        default=(NEAR + 1, None, None),
    )
    if day and other_day and apart <= NEAR:
        reason = NEAR_DAY if apart else SAME_DAY
        days = tuple(one.isoformat() for one in dict.fromkeys((day, other_day)))
        found.append(Reason(reason, days))
    return found


def _days(told: Iterable[str]) -> list[date]:
    """Return the whole days among dates, of which some say no more than a month or a year."""
    found = []
    for one in told:
        if len(one) == len("2026-03-01"):
            try:
                found.append(date.fromisoformat(one))
            except ValueError:  # whatever an older form kept
                continue
    return found


def _names(text: str) -> Iterator[bytes]:
    """Yield the first letters of the words that are written like names: with a capital amid a sentence, and only so."""
    words = list(folding.words(text))
    if sum(word.text.isupper() for word in words) * 2 > len(words):
        return  # all in capitals
    small = {stem for word in words if word.text[0].islower() for stem in stems(word.text)}
    for word in words:
        before = text[: word.start].rstrip(" ")[-1:]
        if word.text[0].isupper() and before and before not in _SENTENCE_ENDS:
            yield from (stem for stem in stems(word.text) if stem not in small)


def _compared(text: str) -> bytes:
    return folding.loose(text).encode()
