"""Words as a search compares them, in all the scripts that people write to us in. Pure.

Two measures. **Exact**: upper and lower case, ё and е, the many apostrophes, and Uzbek in Cyrillic or Latin letters are
the same; every other letter counts. **Loose**, besides: a letter with a mark is the same as the letter that people type
where their keyboard lacks it: қ as к, ғ as г, ң as н, ө as о, ү and ұ as у, ҳ as х, ҷ as ч, ş as s, ü as u. A search
compares loosely, and what stands in quotation marks exactly.

Cyrillic letters become the Latin ones of Uzbek (Cabinet of Ministers of Uzbekistan, resolution 339 of 24 August 1995),
whatever language the text is in: what is searched goes the same way, so that the other languages lose nothing.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_APOSTROPHES = "'’‘ʻʼ`´′ʹʾʿˈ‛＇"
_MARKS = "\u0300-\u036f\u064b-\u065f\u0670"  # they belong to the letter before
_WORD = re.compile(rf"[^\W_](?:[^\W_{_MARKS}]|[{_MARKS}]|[{_APOSTROPHES}](?=[^\W_]))*")
_NO_LETTER = re.compile(r"(?<=[^\W_])(?<![og])'(?=[^\W_])")  # an apostrophe that makes no oʻ or gʻ
_YO = re.compile("y[eo](?!')")  # ё is е to Russians, yo to Uzbeks; and е is ye at the head of a word
_YO_LOOSE = re.compile("y[eo]")
_CYRILLIC = {
    **dict(zip("абвгдеёзийклмнопрстуфхэқҳж", "abvgdeeziyklmnoprstufxeqhj", strict=True)),
    **dict(zip("цчшщюяўғъь", ("ts", "ch", "sh", "shch", "yu", "ya", "o'", "g'", "", ""), strict=True)),
}
_DIGITS = {code: str(unicodedata.digit(chr(code))) for code in range(0x660, 0x1FFFF) if chr(code).isdecimal()}
# İ in lower case is i with a dot above.
_EXACT: dict[int, str] = {
    **{ord(letter): "'" for letter in _APOSTROPHES},
    **{ord(letter): latin for letter, latin in _CYRILLIC.items()},
    **_DIGITS,
    0x307: "",
}
_LOOSE: dict[int, str] = {
    code: base
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
    if (base := unicodedata.normalize("NFD", chr(code))[0]).isascii()
}
_LOOSE |= {ord(letter): base for letter, base in zip("әөүұңіһӣӯӱӧӓӑӗqxıəɵ", "aouunihiuuoaaekhiao", strict=True)}
_LOOSE |= {ord("ҷ"): "ch", ord("'"): "", **dict.fromkeys((*range(0x300, 0x370), *range(0x64B, 0x660), 0x670), "")}
# What a search for one letter finds besides: how it is written where neither it nor its Latin twin can be typed.
_ALSO = str.maketrans("ўҷ", "уж")


@dataclass(frozen=True)
class Word:
    """A word of a text: where it begins and ends, as it stands there."""

    start: int
    end: int
    text: str


def words(text: str) -> Iterator[Word]:
    """Yield the words of a text, letters and digits, in their order."""
    return (Word(found.start(), found.end(), found[0]) for found in _WORD.finditer(text))


def exact(text: str) -> str:
    """Return the words of a text as they are compared exactly, one space before, between and after them."""
    return _spaced(_exact(text))


def loose(text: str) -> str:
    """Return the words of a text as they are compared loosely, one space before, between and after them."""
    return _YO_LOOSE.sub("e", _spaced(_exact(text)).translate(_LOOSE))


def beginnings(word: str) -> tuple[str, ...]:
    """Return with what, compared loosely, a word begins that a search for ``word`` finds.

    Args:
        word: one word, as it was typed.
    """
    found = [loose(word).strip(), loose(word.casefold().translate(_ALSO)).strip()]
    found += [f"{one[:-1]}e" for one in found if one.endswith("y")]  # май finds майор, whose yo has become an e
    return tuple(dict.fromkeys(one for one in found if one))


def _exact(text: str) -> str:
    # The mark U+0345 would become a letter in lower case, and grow into the word after it.
    plain = unicodedata.normalize("NFC", text).replace("\u0345", "").casefold()
    return _YO.sub("e", _NO_LETTER.sub("", unicodedata.normalize("NFC", plain).translate(_EXACT)))


def _spaced(text: str) -> str:
    return f" {' '.join(_WORD.findall(text))} "
