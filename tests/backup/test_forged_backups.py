"""Whoever knows to whom backups are sealed can make one up: it ends in a sentence, never in a trace of the program."""

import hashlib
import json
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from intake.backup import looking, place, rows, schema
from intake.backup.looking import Manifest
from intake.backup.place import BackupError
from intake.backup.reading import Loading, Reader
from intake.backup.rows import RowsError
from intake.sealing import new_identity, seal
from intake.storage.shelf import FolderShelf
from tests import strategies
from tests.strategies import DEEP, changed_json, examples, json_values, mangled

OPERATOR = new_identity()
NAME = "20260101T000000Z-0000000000"
ROWS, LIST = b"rows", b"rows 00 0\n"
MANIFEST = {
    "kind": "intake-backup/1",
    "name": NAME,
    "revision": "0026",
    "made_at": "2026-01-01T00:00:00+00:00",
    "tables": [{"end": "desk", "rows": 6, "sha256": "0" * 64}],
    "missing": 0,
    "rows": {"sha256": hashlib.sha256(ROWS).hexdigest(), "size": len(ROWS)},
    "list": {"sha256": hashlib.sha256(LIST).hexdigest(), "size": len(LIST)},
    "probe": {"code": "1" * 24, "story": "Invented."},
}
TABLE = {"table": "t", "columns": ["a", "b"]}
ROW = [1, {"b": "AAAA"}]


def lines_of(*said: object) -> bytes:
    """Return the lines of a database of one table, as they are written; each of these in the place of one."""
    count, table = rows.Count(), list(said) or [ROW, ROW]
    for row in table:
        count.add(rows.line(row))
    end = {"end": "t", **count.said}
    head = {"kind": rows.KIND, "revision": "0026", "made_at": "2026-01-01T00:00:00+00:00"}
    return b"".join(map(rows.line, (head, TABLE, *table, end, rows.summed_up([end]))))


def shelf_with(folder: Path, manifest: str) -> FolderShelf:
    """Return a shelf on which a backup lies that has this manifest."""
    there = folder / place.BACKUPS / NAME
    there.mkdir(parents=True, exist_ok=True)
    (there / place.ROWS).write_bytes(ROWS)
    (there / place.LIST).write_bytes(LIST)
    content = manifest.encode(errors="surrogatepass")
    (there / place.MANIFEST).write_bytes(seal(content, [OPERATOR.recipient]))
    return FolderShelf(folder)


@examples(25, 5000)
@given(manifest=changed_json(MANIFEST))
@example(manifest=json.dumps(MANIFEST))
@example(manifest=json.dumps({**MANIFEST, "probe": {"code": 5, "story": []}}))
@example(manifest=json.dumps({**MANIFEST, "tables": [{"end": "desk", "rows": "6"}]}))
def test_a_forged_manifest_ends_in_a_sentence(tmp_path: Path, manifest: str) -> None:
    found = outcome(shelf_with(tmp_path, manifest))
    if isinstance(found, Manifest):
        said = f"{found.made_at:%Y-%m-%d}: {sum(found.tables.values())} rows, {found.missing:d} missing."
        assert said.endswith("missing.")
        assert "".join(found.secret)
    else:
        assert found.endswith(".")


def outcome(on: FolderShelf) -> Manifest | str:
    """Return a manifest, or the sentence that says why there is none."""
    try:
        return looking.manifest(on, NAME, OPERATOR)
    except BackupError as error:
        return str(error)


@examples(25, 5000)
@given(
    written=st.one_of(
        mangled([lines_of(), lines_of([1, {"t": "2026-01-01T00:00:00+00:00"}])]),
        st.lists(json_values(), max_size=3).map(
            lambda said: b"".join(json.dumps(one).encode() + b"\n" for one in said)
        ),
    ),
    cut=st.integers(0, 200),
)
@example(written=DEEP.encode() + b"\n", cut=0)
@example(written=b"5\n", cut=0)
@example(written=lines_of()[:60] + b'\n{"table": []}\n', cut=3)
def test_forged_rows_end_in_a_sentence(written: bytes, cut: int) -> None:
    reader = Reader("0026", lambda *_: None)
    with suppress(RowsError):
        reader.write(written[:cut])
        reader.write(written[cut:])
        assert reader.finish()["tables"] >= 0


def test_rows_as_they_are_written_are_read() -> None:
    kept: list[list[list[object]]] = []
    reader = Reader("0026", lambda *put: kept.append(put[-1]))
    reader.write(lines_of())
    assert reader.finish() == {"tables": 1, "rows": 2, "sha256": reader.finish()["sha256"]}
    assert kept == [[[1, b"\0\0\0"], [1, b"\0\0\0"]]]


@pytest.mark.parametrize("row", [[10**30, "x"], [1, "\ud800"]])
def test_a_value_that_no_database_takes_is_said(row: list[object]) -> None:
    with create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
        with pytest.raises(RowsError, match="table t has a value that no database takes"):
            Loading(connection).put("t", ["a", "b"], [row])


@examples(20, 3000)
@given(written=mangled([b"rows " + b"0" * 64 + b" 5\n" + b"1" * 64 + b" 9 " + b"a" * 32 + b" 0\n"]))
def test_a_forged_list_ends_in_a_sentence(tmp_path: Path, written: bytes) -> None:
    on = shelf_with(tmp_path, json.dumps(MANIFEST))
    (tmp_path / place.BACKUPS / NAME / place.LIST).write_bytes(written)
    with suppress(BackupError):
        place.head(on, NAME)
        assert all(part.object.startswith("chunks/") for part in place.parts(on, NAME))


@examples(6, 1000)
@given(revision=strategies.texts(20))
@example(revision="head")
@example(revision="base")
@example(revision="-1")
@example(revision="0001:0002")
def test_a_revision_is_one_of_ours_by_its_whole_name(app: Flask, revision: str) -> None:
    assert not schema.is_known(revision)
    assert schema.is_known(schema.newest())
