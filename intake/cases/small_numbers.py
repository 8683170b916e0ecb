"""Numbers that may be shown outside of the house: none that tells of one to four people, nor lets it be computed. Pure.

**What is hidden.** A number from 1 to 4 is shown as “fewer than 5”; 0 and whatever is 5 or more stands as it is. Where
numbers of a list are hidden, the smallest of those from 5 on is *held back* with them, or else total minus the rest
would tell a hidden one. So it is however many are hidden: were it done only where it is needed, that it was done would
tell.

**What whoever sees it may know.** The total is always taken as known: it may stand on the page, and another list of
the same cases may add up to it. They also know this rule. Then a hidden number is one to four, the one held back is at
least 5 and at most the smallest that is shown from 5 on, and together they are what the total leaves. If that leaves a
single value for any of them, the whole list is *left out*; it is too if nothing could be held back, as where the total
itself is under 5. Whether a list is left out depends on nothing but what would be seen of it: that it is tells no more.

**Several lists.** Two lists of the same cases (by week, by country) share their total and nothing else: any numbers
that fit the one list go together with any that fit the other. So each list can be looked at alone.

**What this cannot do.** Two pages that overlap, such as of four weeks and of thirteen, or of all desks and of one, can
be subtracted from each other. Whoever shares figures is told so.

Source: complementary suppression, and the interval of what a hidden cell can be, as in Hundepool et al., *Statistical
Disclosure Control* (Wiley, 2012), here for one list with a known total.
"""

from collections.abc import Sequence
from dataclasses import dataclass

FEWEST = 5  # the smallest number that may be shown
_MOST_HIDDEN = FEWEST - 1
FEWER, HELD_BACK = "fewer", "held back"


@dataclass(frozen=True)
class Cell:
    """A number as it may be shown: itself, or in its place ``FEWER`` or ``HELD_BACK``."""

    count: int | None
    hidden: str = ""


def alone(count: int) -> Cell:
    """Return a number that stands in no list."""
    return Cell(None, FEWER) if 0 < count < FEWEST else Cell(count)


def protect(counts: Sequence[int]) -> list[Cell] | None:
    """Return the numbers of a list as they may be shown; nothing where the list must be left out.

    Args:
        counts: how many, one after the other; together they are the total.
    """
    cells = [alone(count) for count in counts]
    hidden = [place for place, cell in enumerate(cells) if cell.hidden]
    if not hidden:
        return cells
    enough = [place for place, count in enumerate(counts) if count >= FEWEST]
    if not enough:
        return None
    held = min(enough, key=lambda place: (counts[place], place))
    cells[held] = Cell(None, HELD_BACK)
    together = sum(counts[place] for place in (*hidden, held))
    most = _most_held(cells, held, together)
    return cells if _is_open(len(hidden), together, most) else None


def _most_held(cells: Sequence[Cell], held: int, together: int) -> int:
    """Return how much the number held back can be, as one reasons who knows that it was the first of the smallest."""
    shown = [(place, cell.count) for place, cell in enumerate(cells) if cell.count is not None and cell.count >= FEWEST]
    return min([together, *(count - (place < held) for place, count in shown)])


def _is_open(hidden: int, together: int, most_held: int) -> bool:
    """Return whether neither a hidden number nor the one held back can have one value alone.

    Args:
        hidden: how many numbers from 1 to 4 are hidden.
        together: what they and the one held back are together.
        most_held: how much the one held back can be.
    """
    others, most_others = hidden - 1, _MOST_HIDDEN * (hidden - 1)
    least, most = max(1, together - most_held - most_others), min(_MOST_HIDDEN, together - FEWEST - others)
    least_held, most_held = max(FEWEST, together - _MOST_HIDDEN * hidden), min(most_held, together - hidden)
    return least < most and least_held < most_held
