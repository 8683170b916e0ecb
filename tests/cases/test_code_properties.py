"""The return code, the signed one and the codes of members, however somebody types or changes them."""

import ast
import inspect

import pytest
from flask import Flask
from hypothesis import assume, example, given
from hypothesis import strategies as st

from intake import sealing
from intake.cases import return_code
from intake.cases.return_code import CodeError
from intake.complaint import signed_code
from intake.complaint.signed_code import ForgedCodeError
from intake.members import codes, one_time_codes
from intake.web.forms import clean_line
from tests.factories import ONE_TIME_SECRET, House, one_time_code
from tests.strategies import changed_text, examples, texts

SCRIPTS = ("0", "٠", "۰", "०", "๐", "０", "𝟎", "𞥐")  # what nought is; the other digits follow it
BETWEEN = st.lists(st.sampled_from(("", " ", "-", " – ", "\u00a0", ".", "_", "\r\n", "\t")), min_size=25, max_size=25)
DIGITS = st.text("0123456789", min_size=23, max_size=23)
REASONS = {"", "empty", "letters", "length", "check"}


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database: no code is kept in one."""
    return str(request.param)


@examples(20, 5000)
@given(digits=DIGITS, zeros=st.lists(st.sampled_from(SCRIPTS), min_size=24, max_size=24), between=BETWEEN)
def test_a_code_reads_back_in_any_digits_with_anything_between(
    digits: str, zeros: list[str], between: list[str]
) -> None:
    code = digits + return_code.check_digit(digits)
    typed = "".join(gap + chr(ord(zero) + int(digit)) for gap, zero, digit in zip(between, zeros, code, strict=False))
    assert return_code.read(typed + between[-1]) == code


@examples(20, 5000)
@given(digits=DIGITS, at=st.integers(0, 22))
def test_two_neighbours_that_were_swapped_are_noticed_or_are_another_code(digits: str, at: int) -> None:
    assume(digits[at] != digits[at + 1 : at + 2])
    code = digits + return_code.check_digit(digits)
    swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    assume(swapped != code)
    assert refused(swapped) in {"", "check"}


@examples(20, 5000)
@given(typed=texts(60))
@example(typed="O" * 24)
@example(typed="l" * 24)
def test_whatever_is_typed_is_a_code_or_is_refused_for_a_reason(typed: str) -> None:
    reason = refused(typed)
    assert reason in REASONS
    if not reason:
        read = return_code.read(typed)
        assert read.isascii()
        assert read.isdecimal()
        assert return_code.read(read) == read


def refused(typed: str) -> str:
    """Return why what was typed is no code; nothing where it is one."""
    try:
        return_code.read(typed)
    except CodeError as error:
        return error.reason
    return ""


@examples(12, 1500)
@given(data=st.data())
def test_a_signed_code_that_was_changed_is_not_ours(app: Flask, house: House, data: st.DataObject) -> None:
    signed = signed_code.mint()
    assert signed_code.read(signed).digits == signed_code.digits_of(signed)
    with pytest.raises(ForgedCodeError):
        signed_code.read(data.draw(changed_text(signed)))


@examples(12, 1500)
@given(signed=texts(90))
def test_what_is_no_signed_code_is_not_ours(app: Flask, house: House, signed: str) -> None:
    with pytest.raises(ForgedCodeError):
        signed_code.read(signed)


@examples(20, 3000)
@given(data=st.data(), gaps=st.lists(st.sampled_from(("", " ", "-", "–", "\n")), min_size=20, max_size=20))
def test_a_members_code_reads_back_however_it_is_spaced(data: st.DataObject, gaps: list[str]) -> None:
    made = codes.new()
    letters = codes.normal(made)
    assert len(letters) == codes.LENGTH
    typed = "".join(gap + letter for gap, letter in zip(gaps, letters, strict=True))
    assert codes.normal(typed.lower()) == letters
    assert codes.normal(codes.normal(typed)) == letters


@examples(20, 3000)
@given(typed=texts(30))
@example(typed="１２３４５６")
def test_six_digits_are_right_or_not_whatever_is_typed(app: Flask, typed: str) -> None:
    typed = clean_line(typed)  # as the form reads it
    found = one_time_codes.matching_step(ONE_TIME_SECRET, typed, 0)
    assert found is None or one_time_codes.matching_step(ONE_TIME_SECRET, one_time_code(), 0) is not None
    assert one_time_codes.is_secret(typed) in {True, False}


def test_what_a_secret_is_compared_with_takes_the_same_time() -> None:
    """Whoever compares with ``==`` tells by the time how much was right: the tags are found by an index, not so."""
    tree = ast.parse(inspect.getsource(sealing.same))
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert calls == {"hmac.compare_digest"}
    assert sealing.same(b"a" * 32, b"a" * 32)
    assert not sealing.same(b"a" * 32, b"a" * 31 + b"b")
