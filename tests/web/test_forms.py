"""How people count, and what is cleaned away."""

import unicodedata
from types import SimpleNamespace

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from intake.web import composed
from intake.web.composed import MOST_MARKS
from intake.web.file_names import safe_name
from intake.web.forms import character_count, clean_line, clean_text

OURS = "абвгғӣқӯҳҷёәіңөұүһäžňöşüýʻ’«»—…№₸ \n\t0189azAZ"
MARKS = "aе\u0301\u0327\u0323\u0344\u0345\u05b0\u064b\u0958\u1100\u1161\u11a8\u304b\u3099\u0f71\u0f73"


@given(text=st.text(alphabet=st.one_of(st.characters(), st.sampled_from(OURS)), max_size=200))
def test_the_quick_way_of_counting_counts_as_the_standard_does(text: str) -> None:
    assert character_count(text) == len(regex.findall(r"\X", text))


@given(text=st.text(alphabet=st.sampled_from(OURS), max_size=200))
def test_the_languages_of_the_region_are_counted_one_by_one(text: str) -> None:
    assert character_count(text) == len(text)


@given(text=st.one_of(st.text(max_size=300), st.text(MARKS, max_size=200)))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)
    assert clean_line(clean_line(text)) == clean_line(text)
    assert "\n" not in clean_line(text)


@given(before=st.text(max_size=9), marks=st.text("\u0301\u0327\u0323\u0344", min_size=MOST_MARKS, max_size=300))
@example(before="", marks="\u0301\u0327\u0323" * 100_000)  # a minute and a half, were they all put in order
def test_no_letter_bears_more_marks_than_can_be_put_in_order_at_once(before: str, marks: str) -> None:
    for clean in (clean_text(f"{before}ү{marks}x"), safe_name(f"{before}ү{marks}x.jpg")):
        assert "ү" in clean
        assert clean.removesuffix(".jpg").endswith("x")
        assert max(map(len, regex.findall(r"\P{ccc=0}+", clean))) == MOST_MARKS


def test_nothing_is_put_in_order_that_would_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    def normalize(_form: str, text: str) -> str:
        given.append(text)
        return unicodedata.normalize("NFC", text)

    monkeypatch.setattr(composed, "unicodedata", SimpleNamespace(normalize=normalize))
    clean_text("a" + "\u0301\u0327\u0323" * 100)
    assert [len(text) for text in given] == [1 + MOST_MARKS]


def test_marks_that_languages_have_stay() -> None:
    for text in ("Гъа́рбий", "بِسْمِ ٱللَّٰهِ", "שָׁלוֹם", "tiếng Việt", "ཧཱུྃ"):
        assert clean_text(text) == unicodedata.normalize("NFC", text)
