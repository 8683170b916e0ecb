"""How people count, and what is cleaned away."""

import regex
from hypothesis import given
from hypothesis import strategies as st

from intake.web.forms import character_count, clean_line, clean_text

OURS = "абвгғӣқӯҳҷёәіңөұүһäžňöşüýʻ’«»—…№₸ \n\t0189azAZ"


@given(text=st.text(alphabet=st.one_of(st.characters(), st.sampled_from(OURS)), max_size=200))
def test_the_quick_way_of_counting_counts_as_the_standard_does(text: str) -> None:
    assert character_count(text) == len(regex.findall(r"\X", text))


@given(text=st.text(alphabet=st.sampled_from(OURS), max_size=200))
def test_the_languages_of_the_region_are_counted_one_by_one(text: str) -> None:
    assert character_count(text) == len(text)


@given(text=st.text(max_size=300))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)
    assert clean_line(clean_line(text)) == clean_line(text)
    assert "\n" not in clean_line(text)
