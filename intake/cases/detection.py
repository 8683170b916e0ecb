"""Which language a person wrote in: a guess for the desk, by a small local library and by letters that only one has.

What is uncertain stays unknown: a wrong language would send the case to a journalist who cannot read it. How well it
guesses is measured in ``tests/cases/test_detection.py`` and written down in ``docs/detection.md``. Nothing is logged.
"""

import functools
import re
from typing import NamedTuple

import pycld2
from babel import Locale
from flask_babel import gettext

from intake.i18n import NEVER_SEEN_LANGUAGE, language_tag

# What a desk of Central Asia may be written in. A library that knows eighty finds Inupiak in Russian typed in Latin.
TONGUES = ("ru", "kk", "ky", "uz", "uz-Cyrl", "tg", "tk", "en", "fa", "kaa", "ug", "zh", "ar", "ps", "tr", "az", "tt")
UNKNOWN = "unknown"  # stands for none of them in a list of choices
LONGEST_LOOKED_AT = 1_500  # characters: more of them tell nothing more
FEWEST_LETTERS = 10
_SURE_OF_LATIN = 530  # the library's score; Kazakh and Kyrgyz typed in Latin letters stay below, as any other language
_NO_LETTERS = re.compile(r"[^\w\s.'ʻʼ‘’\u200c]+|[\d_]+")  # also what is no character: the library refuses it
_CYRILLIC, _LATIN, _ARABIC, _CHINESE = (
    re.compile(f"[{ranges}]")
    for ranges in (
        "\u0400-\u052f",
        "a-z\u00c0-\u024f\u1e00-\u1eff",
        "\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff",
        "\u3400-\u9fff",
    )
)
# What CLDR 48 leaves out, or calls as its readers do not.
_NAMED_BETTER = {
    ("ru", "ky"): "кыргызский",
    ("en", "kaa"): "Karakalpak",
    ("ky", "kaa"): "каракалпакча",
    ("uz", "kaa"): "qoraqalpoqcha",
    ("uz_Cyrl", "kaa"): "қорақалпоқча",
    ("tg", "kaa"): "қарақалпоқӣ",
    ("tk", "kaa"): "garagalpak dili",
}
_LETTERS_OF_A_SIGN = 3  # a Chinese sign says as much as a few letters
_LIKE_RUSSIAN = frozenset({"bg", "mk", "sr"})  # what the library takes a few words of Russian for
_NOT_RUSSIAN = re.compile("[\u0452-\u052f\u0400\u0402-\u040f]")
_OF_NAMES_ALONE = 0.1  # of the letters of a Russian text that names people and places of the region
_SURE_OF_ENGLISH = 900
_LONG_FOR_KAZAKH = 35  # characters in which a letter of Kazakh alone is due


class _Letters(NamedTuple):
    """Letters that decide for a language: of each of the first groups one is there, of the last none is."""

    tongue: str
    some: tuple[frozenset[str], ...]
    none: frozenset[str]

    def decide(self, there: set[str]) -> bool:
        """Return whether the letters of a text decide for the language."""
        return all(map(there.intersection, self.some)) and not there.intersection(self.none)


def _letters(tongue: str, *some: str, none: str = "") -> _Letters:
    return _Letters(tongue, tuple(frozenset(group) for group in some), frozenset(none))


# In this order: the first that fits.
_DECISIVE_OF_CYRILLIC = (
    _letters("kaa", "ә", "ҳў"),
    _letters("ug", "җ", "қғһ", none="і"),
    _letters("tt", "җ", "ә"),
    _letters("tg", "ӣӯҷ"),
    _letters("kk", "әқғңөүұһ", "іұ", none="ҳўҷӣӯ"),
    _letters("uz-Cyrl", "ў", none="іәұӣӯҷңөү"),
    _letters("ky", "ңөү", none="қғәіұҳўһҗ"),
)
_DECISIVE_OF_LATIN = (
    _letters("tk", "ňý", "äşçöü", none="ğı"),
    _letters("kaa", "ǵńáú", "ı", "w"),
    _letters("uz", "ʻ", none="ýňäçşıáúǵ"),
)
_DECISIVE_OF_ARABIC = (_letters("ug", "ە", "ۇۆۈېۋڭ"),)
_OF_PASHTO = frozenset("ټډړږښڼۍ")


def detected(text: str) -> str | None:
    """Return the tag of the language that a text is written in; None where that is not certain. It never raises.

    Args:
        text: whatever was written, in any script.
    """
    text = _NO_LETTERS.sub(" ", text[:LONGEST_LOOKED_AT].lower())
    by_script = {
        _of_cyrillic: len(_CYRILLIC.findall(text)),
        _of_latin: len(_LATIN.findall(text)),
        _of_arabic: len(_ARABIC.findall(text)),
        _of_chinese: len(_CHINESE.findall(text)) * _LETTERS_OF_A_SIGN,
    }
    if sum(by_script.values()) < FEWEST_LETTERS:
        return None
    guess = max(by_script, key=lambda one: by_script[one])
    return guess(text, set(text))


def name(tag: str | None) -> str:
    """Return the name of a language in the language being written now; nothing for none."""
    return _name(tag, language_tag()) if tag else ""


def names() -> dict[str, str]:
    """Return the names of all languages that may be found, and what is said where none was."""
    return {**{tag: name(tag) for tag in TONGUES}, UNKNOWN: gettext("Not recognised")}


@functools.cache
def _name(tag: str, reader: str) -> str:
    """Return the name of a language as the reader's calls it: as CLDR has it, in English where nobody has."""
    reader, locale = reader.replace("-", "_"), Locale.parse(tag, sep="-")
    known = _NAMED_BETTER.get((reader, tag)) or locale.get_display_name(Locale.parse(reader))
    return str(known or locale.get_display_name(NEVER_SEEN_LANGUAGE))


def _of_cyrillic(text: str, there: set[str]) -> str | None:
    found, _ = _guessed(text)
    if found in {"ru", *_LIKE_RUSSIAN} and _share(_NOT_RUSSIAN, text) < _OF_NAMES_ALONE:
        return "ru"
    if decided := _decided(_DECISIVE_OF_CYRILLIC, there):
        return decided
    if found == "kk" and there.intersection("қғә") and len(text) > _LONG_FOR_KAZAKH:
        return None  # a Kazakh sentence with these letters has the others too: Karakalpak is likelier
    return "uz-Cyrl" if found == "uz" else _of_ours(found)


def _of_latin(text: str, there: set[str]) -> str | None:
    found, score = _guessed(text)
    if found == "en" and score > _SURE_OF_ENGLISH:
        return found
    if decided := _decided(_DECISIVE_OF_LATIN, there):
        return decided
    return _of_ours(found) if score >= _SURE_OF_LATIN and found not in {"kk", "ky", "tt"} else None


def _of_arabic(text: str, there: set[str]) -> str | None:
    if decided := _decided(_DECISIVE_OF_ARABIC, there):
        return decided
    found = _of_ours(_guessed(text)[0])
    return "fa" if found == "ps" and not there.intersection(_OF_PASHTO) else found


def _of_chinese(text: str, there: set[str]) -> str | None:  # noqa: ARG001 as the others
    return _of_ours(_guessed(text)[0])


def _share(letters: re.Pattern[str], text: str) -> float:
    return len(letters.findall(text)) / len(text)


def _decided(letters: tuple[_Letters, ...], there: set[str]) -> str | None:
    return next((one.tongue for one in letters if one.decide(there)), None)


def _of_ours(found: str) -> str | None:
    return found if found in TONGUES else None


def _guessed(text: str) -> tuple[str, float]:
    """Return what the library takes a text for, and its score for a kilobyte of it."""
    try:
        sure, _, found = pycld2.detect(text.encode(errors="ignore"), isPlainText=True, bestEffort=False)
    except (pycld2.error, ValueError):
        return "", 0
    _, tag, _, score = found[0]
    return (str(tag), float(score)) if sure else ("", 0)
