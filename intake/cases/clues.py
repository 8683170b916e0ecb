"""What the answers to the blocks of questions say of place, day and body: by this cases are compared. Pure.

The blocks and their questions stand in ``followup``, which is above: a test says whether they still have these names.
"""

from collections.abc import Mapping
from typing import Any

REGION, DAY, BODY = "region", "day", "body"
# Of which block which question is chosen from a list or a date, and of what it tells.
CHOSEN = {
    "when": {"region": REGION, "date_from": DAY},
    "detention": {"taken": DAY},
    "who": {"perp_type": BODY},
}
# The questions that are answered in words of one's own.
PLACES = frozenset({("when", "place"), ("detention", "taken_place"), ("detention", "where_held")})
OFFICIALS = frozenset({("who", "perp_detail"), ("detention", "holder")})
_SAY_NOTHING = frozenset({"other", "unknown"})


def of(block: str, answers: Mapping[str, Any]) -> list[str]:
    """Return what the answers to a block tell, each as ``region=KZ-10``, ``day=2026-03-01`` or ``body=police``.

    Args:
        block: its name, perhaps of an older form.
        answers: what was answered.
    """
    found = []
    for name, kind in CHOSEN.get(block, {}).items():
        answer = answers.get(name)
        codes = answer if isinstance(answer, list) else [answer]
        found += [f"{kind}={code}" for code in codes if _is_code(code) and code not in _SAY_NOTHING]
    return found


def by_kind(told: list[str]) -> dict[str, set[str]]:
    """Return what was told of each kind."""
    found: dict[str, set[str]] = {REGION: set(), DAY: set(), BODY: set()}
    for one in told:
        kind, _, code = one.partition("=")
        if kind in found:
            found[kind].add(code)
    return found


def _is_code(answer: Any) -> bool:  # noqa: ANN401 whatever was kept
    return isinstance(answer, str) and answer.isascii() and answer.replace("-", "").replace("_", "").isalnum()
