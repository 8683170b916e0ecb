"""Small numbers stay hidden, also from whoever knows the total, everything that is shown, and the rule itself."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from intake.cases.small_numbers import FEWER, FEWEST, HELD_BACK, Cell, alone, protect

LISTS = st.lists(st.one_of(st.integers(0, 14), st.sampled_from((0, 1, 4, 5, 6, 100))), max_size=6)


def possible(shown: list[Cell], total: int) -> Iterator[list[int]]:
    """Yield every list that would be shown just so: what is left to guess for one who knows the rule and the total."""
    known = sum(cell.count or 0 for cell in shown)
    few = [at for at, cell in enumerate(shown) if cell.hidden == FEWER]
    held = [at for at, cell in enumerate(shown) if cell.hidden == HELD_BACK]
    for guess in product(range(1, FEWEST), repeat=len(few)):
        counts = [cell.count or 0 for cell in shown]
        for at, count in zip(few, guess, strict=True):
            counts[at] = count
        for at in held:
            counts[at] = total - known - sum(guess)
        if min(counts, default=0) >= 0 and sum(counts) == total and protect(counts) == shown:
            yield counts


@given(LISTS)
@example([3, 5, 5])
@example([1, 5])
@example([1, 1, 9])
@example([4, 4, 9])
@example([2, 7, 7])
@example([7, 2, 7])
def test_nobody_computes_a_hidden_number(counts: list[int]) -> None:
    shown = protect(counts)
    if shown is None:
        return
    assert not any(cell.count is not None and 0 < cell.count < FEWEST for cell in shown)
    guesses = list(possible(shown, sum(counts)))
    assert counts in guesses
    for at, cell in enumerate(shown):
        if cell.count is None:
            assert len({guess[at] for guess in guesses}) > 1, (counts, at)
        else:
            assert cell.count == counts[at]


@pytest.mark.parametrize(
    ("counts", "left_out"),
    [
        ([], False),
        ([0, 0], False),
        ([5, 0, 12], False),
        ([4], True),
        ([2, 1], True),
        ([3, 3, 3], True),  # nothing could be held back
        ([1, 5], True),  # six is one and five, whoever knows that five is the least
        ([3, 5, 5], True),
        ([3, 9, 20], False),
    ],
)
def test_a_list_is_left_out_where_hiding_would_not_help(counts: list[int], left_out: bool) -> None:  # noqa: FBT001 a parameter
    assert (protect(counts) is None) is left_out


def test_the_smallest_is_held_back_and_the_rest_stands() -> None:
    assert protect([30, 2, 9, 0, 14]) == [Cell(30), Cell(None, FEWER), Cell(None, HELD_BACK), Cell(0), Cell(14)]


def test_a_number_that_stands_alone() -> None:
    assert [alone(count).count for count in (0, 1, 4, 5)] == [0, None, None, 5]
