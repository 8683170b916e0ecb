"""What may be wrong with any catalogue: words missing, not finished, unsafe to fill in, or left in English."""

import re
from collections import Counter
from gettext import c2py

from babel.messages.catalog import Catalog
from babel.messages.plurals import get_plural

from tests.catalogues.latin import SHARED_WITH_ENGLISH
from tests.catalogues.reading import (
    CYRILLIC,
    PLACEHOLDER,
    TAG,
    english,
    forms,
    key,
    messages,
    name,
    tag_of,
    without_allowed,
)

STRAY_PERCENT = re.compile(r"(?<!%)%(?!\(\w+\)[sd]|%)")
WITHOUT_END = frozenset({"br", "hr", "img", "input", "wbr"})
LETTER = re.compile(r"[^\W\d_]")
LATIN = re.compile(r"[A-Za-z]+")
PLURAL_NUMBERS = range(201)


def faults_of_completeness(wanted: Catalog, found: Catalog) -> list[str]:
    """Name what the pages say and a catalogue does not hold, and what it holds though no page says it."""
    said, held = {key(message) for message in messages(wanted)}, {key(message) for message in messages(found)}
    gone = {key(message) for message in found.obsolete.values()}
    return [f"missing: {name(each)}" for each in sorted(said - held)] + [
        f"obsolete: {name(each)}" for each in sorted((held - said) | gone)
    ]


def faults_of_finish(catalog: Catalog) -> list[str]:
    """Name what is fuzzy, empty, or has not every plural form of its language."""
    faults = ["fuzzy: the header"] if catalog.fuzzy else []
    number, expression = get_plural(catalog.locale)
    if (catalog.num_plurals, catalog.plural_expr) != (number, expression):
        faults.append(f"plural forms: the header must say nplurals={number}; plural={expression}")
    for message in messages(catalog):
        said = forms(message)
        if message.fuzzy:
            faults.append(f"fuzzy: {name(key(message))}")
        if not all(form.strip() for form in said):
            faults.append(f"empty: {name(key(message))}")
        if message.pluralizable and len(said) != number:
            faults.append(f"plural forms: {len(said)} instead of {number}: {name(key(message))}")
    return faults


def faults_of_placeholders(catalog: Catalog) -> list[str]:
    """Name what would be filled in wrongly: other placeholders than the English, or a stray percent sign."""
    faults = []
    form_for = c2py(catalog.plural_expr)
    for message in messages(catalog):
        source = english(message)
        for index, form in enumerate(forms(message)):
            # Only a form that serves the number one alone may leave out the number, as the English singular does.
            numbers = [n for n in PLURAL_NUMBERS if form_for(n) == index]
            allowed = [source[-1], source[0]] if numbers == [1] else [source[-1]]
            if _placeholders(form) not in [_placeholders(text) for text in allowed]:
                faults.append(f"placeholders: {name(key(message))} -> {form!r}")
            if STRAY_PERCENT.search(form):
                faults.append(f"stray percent sign: {name(key(message))} -> {form!r}")
    return faults


def faults_of_markup(catalog: Catalog) -> list[str]:
    """Name what has other HTML tags than the English, or leaves one open."""
    return [
        f"markup: {name(key(message))} -> {form!r}"
        for message in messages(catalog)
        for form in forms(message)
        if not _balanced(form) or _tags(form) != _tags(english(message)[-1])
    ]


def faults_of_language(catalog: Catalog) -> list[str]:
    """Name what is still English: the same words, or, in a language of Cyrillic letters, Latin ones."""
    faults = []
    cyrillic = tag_of(catalog) in CYRILLIC
    for message in messages(catalog):
        for form in forms(message):
            shared = not cyrillic and form in SHARED_WITH_ENGLISH
            if form in english(message) and LETTER.search(without_allowed(form)) and not shared:
                faults.append(f"same as English: {name(key(message))}")
            if cyrillic and (left := LATIN.findall(without_allowed(form))):
                faults.append(f"Latin letters {left}: {name(key(message))}")
    return faults


def _placeholders(text: str) -> Counter[str]:
    return Counter(PLACEHOLDER.findall(text))


def _tags(text: str) -> Counter[tuple[str, str]]:
    return Counter(TAG.findall(text))


def _balanced(text: str) -> bool:
    still_open: list[str] = []
    for end, tag in TAG.findall(text):
        if tag.lower() in WITHOUT_END:
            continue
        if not end:
            still_open.append(tag)
        elif not still_open or still_open.pop() != tag:
            return False
    return not still_open
