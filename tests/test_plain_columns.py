"""The page that lists every column, sealed or plain, says what the models say."""

import re
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table

from intake import app
from intake.extensions import AUDIENCES, Sealed, db

PAGE = Path(__file__).resolve().parent.parent / "docs" / "plain-columns.md"
SEALED_HEAD = "| table | column | who opens it |"
PLAIN_HEAD = "| table | column | why it is plain |"
LINE = re.compile(r"\| (\w+) \| (\w+) \|(.*)\|")
EXAMPLE = f"""{SEALED_HEAD}
|---|---|---|
| story | words | desk, complainant |

{PLAIN_HEAD}
|---|---|---|
| story | id | number of the row |
| story | place | routes it |
"""


def listed(page: str, head: str) -> list[tuple[str, str]]:
    """Return the lines of the table under a head: ``table.column``, and what is said of it."""
    lines = page.partition(head)[2].split("\n\n")[0].splitlines()[2:]
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found), f"a line under {head} is not of its form"
    return [(f"{match[1]}.{match[2]}", match[3].strip()) for match in found if match]


def differences(page: str, metadata: MetaData) -> list[str]:
    """Return where a page and the models do not agree, each with what to do about it."""
    columns = {
        f"{table.name}.{column.name}": column.type for table in metadata.sorted_tables for column in table.columns
    }
    sealed = {name: ", ".join(kind.audience) for name, kind in columns.items() if isinstance(kind, Sealed)}
    said_sealed, said_plain = listed(page, SEALED_HEAD), listed(page, PLAIN_HEAD)
    told = [name for name, _ in (*said_sealed, *said_plain)]
    wrong = [f"{name}: it is on the page twice; strike one out" for name, count in Counter(told).items() if count > 1]
    wrong += [f"{name}: no model has it; strike it out" for name in told if name not in columns]
    wrong += [f"{name}: it is not on the page; say why it is plain, or seal it" for name in columns if name not in told]
    wrong += [f"{name}: it is Sealed, not plain" for name, _ in said_plain if name in sealed]
    wrong += [f"{name}: it is plain, not Sealed" for name, _ in said_sealed if name in columns and name not in sealed]
    wrong += [
        f"{name}: it opens for {sealed[name]}, the page says {audience}"
        for name, audience in said_sealed
        if name in sealed and sealed[name] != audience
    ]
    return wrong + [f"{name}: the page gives no reason" for name, reason in said_plain if not reason]


def example() -> MetaData:
    """Return a table of which the example page is true."""
    metadata = MetaData()
    Table(
        "story",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("place", String),
        Column("words", Sealed("desk", "complainant")),
    )
    return metadata


def test_every_column_is_on_the_page_with_its_reason_or_its_audience() -> None:
    assert app.BLUEPRINTS, "the application is what brings all models in"
    assert {"case", "statement", "letter", "audit_entry"} <= set(db.metadata.tables)
    assert differences(PAGE.read_text(), db.metadata) == []


def test_the_page_explains_every_audience_that_a_column_has() -> None:
    page = PAGE.read_text()
    used = {audience for _, said in listed(page, SEALED_HEAD) for audience in said.split(", ")}
    explained = set(re.findall(r"^- \*\*(\w+)\*\*: ", page, re.MULTILINE))
    assert used <= AUDIENCES
    assert used == explained


def test_a_true_page_has_no_differences() -> None:
    assert differences(EXAMPLE, example()) == []


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("| story | place | routes it |\n", "", "story.place: it is not on the page"),
        ("| story | words | desk, complainant |\n", "", "story.words: it is not on the page"),
        ("routes it |\n", "routes it |\n| story | gone | was |\n", "story.gone: no model has it"),
        ("complainant |\n", "complainant |\n| tale | words | desk |\n", "tale.words: no model has it"),
        ("routes it |\n", "routes it |\n| story | place | so |\n", "story.place: it is on the page twice"),
        ("desk, complainant", "desk", "story.words: it opens for desk, complainant, the page says desk"),
        ("| story | place | routes it |", "| story | place | |", "story.place: the page gives no reason"),
        ("complainant |\n", "complainant |\n| story | place | desk |\n", "story.place: it is plain, not Sealed"),
        ("routes it |\n", "routes it |\n| story | words | so |\n", "story.words: it is Sealed, not plain"),
    ],
)
def test_a_page_that_is_not_true_is_found_out(before: str, after: str, what: str) -> None:
    assert before in EXAMPLE
    assert any(found.startswith(what) for found in differences(EXAMPLE.replace(before, after), example()))


def test_a_column_that_is_new_in_the_models_is_found_out() -> None:
    metadata = example()
    metadata.tables["story"].append_column(Column("picture", LargeBinary))
    metadata.tables["story"].append_column(Column("voice", Sealed("desk")))
    found = differences(EXAMPLE, metadata)
    assert [line.partition(":")[0] for line in found] == ["story.picture", "story.voice"]


def test_a_line_of_another_form_is_found_out() -> None:
    with pytest.raises(AssertionError, match="not of its form"):
        differences(EXAMPLE.replace("| story | id |", "| story.id |"), example())
