"""Uzbek in Cyrillic letters, made from Uzbek in Latin ones. Pure.

The letters are those of the two alphabets (Cabinet of Ministers of Uzbekistan, resolution 339 of 24 August 1995). Words
borrowed through Russian keep the letters that Latin does not tell apart: ц, ь, щ and some й. They stand in
``uzbek_words.json``, by their beginnings, and a word takes the longest beginning that fits.
"""

import functools
import json
import re
from collections.abc import Iterable
from pathlib import Path

_TURNED = "ʻ‘'`’"  # how people write the mark of oʻ and gʻ
_TUTUQ = "ʼ’'`‘ʻ"  # and the tutuq belgisi, which parts two letters or makes a vowel long
_VOWELS = "aeiouаеёиоуўэюя"
_PAIRS = {"sh": "ш", "ch": "ч", "ya": "я", "yo": "ё", "yu": "ю", "ye": "е", "oʻ": "ў", "gʻ": "ғ"}
_LETTERS = dict(zip("abdefghijklmnopqrstuvxyzcw", "абдефгҳижклмнопқрстувхйзсв", strict=True))
_WORD = re.compile(rf"[A-Za-z](?:[A-Za-z]|[{_TURNED}{_TUTUQ}](?=[A-Za-z])|(?<=[OoGg])[{_TURNED}])*")
_SHOUTED = re.compile(r"[A-Z]{2,}(?=[a-z])")  # an abbreviation with an ending
_KEPT_FORMS = (
    r"%\(\w+\)[sd]",  # places that are filled in
    r"</?[A-Za-z][^>]*>",  # markup
    r"&#?\w+;",
    r"(?:https?://|www\.)[^\s<]+",
    r"[\w.+-]+@[\w.-]+\w",
    r"\b(?:gpg|flask|openssl|age)(?: [\w./*…-]+)*(?= --| -)(?: -{1,2}[\w-]+)+",
    r"\b[\w…-]+\.(?:[a-z]{2,5})\b",  # names of files and hosts
)


@functools.cache
def _beginnings() -> dict[str, str]:
    found: dict[str, str] = json.loads((Path(__file__).parent / "uzbek_words.json").read_text())
    return found


@functools.cache
def _kept(words: tuple[str, ...]) -> re.Pattern[str]:
    longest = sorted(words, key=len, reverse=True)
    return re.compile("|".join((*_KEPT_FORMS, *(rf"(?<!\w){re.escape(word)}(?!\w)" for word in longest))))


def to_cyrillic(text: str, kept: Iterable[str] = ()) -> str:
    """Return Uzbek text in Cyrillic letters.

    Args:
        text: Uzbek in Latin letters; what is filled in, markup, addresses and names of files stay as they are.
        kept: words that stay in Latin letters as well, such as the names of programs.
    """
    done, end = [], 0
    for stay in _kept(tuple(kept)).finditer(text):
        done += [_WORD.sub(_word, text[end : stay.start()]), stay[0]]
        end = stay.end()
    return "".join([*done, _WORD.sub(_word, text[end:])])


def _word(found: re.Match[str]) -> str:
    """Return one word in Cyrillic letters, as large and small as it was."""
    word = found[0]
    if shouted := _SHOUTED.match(word):
        return _WORD.sub(_word, shouted[0]) + _WORD.sub(_word, word[shouted.end() :])
    small = re.sub(rf"(?<=[og])[{_TURNED}]", "ʻ", word.lower())
    small = re.sub(rf"(?<![og])[{_TUTUQ}]", "ʼ", small)
    begun, length = _borrowed(small)
    letters = begun + _spelled(small[length:], begun[-1:])
    if word.isupper() and len(word) > 1:
        return letters.upper()
    return letters[:1].upper() + letters[1:] if word[0].isupper() else letters


def _borrowed(word: str) -> tuple[str, int]:
    """Return the beginning of a borrowed word in Cyrillic letters, and how many Latin ones it stands for."""
    for length in range(len(word), 2, -1):
        cyrillic = _beginnings().get(word[:length])
        if cyrillic is not None:
            # A soft sign at the end of a word falls before what is added: апрель, апрелда.
            return cyrillic.removesuffix("ь") if length < len(word) else cyrillic, length
    return "", 0


def _spelled(word: str, before: str) -> str:
    """Return letters after letters, of which ``before`` is the last."""
    letters, at = [before], 0
    while at < len(word):
        pair = word[at : at + 2]
        if word.startswith("tsiy", at):
            letters.append("ци")
            at += 3
        elif pair == "yo" and word[at + 2 : at + 3] == "ʻ":
            letters.append("й")
            at += 1
        elif pair in _PAIRS and not (pair == "ye" and letters[-1] and letters[-1] not in f"{_VOWELS}ъ"):
            letters.append(_PAIRS[pair])
            at += 2
        elif pair == "ye":
            letters += ["ъ", "е"]
            at += 2
        elif word[at] == "e":
            letters.append("э" if not letters[-1] or letters[-1] in "аоуэяёюўи" else "е")
            at += 1
        elif word[at] == "ʼ":
            letters.append("" if word[at + 1 : at + 2] == "h" and letters[-1] == "с" else "ъ")
            at += 1
        else:
            letters.append(_LETTERS.get(word[at], word[at]))
            at += 1
    return "".join(letters[1:])
