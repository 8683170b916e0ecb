"""Where the words of a search stand in a case, shown in their surroundings."""

from dataclasses import dataclass, field

from intake.cases import folding
from intake.cases.folding import Word
from intake.cases.indexing import CONTACT, Said
from intake.cases.search_words import Term

MOST = 3  # passages of one case
AROUND = 90  # characters before the first match, and after it


@dataclass(frozen=True)
class Part:
    """A piece of a passage: a word that was searched for, or what stands between."""

    text: str = field(repr=False)
    is_match: bool


@dataclass(frozen=True)
class Passage:
    """A piece of what was written, with the words that were searched for.

    Attributes:
        where: in what it stands.
        parts: its pieces, in their order; none where it must not be shown here, as contact details.
        cut_before: whether the text begins before it.
        cut_after: whether the text goes on after it.
    """

    where: str
    parts: list[Part]
    cut_before: bool = False
    cut_after: bool = False


def passages(said: list[Said], terms: list[Term]) -> list[Passage]:
    """Return where the terms stand: few passages, but every term in one of them where that can be.

    Args:
        said: what was written in a case.
        terms: what was searched for.
    """
    found: list[Passage] = []
    missing = list(terms)
    for where, text in sorted(said, key=lambda one: one[0] == CONTACT):  # what may be shown comes first
        here = [term for term in missing if term.stands_in(text)]
        while here and len(found) < MOST:
            passage, shown = _passage(where, text, here, terms)
            found.append(passage)
            here = [term for term in here[1:] if term not in shown]
            missing = [term for term in missing if term not in shown]
    return found


def _passage(where: str, text: str, here: list[Term], terms: list[Term]) -> tuple[Passage, list[Term]]:
    """Return the passage around the first match of the first of some terms, and which terms show in it."""
    if where == CONTACT:
        return Passage(where, []), here
    words = list(folding.words(text))
    matches = {term: _matches(words, term) for term in terms}
    first = matches[here[0]][0] if matches[here[0]] else range(0)
    begin, end = _window(text, words[first.start].start if first else 0)
    inside = {
        place for spans in matches.values() for span in spans for place in span if begin <= words[place].start < end
    }
    parts = _parts(text, begin, end, [words[place] for place in sorted(inside)])
    shown = [here[0]] + [term for term in here[1:] if any(inside.issuperset(span) for span in matches[term])]
    return Passage(where, parts, cut_before=begin > 0, cut_after=end < len(text)), shown


def _matches(words: list[Word], term: Term) -> list[range]:
    """Return the places of the words that match a term; a phrase has several side by side."""
    if term.is_phrase:
        wanted = folding.exact(" ".join(term.words))
        width = len(term.words)
        spans = (range(start, start + width) for start in range(len(words) - width + 1))
        return [span for span in spans if folding.exact(" ".join(words[place].text for place in span)) == wanted]
    compared = ((place, folding.loose(word.text)[1:]) for place, word in enumerate(words))
    return [range(place, place + 1) for place, text in compared if text.startswith(term.beginnings)]


def _window(text: str, at: int) -> tuple[int, int]:
    """Return where a passage around a place begins and ends: between words, if one ends nearby."""
    begin, end = max(0, at - AROUND), min(len(text), at + 2 * AROUND)
    if begin > 0 and (space := text.find(" ", begin, at)) >= 0:
        begin = space + 1
    if end < len(text) and (space := text.rfind(" ", at + AROUND, end)) >= 0:
        end = space
    return begin, end


def _parts(text: str, begin: int, end: int, matches: list[Word]) -> list[Part]:
    parts, at = [], begin
    for word in matches:
        parts += [
            Part(text[at : word.start], is_match=False),
            Part(text[word.start : min(word.end, end)], is_match=True),
        ]
        at = min(word.end, end)
    return [part for part in [*parts, Part(text[at:end], is_match=False)] if part.text]
