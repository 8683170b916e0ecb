"""The audit holds: what is changed, taken away, cut off or written anew in it is found."""

import json
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import ColumnElement, delete, event, func, select, text, update

from intake import audit
from intake.audit import HOUSE, AuditEntry, AuditHead, Note
from intake.desks.models import Desk
from intake.extensions import db, transaction
from tests.factories import House

LENGTH = 5


@pytest.fixture
def chain(house: House) -> int:
    """Return a desk's chain of five entries."""
    desk = db.session.scalars(select(Desk).where(Desk.name == "KZ")).one()
    for number in range(LENGTH):
        with transaction():
            audit.record("case.opened", desk_id=desk.id, case_id=1, note=number)
    return desk.id


def run(app: Flask, *words: str) -> tuple[int, str]:
    """Run a command of the audit; return how it ended, and what it printed."""
    done = app.test_cli_runner().invoke(args=["audit", *words])
    return done.exit_code, done.output


def rewrite(chain: int) -> None:
    """Hash a chain anew from its first entry to its end, as one could who holds the database and this code."""
    before = b"\0" * 32
    with transaction():
        for entry in db.session.scalars(
            select(AuditEntry).where(AuditEntry.chain == chain).order_by(AuditEntry.number)
        ).all():
            entry.hash = before = audit.entry_hash(before, entry, entry.number)
            number = entry.number
        db.session.execute(update(AuditHead).where(AuditHead.chain == chain).values(number=number, hash=before))


def in_chain(chain: int, number: int) -> tuple[ColumnElement[bool], ...]:
    """Return what is true of one entry."""
    return (AuditEntry.chain == chain, AuditEntry.number == number)


def test_chains_that_nobody_touched_hold(app: Flask, chain: int) -> None:
    code, said = run(app, "verify")
    assert (code, said.splitlines()[-1]) == (0, "every chain holds")
    (line,) = [line for line in said.splitlines() if line.startswith("desk KZ ")]
    head = db.session.get_one(AuditHead, chain).hash.hex()
    assert line.split() == ["desk", "KZ", str(LENGTH), "entries", head, "holds"]
    assert any(line.startswith("house ") and " 2 entries " in line for line in said.splitlines())


BOTH = "audit_head.chain = :chain AND audit_entry.chain = :chain AND audit_entry.number"
OTHERS_HASH = f"UPDATE audit_entry SET hash = audit_head.hash FROM audit_head WHERE {BOTH} = 2"  # noqa: S608 ours
HEADS_HASH = f"UPDATE audit_head SET hash = audit_entry.hash FROM audit_entry WHERE {BOTH} = 4"  # noqa: S608 ours
TAMPERED = {
    "another act": ("UPDATE audit_entry SET act = 'case.closed' WHERE chain = :chain AND number = 3", 3),
    "another case": ("UPDATE audit_entry SET case_id = 2 WHERE chain = :chain AND number = 2", 2),
    "another time": ("UPDATE audit_entry SET at = '2026-01-01 00:00:00' WHERE chain = :chain AND number = 4", 4),
    "other details": ("""UPDATE audit_entry SET detail = '{"note": 9}' WHERE chain = :chain AND number = 1""", 1),
    "another hash": (OTHERS_HASH, 2),
    "an entry taken out": ("DELETE FROM audit_entry WHERE chain = :chain AND number = 3", 3),
    "the first taken out": ("DELETE FROM audit_entry WHERE chain = :chain AND number = 1", 1),
    "the end cut off": ("DELETE FROM audit_entry WHERE chain = :chain AND number > 3", 4),
    "all taken out": ("DELETE FROM audit_entry WHERE chain = :chain AND number > 0", 1),
    "another number": ("UPDATE audit_entry SET number = 9 WHERE chain = :chain AND number = 5", 5),
    "the head moved back": ("UPDATE audit_head SET number = 4 WHERE chain = :chain", 6),
    "the head's hash": (HEADS_HASH, 6),
    "no head": ("DELETE FROM audit_head WHERE chain = :chain", 6),
    "an entry of another chain": (
        "UPDATE audit_entry SET chain = :chain, number = 6 WHERE chain = 0 AND number = 1",
        6,
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_tampered_with_is_found(what: str, app: Flask, chain: int) -> None:
    statement, number = TAMPERED[what]
    with transaction():
        db.session.execute(text(statement), {"chain": chain})
    assert audit.broken_at(chain) == number
    code, said = run(app, "verify")
    assert code == 1
    (line,) = [line for line in said.splitlines() if line.startswith("desk KZ ")]
    assert line.endswith(f"broken at entry {number}")
    assert "every chain holds" not in said


@pytest.mark.parametrize("column", ["detail", "at", "hash", "number"])
def test_what_cannot_even_be_read_is_found(column: str, database: str, app: Flask, chain: int) -> None:
    if database != "sqlite":
        pytest.skip("PostgreSQL keeps no value of another type")
    with transaction():
        db.session.execute(
            text(f"UPDATE audit_entry SET {column} = 'nonsense' WHERE chain = :chain AND number = 3"),  # noqa: S608 a column's name
            {"chain": chain},
        )
    assert audit.broken_at(chain) == 3
    assert run(app, "verify")[0] == 1


def test_a_house_that_lost_its_whole_chain_is_found(app: Flask, chain: int) -> None:
    with transaction():
        db.session.execute(delete(AuditEntry).where(AuditEntry.chain == HOUSE))
        db.session.execute(delete(AuditHead).where(AuditHead.chain == HOUSE))
    code, said = run(app, "verify")
    assert code == 1
    assert next(line for line in said.splitlines() if line.startswith("house ")).endswith("broken at entry 1")


def test_a_chain_rewritten_as_a_whole_is_found_by_the_head_that_was_noted(
    app: Flask, chain: int, tmp_path: Path
) -> None:
    noted = tmp_path / "heads.jsonl"
    noted.write_text(run(app, "heads")[1])
    with transaction():
        audit.record("case.opened", desk_id=chain, case_id=1)
    assert run(app, "verify", "--heads", str(noted))[0] == 0, "a chain may grow"
    with transaction():
        db.session.execute(update(AuditEntry).where(*in_chain(chain, 2)).values(member_id=None, case_id=7))
    rewrite(chain)
    assert run(app, "verify")[0] == 0, "it is whole, and another"
    code, said = run(app, "verify", "--heads", str(noted))
    assert code == 1
    assert f"entry {LENGTH} is not the one that was noted" in said


def test_an_end_cut_off_together_with_the_head_is_found_by_the_head_that_was_noted(
    app: Flask, chain: int, tmp_path: Path
) -> None:
    noted = tmp_path / "heads.jsonl"
    noted.write_text(run(app, "heads")[1])
    with transaction():
        db.session.execute(delete(AuditEntry).where(*in_chain(chain, LENGTH)))
    rewrite(chain)
    assert run(app, "verify")[0] == 0, "it is whole, and shorter"
    code, said = run(app, "verify", "--heads", str(noted))
    assert code == 1
    assert f"entry {LENGTH} is not the one that was noted" in said


def test_a_chain_that_is_gone_is_found_by_the_head_that_was_noted(app: Flask, chain: int, tmp_path: Path) -> None:
    noted = tmp_path / "heads.jsonl"
    noted.write_text(run(app, "heads")[1])
    with transaction():
        db.session.execute(delete(AuditEntry).where(AuditEntry.chain == chain))
        db.session.execute(delete(AuditHead).where(AuditHead.chain == chain))
    assert run(app, "verify")[0] == 0
    assert run(app, "verify", "--heads", str(noted))[0] == 1


def test_heads_noted_day_after_day_stand_in_one_file(app: Flask, chain: int, tmp_path: Path) -> None:
    noted = tmp_path / "heads.jsonl"
    noted.write_text(run(app, "heads")[1])
    with transaction():
        audit.record("case.opened", desk_id=chain, case_id=1)
    noted.write_text(noted.read_text() + "\n" + run(app, "heads")[1])
    assert run(app, "verify", "--heads", str(noted))[0] == 0
    second = {"chain": chain, "number": LENGTH, "hash": "00" * 32, "more": "does not matter"}
    noted.write_text(noted.read_text() + json.dumps(second))
    assert run(app, "verify", "--heads", str(noted))[0] == 1


@pytest.mark.parametrize("line", ["nonsense", "[1]", '{"chain": 0, "number": 1}', '{"chain":0,"number":1,"hash":"xy"}'])
def test_a_file_that_notes_no_heads_is_refused_in_one_sentence(
    line: str, app: Flask, chain: int, tmp_path: Path
) -> None:
    noted = tmp_path / "heads.jsonl"
    noted.write_text(f'{{"chain": {chain}, "number": 1, "hash": "00"}}\n{line}\n')
    code, said = run(app, "verify", "--heads", str(noted))
    assert code == 1
    assert said.startswith("Error: line 2 notes no head")
    assert len(said.splitlines()) == 1


def test_a_long_chain_is_checked_without_holding_it(app: Flask, database: str, chain: int) -> None:
    with transaction():
        for number in range(4_000):
            audit.record("case.opened", desk_id=chain, case_id=1, note=number)
    db.session.expunge_all()
    audit.check(chain)
    kept_by_server: list[bool] = []
    event.listen(db.engine, "after_cursor_execute", lambda _, cursor, *__: kept_by_server.append(named(cursor)))
    tracemalloc.start()
    try:
        assert audit.check(chain).count == 4_000 + LENGTH
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 1_000_000, "bytes; all entries at once take four times as much"
    assert any(kept_by_server) == (database == "postgresql"), "its driver would fetch all at once, unseen"


def named(cursor: object) -> bool:
    """Return whether a cursor is the server's, which hands out rows bit by bit."""
    return bool(getattr(cursor, "name", ""))


def test_a_chain_that_grows_while_it_is_checked_is_not_called_broken(
    app: Flask, chain: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown: list[bool] = []
    real = audit._follows  # noqa: SLF001 the moment between two entries

    def follows(*args: object) -> bool:
        if not grown:
            grown.append(True)
            with app.app_context(), transaction():
                audit.record("case.opened", desk_id=chain, case_id=1)
        return real(*args)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(audit, "_follows", follows)
    assert audit.check(chain).holds
    db.session.rollback()
    assert db.session.scalar(select(func.count()).where(AuditEntry.chain == chain)) == LENGTH + 1
    assert audit.check(chain, [Note(chain, LENGTH, b"")]).rewritten_at == LENGTH


def test_a_time_is_hashed_as_it_is_kept(app: Flask, chain: int) -> None:
    entry = db.session.scalars(select(AuditEntry).where(*in_chain(chain, 1))).one()
    with transaction():
        later = entry.at + timedelta(microseconds=1)
        db.session.execute(update(AuditEntry).where(*in_chain(chain, 1)).values(at=later))
    assert audit.broken_at(chain) == 1
