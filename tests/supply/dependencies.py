"""Compare what the code imports with what ``pyproject.toml`` asks for."""

import ast
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from tests.architecture import House, kept
from tests.supply import pins

OURS = frozenset({"intake", "wsgi", "_typeshed"})  # the last is for the eyes of mypy alone
# What no line imports, and what would not work without it.
NOT_IMPORTED = {
    "psycopg": "SQLAlchemy loads it for an address that begins with postgresql://",
    "tzdata": "zoneinfo reads it where the machine has no time zones of its own",
}


def imported(root: Path) -> dict[str, str]:
    """Return the packages that the code imports, standard library and own code left out, each with a place."""
    house = House.read(root, [path for path in kept(root) if path.startswith(("intake/", "wsgi.py"))])
    found: dict[str, str] = {}
    for module in house.modules.values():
        for node in module.nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                for name in module.names_in(node):
                    found.setdefault(name.partition(".")[0], f"{module.path}:{node.lineno}")
    return {name: place for name, place in found.items() if name not in sys.stdlib_module_names | OURS}


def faults(root: Path, providers: Mapping[str, Iterable[str]] | None = None) -> list[str]:
    """Return what is imported and not asked for, and what is asked for and not imported.

    Args:
        root: The folder of the project.
        providers: Which packages bring which import name; those installed, if none are given.

    Returns:
        One sentence for each fault.
    """
    known = packages_distributions() if providers is None else providers
    wanted, used, found = pins.declared(root), set[str](), []
    for name, place in sorted(imported(root).items()):
        brought_by = {canonicalize_name(one) for one in known.get(name, ())}
        used |= brought_by
        if not brought_by & wanted.keys():
            by = " or ".join(sorted(brought_by)) or "nothing that is installed"
            found.append(f"{place} imports {name}, which {by} brings: ask for it in pyproject.toml")
    idle = sorted(wanted.keys() - used - NOT_IMPORTED.keys())
    found += [f"{name} is asked for in pyproject.toml, and nothing imports it: take it out" for name in idle]
    found += [f"{name} is imported: take it out of NOT_IMPORTED" for name in sorted(NOT_IMPORTED.keys() & used)]
    return found
