"""What may be wrong with the letters of a catalogue: the script, the language's own letters, the marks of Uzbek."""

import re
from collections.abc import Iterator

from babel.messages.catalog import Catalog

from tests.catalogues.alphabets import ALPHABETS, INTERNATIONAL, RUSSIAN_WORDS
from tests.catalogues.reading import CYRILLIC, bare, catalogue, forms, key, messages, name, tag_of, without_allowed

WORD = re.compile(r"[^\W\d_]+")
LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
RUSSIAN = re.compile(r"[А-яЁё]")
CYRILLIC_LETTER = re.compile(r"[\u0400-\u052f]")
LETTERS_SPOKEN_OF = frozenset({"е", "ё"})  # which a search takes for the same, as its page says
UZBEK = frozenset({"uz"})
MARKS = "ʻʼ'’‘`´ʹ′"
WRONG_TURNED = re.compile(rf"[OoGg][{MARKS.replace('ʻ', '')}]")
WRONG_TUTUQ = re.compile(r"(?:(?<=\w)['’‘`´ʹ′](?=\w)|(?<![OoGg])ʻ)")
LETTERS_ENOUGH = 2_000  # below, a share says nothing


def faults_of_script(catalog: Catalog) -> list[str]:
    """Name words of the other script, and words of two scripts at once, whose letters only look alike."""
    faults = []
    other = LATIN if tag_of(catalog) in CYRILLIC else CYRILLIC_LETTER
    for english, form in _said(catalog):
        faults += [
            f"two scripts in one word: {word!r}: {english}"
            for word in WORD.findall(bare(form))
            if LATIN.search(word) and CYRILLIC_LETTER.search(word)
        ]
        faults += [
            f"the other script: {word!r}: {english}"
            for word in WORD.findall(without_allowed(form))
            if other.search(word) and word not in LETTERS_SPOKEN_OF
        ]
    return faults


def faults_of_alphabet(catalog: Catalog) -> list[str]:
    """Name letters that the language does not have, and words that look typed on another language's keyboard."""
    faults = []
    alphabet = ALPHABETS[tag_of(catalog)]
    for english, form in _said(catalog):
        for word in WORD.findall(without_allowed(form).lower()):
            plain = re.sub("[ʻʼ]", "", word)
            if word in LETTERS_SPOKEN_OF:
                continue
            if strange := sorted(set(plain) - set(alphabet.letters)):
                faults.append(f"letters of another language {strange}: {word!r}: {english}")
            elif alphabet.foreign.search(plain) and not plain.startswith(alphabet.borrowed or ("\0",)):
                faults.append(f"not spelled as the language does, or borrowed and not listed: {word!r}: {english}")
    return faults


def faults_of_own_letters(catalog: Catalog) -> list[str]:
    """Name words that stand elsewhere in the same catalogue with the language's own letters, and a share too small."""
    alphabet = ALPHABETS[tag_of(catalog)]
    own = set(alphabet.own[::2])
    said = [(word, english) for english, form in _said(catalog) for word in WORD.findall(without_allowed(form).lower())]
    typed = {alphabet.typed(word): word for word, _ in said if own & set(word)}
    faults = [
        f"{word!r} is spelled {typed[word]!r} elsewhere: {english}"
        for word, english in said
        if word in typed and word not in alphabet.alike
    ]
    letters = "".join(word for word, _ in said)
    share = 1000 * sum(letters.count(letter) for letter in own) // max(1, len(letters))
    if len(letters) >= LETTERS_ENOUGH and share < alphabet.share:
        faults.append(f"of 1000 letters {share} are the language's own, instead of {alphabet.share} or more")
    return faults


def faults_of_apostrophes(catalog: Catalog) -> list[str]:
    """Name Uzbek oʻ and gʻ with another mark than ʻ, and a tutuq belgisi that is not ʼ."""
    if tag_of(catalog) not in UZBEK:
        return []
    return [
        f"wrong mark {found[0]!r}, instead of ʻ after o and g and ʼ elsewhere: {english}"
        for english, form in _said(catalog)
        if (found := WRONG_TURNED.search(bare(form)) or WRONG_TUTUQ.search(bare(form)))
    ]


def faults_of_russian(catalog: Catalog) -> list[str]:
    """Name what was left in Russian: the same text as in the Russian catalogue, or a word that only Russian has."""
    if tag_of(catalog) not in CYRILLIC - {"ru"}:
        return []
    russian = {english: form for english, form in _said(catalogue("ru")) if RUSSIAN.search(form)}
    faults = []
    for english, form in _said(catalog):
        words = {word for word in WORD.findall(without_allowed(form).lower()) if CYRILLIC_LETTER.search(word)}
        if form == russian.get(english) and not words <= INTERNATIONAL:
            faults.append(f"same as Russian: {english}")
        elif left := words & RUSSIAN_WORDS:
            faults.append(f"Russian words {sorted(left)}: {english}")
    return faults


LETTERS = (faults_of_script, faults_of_alphabet, faults_of_own_letters, faults_of_apostrophes, faults_of_russian)


def _said(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Yield the English of every message, and each form of its translation."""
    return ((name(key(message)), form) for message in messages(catalog) for form in forms(message))
