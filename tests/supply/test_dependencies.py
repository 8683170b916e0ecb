"""What is imported is asked for, and what is asked for is imported."""

from pathlib import Path

from intake.config import ROOT
from tests.supply import dependencies

PROVIDERS = {"flask": ["Flask"], "brotli": ["Brotli"], "psycopg": ["psycopg"], "PIL": ["pillow"]}


def project(root: Path, code: str, *wanted: str) -> Path:
    (root / "intake").mkdir(exist_ok=True)
    (root / "intake" / "pages.py").write_text("import json\nfrom intake import words\n" + code)
    names = ", ".join(f'"{name}==1"' for name in ("psycopg", "tzdata", *wanted))
    (root / "pyproject.toml").write_text(f'[project]\nname = "tiny"\ndependencies = [{names}]\n')
    return root


def test_our_own_code_imports_what_is_asked_for() -> None:
    assert dependencies.faults(ROOT) == []


def test_what_is_pinned_only_through_another_is_named_with_its_place(tmp_path: Path) -> None:
    root = project(tmp_path, "from flask import g\n\n\ndef pack() -> None:\n    import brotli\n", "flask")
    assert dependencies.faults(root, PROVIDERS) == [
        "intake/pages.py:7 imports brotli, which brotli brings: ask for it in pyproject.toml"
    ]


def test_what_nothing_imports_is_named(tmp_path: Path) -> None:
    root = project(tmp_path, "from PIL import Image\n", "Pillow", "left_pad")
    assert dependencies.faults(root, PROVIDERS) == [
        "left-pad is asked for in pyproject.toml, and nothing imports it: take it out"
    ]


def test_a_reason_that_nobody_needs_any_more_is_named(tmp_path: Path) -> None:
    assert "NOT_IMPORTED" in "".join(dependencies.faults(project(tmp_path, "import psycopg\n"), PROVIDERS))
