"""Every act that is written down anywhere in the house has words."""

import ast
from pathlib import Path

from intake.cases.acts import ABOUT_CASES, ACTS, GROUPS

ROOMS = Path(__file__).resolve().parent.parent.parent / "intake"


def recorded(source: str) -> set[str]:
    """Return the acts that a module records: written there, or under the name that is handed over."""
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record"]
    found: set[str] = set()
    for call in calls:
        first = call.args[0]
        acts = _texts(first) if not isinstance(first, ast.Name) else _named(tree, first.id)
        assert acts, f"line {call.lineno}: nobody can tell which act this is: hand over a text, or a name given here"
        found |= acts
    return found


def _named(tree: ast.Module, name: str) -> set[str]:
    """Return the texts that a name is given anywhere in a module; also out of a table that is written there."""
    found: set[str] = set()
    for value in _given(tree, name):
        if isinstance(value, ast.Subscript):
            rows = _given(tree, ast.unparse(value.value))
            found |= {text for row in rows for node in ast.walk(row) for text in _texts(node) if "." in text}
        else:
            found |= _texts(value)
    return found


def _given(tree: ast.Module, name: str) -> list[ast.expr]:
    """Return what a name is given, or gets added, anywhere in a module."""
    return [
        node.value
        for node in ast.walk(tree)
        if (isinstance(node, ast.Assign) and name in map(ast.unparse, node.targets))
        or (isinstance(node, ast.AugAssign) and ast.unparse(node.target) == name)
    ]


def _texts(node: ast.AST) -> set[str]:
    """Return the texts that an expression may come to."""
    if isinstance(node, ast.IfExp):
        return _texts(node.body) | _texts(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def test_every_act_that_is_recorded_has_words() -> None:
    found = {act: path.name for path in ROOMS.rglob("*.py") for act in recorded(path.read_text())}
    assert {"case.opened", "member.signed_in", "evidence.opened", "case.consent_changed"} <= set(found)
    assert {act: name for act, name in found.items() if act not in ACTS} == {}


def test_an_act_without_words_would_be_found() -> None:
    source = """
OPENED = "file.opened"
def verb(well):
    act = "case.cured" if well else "case.lost"
    audit.record(act, desk_id=1)
    audit.record(OPENED)
    audit.record("case.sung" if well else "case.hummed")
"""
    assert recorded(source) == {"file.opened", "case.cured", "case.lost", "case.sung", "case.hummed"}


def test_no_act_stands_in_two_groups_and_every_group_has_a_name() -> None:
    assert sum(len(group) for _, group in GROUPS.values()) == len(ACTS)
    assert all(str(name) for name, _ in GROUPS.values())
    assert set(ABOUT_CASES) < set(GROUPS)
    of_cases = {act for name in ABOUT_CASES for act in GROUPS[name][1]}
    assert of_cases == {act for act in ACTS if act.startswith(("case.", "evidence.", "letter."))}
