"""The return code: hard to guess, easy to type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.cases import return_code


def test_a_code_has_24_digits_and_reads_back() -> None:
    code = return_code.mint()
    assert len(code) == 24
    assert code.isascii()
    assert code.isdecimal()
    assert return_code.read(code) == code
    assert "".join(return_code.groups(code)) == code
    assert [len(group) for group in return_code.groups(code)] == [4] * 6


def test_codes_do_not_repeat_or_follow_each_other() -> None:
    codes = {return_code.mint() for _ in range(1000)}
    assert len(codes) == 1000
    assert len({code[:6] for code in codes}) > 950


@pytest.mark.parametrize("join", [" ", "-", " – ", "\u00a0", ".", "\n"])
def test_spaces_and_dashes_do_not_matter(join: str) -> None:
    code = return_code.mint()
    assert return_code.read(f"  {join.join(return_code.groups(code))} ") == code


def test_digits_of_other_scripts_are_digits() -> None:
    code = return_code.mint()
    assert return_code.read("".join(chr(ord("٠") + int(digit)) for digit in code)) == code
    assert return_code.read("".join(chr(ord("۰") + int(digit)) for digit in code)) == code


@given(place=st.integers(0, 23), other=st.integers(1, 9))
def test_every_single_wrong_digit_is_noticed(place: int, other: int) -> None:
    code = return_code.mint()
    wrong = str((int(code[place]) + other) % 10)
    with pytest.raises(return_code.CodeError) as caught:
        return_code.read(code[:place] + wrong + code[place + 1 :])
    assert caught.value.reason == "check"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [("", "empty"), (" - ", "empty"), ("12a4", "letters"), ("1234", "length"), ("1" * 25, "length")],
)
def test_what_cannot_be_a_code_is_told_apart(typed: str, reason: str) -> None:
    with pytest.raises(return_code.CodeError) as caught:
        return_code.read(typed)
    assert caught.value.reason == reason


def test_the_check_digit_is_that_of_iso_7064_mod_11_10() -> None:
    # Worked by hand from the standard's recursion, and the same in the test vectors of other implementations.
    assert return_code.check_digit("79462") == "3"
