"""What strangers type, paste and send, as Hypothesis draws it: shared by the properties of every room.

A property is tried with few examples by ``make test`` and with many by ``make test-all``, see ``examples``.
"""

import json
import random
from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

MARK = "zq7"  # stands in every mark of HTML below, so that a page can be searched for it
HTML = (
    f'<script>{MARK}</script>"><img src=x onerror={MARK}>',
    f"</textarea><script>{MARK}</script>",
    f"'\"><svg/onload={MARK}>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp;amp; <b>",
)
# Nothing, what no column of text takes, what turns a text round or joins it, what is longer than it looks, and digits.
ODD = (
    "",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff",
    "\ufeff\u200b",
    "\u202eabc\u202c",
    "\u2066x\u2069",
    "a" + "\u0301" * 300,
    "\u0e01" + "\u0e33" * 50,
    "👨‍👩‍👧‍👦" * 20,
    "🇰🇿🇹🇲",
    "ﷺ" * 50,
    "İıſßÅ",
    "\x1b[31m",
    "a\r\nb\rc",
    "\u2028\u2029\x85",
    "0",
    "-1",
    "²",
    "٣",
    "1_0",
    "1e9",
    "9" * 30,
    "9" * 5000,
    "null",
    "None",
    "%00%ff%",
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "2026-W01-1",
    "http://[::1",
    "https://a.b/\u2100",
    "a@b",
    '"a"@[127.0.0.1]',
    "x@" + "ⅷ" * 80 + ".org",
)
WORDS = (
    "Они забрали моего брата в понедельник.",
    "Бауырымды алып кетті ҒғҚқҢңӘә",
    "Бародарамро бурданд ӣӯҳҷғқ",
    "Ukamni olib ketishdi oʻgʻ",
    "Doganymy äkitdiler ýňž",
    "אחי ונעלם",
    "أخذوا أخي",
    "x" * 5000,
    "ә" * 10_001,
)
LETTERS = st.one_of(
    st.characters(exclude_categories=()),  # surrogates, too: JSON and mails bring them
    st.sampled_from("\0\r\n\t \u00a0\u200d\u202e\u0301\ufeffәңӣʻ’٣۵१0189=<>&\"'\\{}$#*_`@"),
)


def texts(longest: int = 200) -> st.SearchStrategy[str]:
    """Draw what anybody may type: letters of any kind, marks of HTML, what is odd, words of the region."""
    return st.one_of(st.text(LETTERS, max_size=longest), st.sampled_from((*HTML, *ODD, *WORDS)))


def bodies(longest: int = 2000) -> st.SearchStrategy[bytes]:
    """Draw bytes of any kind."""
    return st.one_of(st.binary(max_size=longest), st.sampled_from([b"", b"\0", b"\xff" * 9, b"\r\n" * 99]))


def mangled(samples: Iterable[bytes], most: int = 12) -> st.SearchStrategy[bytes]:
    """Draw what is nearly one of these: with bytes changed, cut out, put in, said twice, or its end cut off."""
    return st.builds(_mangled, st.sampled_from(list(samples)), st.integers(0, 2**32), st.integers(1, most))


_PUT_IN = (b"", b"\0", b"\xff", b"\r\n", b"\n\n", b'"', b"--", b"(", b"=", b";", b":", b"%", b"9" * 5000, b"[" * 2000)


def _mangled(raw: bytes, seed: int, changes: int) -> bytes:
    chance, found = random.Random(seed), bytearray(raw)  # noqa: S311 no secret
    for _ in range(changes):
        at, length = chance.randrange(len(found) + 1), chance.choice((0, 0, 1, 1, 2, 8, 40))
        piece = chance.choice((*_PUT_IN, bytes([chance.randrange(256)]), bytes(found[at : at + 60])))
        found[at : at + length] = piece
    return bytes(found[: chance.choice((None, None, None, chance.randrange(len(found) + 1)))])


def changed_bytes(raw: bytes) -> st.SearchStrategy[bytes]:
    """Draw this with one byte changed, or some of it missing: never itself."""
    place = st.integers(0, len(raw) - 1)
    flipped = st.builds(lambda at, by: raw[:at] + bytes([raw[at] ^ by]) + raw[at + 1 :], place, st.integers(1, 255))
    return st.one_of(flipped, place.map(lambda at: raw[:at]), place.map(lambda at: raw[:at] + raw[at + 1 :]))


def changed_text(text: str) -> st.SearchStrategy[str]:
    """Draw this with one letter changed, or some of it missing: never itself."""
    return changed_bytes(text.encode()).map(lambda raw: raw.decode("latin-1"))


def json_values() -> st.SearchStrategy[Any]:
    """Draw anything that JSON can say."""
    bare = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(LETTERS, max_size=20))
    words = st.text(max_size=8)
    return st.recursive(
        bare,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(words, inner, max_size=4)),
    )


DEEP = "[" * 9_000 + "]" * 9_000  # more than Python's reader of JSON goes down


def changed_json(said: Any, values: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[str]:
    """Draw a JSON document with one value of it, however deep, replaced or left out; or something else altogether."""
    anywhere, values = st.sampled_from(list(_places(said))), json_values() if values is None else values
    elsewhere = anywhere.filter(bool)
    replaced = st.builds(lambda place, value: json.dumps(_replaced(said, place, value)), anywhere, values)
    without = st.builds(lambda place: json.dumps(_replaced(said, place, _GONE)), elsewhere)
    return st.one_of(
        replaced, without, st.sampled_from(["", "null", "5", '"x"', "[]", "{}", "{", DEEP, '{"a":' * 9_000])
    )


_GONE = object()


def _places(said: Any, above: tuple[Any, ...] = ()) -> Iterable[tuple[Any, ...]]:
    yield above
    inner = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    for key, value in inner:
        yield from _places(value, (*above, key))


def _replaced(said: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    copy = dict(said) if isinstance(said, dict) else list(said)
    if len(place) == 1 and value is _GONE:
        del copy[place[0]]
    else:
        copy[place[0]] = _replaced(said[place[0]], place[1:], value)
    return copy


def chunked(content: bytes, sizes: list[int]) -> list[bytes]:
    """Return content in pieces of these sizes, the rest in one."""
    pieces, at = [], 0
    for size in sizes:
        pieces.append(content[at : at + size])
        at += size
    return [*pieces, content[at:]]


_ALLOWED = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large)
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
_AT_LENGTH = not settings.default.derandomize if settings.default else True


def examples(few: int, many: int, steps: int = 30) -> settings:
    """Return the settings of a property; a fixture is set up once for all examples.

    Args:
        few: how many examples ``make test`` draws, the same each time.
        many: how many ``make test-all`` draws, others each time.
        steps: of a state machine, in each example.
    """
    count = many if _AT_LENGTH else few
    return settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=_ALLOWED,
        phases=_PHASES,
    )
