"""Invented complaints and members, so that the software can be tried without a real case.

The sentences stand in ``demo_stories.json``; this module joins them. Nobody and nothing in them is real.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, cycle, permutations
from pathlib import Path
from random import Random
from typing import Any, TypeVar

LONGEST = 9_900

_FILE = Path(__file__).parent / "demo_stories.json"
_DOMAIN = "example.org"
_DATE = "{date}"
_ANY = ""

# One deal of 40 holds every language; in the deal of 20, three are one line and one is very long.
_ORIGINS = (
    *[("KZ", "kk")] * 5,
    *[("KZ", "ru")] * 4,
    *[("KG", "ky")] * 4,
    *[("KG", "ru")] * 3,
    ("KG", "uz"),
    *[("TJ", "tg")] * 5,
    *[("TJ", "ru")] * 2,
    ("TJ", "prs"),
    *[("TM", "tk")] * 4,
    ("TM", "ru"),
    *[("UZ", "uz")] * 5,
    ("UZ", "ru"),
    ("UZ", "tg"),
    ("other", "en"),
    *[("other", _ANY)] * 2,
)
_ONE_LINE, _ORDINARY, _LONG = "one line", "ordinary", "long"
_SHAPES = (*[_ONE_LINE] * 3, *[_ORDINARY] * 16, _LONG)

# Half of the kinds are pressing, so that about one story in five is urgent.
_URGENT_IF_PRESSING, _URGENT_ELSE, _URGENT_ONE_LINE = 0.32, 0.08, 0.2

_DAYS = (2, 3, 4, 5, 7, 8, 11, 12, 13, 14, 15, 17, 18, 21, 22, 23, 24, 25, 27, 28)  # Turkmen writes all these with -nji
_LONGEST_WAIT = 8
_ROUNDS = 4
_FILLED_IN = 16
_TRIES = 50
_ONE_PARAGRAPH_BELOW = 900

_MODES = {"code": 45, "none": 10, "email": 10, "phone": 8, "signal": 10, "telegram": 10, "whatsapp": 7}
# No subscriber has an area code of zeros.
_PHONES = {"KZ": "+7 000", "KG": "+996 000", "TJ": "+992 000", "TM": "+993 000", "UZ": "+998 000", "other": "+000 000"}

_Card = TypeVar("_Card")


@dataclass(frozen=True)
class DemoStory:
    """An invented complaint, with what its form asks for."""

    language: str
    country: str
    story: str
    urgent: bool
    contact_mode: str
    contact_value: str


@dataclass(frozen=True)
class DemoMember:
    """An invented journalist or editor, and the countries whose desks they sit at."""

    name: str
    address: str
    role: str
    language: str
    countries: tuple[str, ...]


@dataclass(frozen=True)
class _Words:
    """What one language has to say."""

    openings: tuple[str, ...]
    facts: tuple[str, ...]
    details: tuple[str, ...]
    steps: tuple[str, ...]
    chronicle: tuple[str, ...]
    closings: tuple[str, ...]
    urgent: tuple[str, ...]
    bridge: str
    quote: str
    one_liners: tuple[str, ...]
    date: str
    months: tuple[str, ...]
    places: tuple[str, ...]
    letters: tuple[str, ...]
    digits: str

    @property
    def dated_details(self) -> tuple[str, ...]:
        """Return the details that say when it happened: a story has one of them."""
        return tuple(detail for detail in self.details if _DATE in detail)

    @property
    def other_details(self) -> tuple[str, ...]:
        """Return the details that go together with any date."""
        return tuple(detail for detail in self.details if _DATE not in detail)

    def number(self, value: int) -> str:
        """Return a number in the digits of the language.

        Args:
            value: a number, not negative.
        """
        return "".join(self.digits[int(digit)] for digit in str(value))


class _Teller:
    """An invented person who tells one story: the dates only move forward, and nobody's initials come twice in a row.

    Args:
        words: the language they tell it in.
        chance: what decides.
    """

    def __init__(self, words: _Words, chance: Random) -> None:
        """Begin on a day of some year."""
        self._words = words
        self._chance = chance
        self._day = chance.randrange(len(words.months) * len(_DAYS))
        people = list(permutations(words.letters, 2))
        self._people = cycle(chance.sample(people, len(people)))

    def say(self, sentence: str) -> str:
        """Return a sentence with its date, place and person filled in.

        Args:
            sentence: a sentence of the language, perhaps with ``{date}``, ``{place}`` or ``{who}``.
        """
        return sentence.format(
            date=self._next_date() if _DATE in sentence else "",
            place=self._chance.choice(self._words.places),
            who=self._next_person(),
        )

    def quote(self, sentences: Sequence[str]) -> str:
        """Return what another person says.

        Args:
            sentences: their sentences, to be filled in.
        """
        who = self._next_person()
        said = " ".join(self.say(sentence) for sentence in sentences)
        return self._words.quote.format(who=who, words=said.removesuffix("."))  # the quote has its own full stop

    def _next_date(self) -> str:
        self._day += self._chance.randint(1, _LONGEST_WAIT)
        month, day = divmod(self._day, len(_DAYS))
        return self._words.date.format(
            day=self._words.number(_DAYS[day]), month=self._words.months[month % len(self._words.months)]
        )

    def _next_person(self) -> str:
        first, last = next(self._people)
        return f"{first}. {last}."


def stories(count: int, seed: int) -> Iterator[DemoStory]:
    """Yield invented complaints, always the same ones for the same seed.

    Args:
        count: how many; from 40 on, every language is among them.
        seed: any number.
    """
    chance = Random(seed)  # noqa: S311 invented stories have no secrets, and the same seed must give the same ones
    origins, shapes = _dealt(_ORIGINS, chance), _dealt(_SHAPES, chance)
    told: set[str] = set()
    for _ in range(count):
        (country, language), shape = next(origins), next(shapes)
        if language == _ANY:
            language = chance.choice(tuple(_languages()))
        kind = chance.randrange(len(_languages()[language].facts))
        urgent = chance.random() < _urgency(shape, kind)
        for _ in range(_TRIES):
            story = _told(_languages()[language], shape, kind, chance, urgent=urgent)
            if story not in told:
                break
        told.add(story)
        mode = chance.choices(tuple(_MODES), tuple(_MODES.values()))[0]
        yield DemoStory(language, country, story, urgent, mode, _contact(mode, country, chance))


@cache
def members() -> tuple[DemoMember, ...]:
    """Return the invented members: two journalists for each country, and two editors."""
    return tuple(
        DemoMember(
            name=member["name"],
            address=f"{member['mailbox']}@{_DOMAIN}",
            role=member["role"],
            language=member["language"],
            countries=tuple(member["countries"]),
        )
        for member in _content()["members"]
    )


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return content


@cache
def _languages() -> dict[str, _Words]:
    return {tag: _words(values) for tag, values in _content()["languages"].items()}


def _words(values: dict[str, Any]) -> _Words:
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    return _Words(**fields)


def _dealt(cards: Sequence[_Card], chance: Random) -> Iterator[_Card]:
    """Yield the cards in a random order, then all of them again in another, without end."""
    while True:
        yield from chance.sample(cards, len(cards))


def _urgency(shape: str, kind: int) -> float:
    """Return how probable it is that a story is urgent."""
    if shape == _ONE_LINE:
        return _URGENT_ONE_LINE
    return _URGENT_IF_PRESSING if _content()["kinds"][kind]["pressing"] else _URGENT_ELSE


def _told(words: _Words, shape: str, kind: int, chance: Random, *, urgent: bool) -> str:
    """Return a story of that shape and kind."""
    teller = _Teller(words, chance)
    if shape == _ONE_LINE:
        return teller.say(chance.choice(words.one_liners))
    ending = [chance.choice(words.urgent)] if urgent else []
    ending.append(chance.choice(words.closings))
    if shape == _LONG:
        return _long(teller, words, kind, chance, ending)
    return _ordinary(teller, words, kind, chance, ending)


def _ordinary(teller: _Teller, words: _Words, kind: int, chance: Random, ending: list[str]) -> str:
    """Return a story of a few paragraphs: what happened, the circumstances, what was done, what came of it."""
    aim = chance.triangular(320, 2_200, 700)
    start = [chance.choice(words.openings), words.facts[kind]]
    details = [chance.choice(words.dated_details)]
    steps: list[str] = []
    later: list[str] = []
    length = _length([*start, *details, *ending])
    for taken, sentence in _supply(words, chance, details, steps, later):
        if length >= aim:
            break
        taken.append(sentence)
        length += _length([sentence])
    groups = [start, details, steps, *([sentence] for sentence in later), ending]
    paragraphs = [" ".join(teller.say(sentence) for sentence in group) for group in groups if group]
    in_one = length < _ONE_PARAGRAPH_BELOW and chance.choice((True, False))
    return (" " if in_one else "\n\n").join(paragraphs)


def _supply(
    words: _Words, chance: Random, details: list[str], steps: list[str], later: list[str]
) -> Iterator[tuple[list[str], str]]:
    """Yield sentences, each with the list it goes to: steps and details in turn, then what came later."""
    more = chance.sample(words.other_details, len(words.other_details))
    for step, detail in zip(chance.sample(words.steps, len(words.steps)), more, strict=False):
        yield steps, step
        yield details, detail
        if chance.choice((True, False)):
            break
    for sentence in chance.sample(words.chronicle, len(words.chronicle)):
        yield later, sentence


def _long(teller: _Teller, words: _Words, kind: int, chance: Random, ending: list[str]) -> str:
    """Return a story of many numbered paragraphs, with what other people say."""
    aim = chance.triangular(6_400, LONGEST, 7_200)
    told = [teller.say(chance.choice(words.openings))]
    last = " ".join(ending)
    length = len(told[0]) + len(last) + 2
    for text in _paragraphs(teller, words, kind, chance):
        paragraph = f"{words.number(len(told))}. {text}"
        if length + len(paragraph) + 2 > aim:
            break
        told.append(paragraph)
        length += len(paragraph) + 2
    return "\n\n".join([*told, last])


def _paragraphs(teller: _Teller, words: _Words, kind: int, chance: Random) -> Iterator[str]:
    """Yield the paragraphs of a long story, more than it will take."""
    own = (
        words.facts[kind],
        chance.choice(words.dated_details),
        *chance.sample(words.other_details, len(words.other_details)),
        *chance.sample(words.steps, len(words.steps)),
        *chance.sample(words.chronicle, len(words.chronicle)),
        words.bridge,
    )
    yield from map(teller.say, own)
    for fact in chance.sample(words.facts, len(words.facts)):
        if fact != words.facts[kind]:
            yield teller.quote((fact, chance.choice(words.dated_details)))
    rounds = (chance.sample(words.chronicle, len(words.chronicle)) for _ in range(_ROUNDS))
    yield from map(teller.say, chain.from_iterable(rounds))


def _length(sentences: Sequence[str]) -> int:
    """Return about how long sentences will be, once they are filled in."""
    return sum(len(sentence) + _FILLED_IN for sentence in sentences)


def _contact(mode: str, country: str, chance: Random) -> str:
    """Return an invented address, number or name; nothing where none is asked for."""
    nickname = chance.choice(_content()["nicknames"])
    number = chance.randrange(10, 100)
    if mode == "email":
        return f"demo.{nickname}{number}@{_DOMAIN}"
    if mode in {"phone", "whatsapp"}:
        return f"{_PHONES[country]} 000 {number} {chance.randrange(10, 100)}"
    if mode in {"signal", "telegram"}:
        return f"@demo_{nickname}{number}"
    return ""
