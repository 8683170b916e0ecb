"""What may be wrong with how a catalogue's texts are set: spaces, the end of a sentence, quotation marks, entities."""

import re
from collections import Counter

from babel.messages.catalog import Catalog

from tests.catalogues.alphabets import ALPHABETS
from tests.catalogues.reading import ENTITY, TAG, english, forms, key, messages, name, tag_of

QUOTES = '«»“”„‟"‹›‘‚'
BEFORE_A_MARK = re.compile(r"\s[,.!?;:](?![\w.…/])")
ENDS = ".?!…"


def faults_of_spaces(catalog: Catalog) -> list[str]:
    """Name doubled spaces, spaces at an end that the English does not have, and spaces before a comma or a stop."""
    faults = []
    for message in messages(catalog):
        source = english(message)[-1]
        for form in forms(message):
            wrong = (
                ("  " in form and "  " not in source)
                or _ends(form) != _ends(source)
                or (BEFORE_A_MARK.search(form) and not BEFORE_A_MARK.search(source))
            )
            if wrong:
                faults.append(f"spaces: {name(key(message))} -> {form!r}")
    return faults


def faults_of_ends(catalog: Catalog) -> list[str]:
    """Name what ends as a sentence where the English does not, or the reverse, or asks where the English tells."""
    return [
        f"end of sentence: {name(key(message))} -> {form!r}"
        for message in messages(catalog)
        for form in forms(message)
        if _mark(form) not in {_mark(text) for text in english(message)}
    ]


def faults_of_quotes(catalog: Catalog) -> list[str]:
    """Name quotation marks that the language does not use, and some that are not closed."""
    opening, closing = tuple(ALPHABETS[tag_of(catalog)].quotes)
    faults = []
    for message in messages(catalog):
        for form in forms(message):
            text = TAG.sub(" ", form)
            if wrong := sorted(set(text) & (set(QUOTES) - {opening, closing})):
                faults.append(f"quotation marks {wrong}, instead of {opening}{closing}: {name(key(message))}")
            if text.count(opening) != text.count(closing):
                faults.append(f"quotation marks not closed: {name(key(message))}")
    return faults


def faults_of_entities(catalog: Catalog) -> list[str]:
    """Name what would break a page: other entities than the English, a bare & or angle bracket of its own."""
    return [
        f"entities: {name(key(message))} -> {form!r}"
        for message in messages(catalog)
        for form in forms(message)
        if _entities(form) != _entities(english(message)[-1])
    ]


WORDING = (faults_of_spaces, faults_of_ends, faults_of_quotes, faults_of_entities)


def _ends(text: str) -> tuple[bool, bool]:
    return text[:1].isspace(), text[-1:].isspace()


def _mark(text: str) -> str:
    """Return how a text ends: the mark of its sentence; nothing where it is none."""
    last = text.rstrip().rstrip("»”\"')")[-1:]
    return last if last in ENDS else ""


def _entities(text: str) -> Counter[str]:
    rest = TAG.sub(" ", text)
    return Counter(ENTITY.findall(rest)) + Counter(re.findall("[<>&]", ENTITY.sub(" ", rest)))
