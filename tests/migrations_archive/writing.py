"""Write a database with the code of a past commit: run by ``make.py`` in a checkout of that commit.

It uses what the factories of all past tests have, and then gives each table that is still empty a row.
"""

import gzip
import json
import re
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

import flask_migrate
import pyrage
from sqlalchemy import CheckConstraint, Column, Table
from sqlalchemy.dialects import sqlite

from intake import config, sealing
from intake.app import create_app
from intake.extensions import Sealed, db
from intake.sealing import Cost
from tests import factories

CHEAP = Cost(memory=8, passes=1)
AT = "2026-03-29 00:30:00.000000"  # an hour that some zones of Europe do not have
FILLED = b'{"filled": "by the script that made this archive"}'


def write(target: Path) -> None:
    """Write a database and what opens it: ``NUMBER.sql.gz`` and ``NUMBER.json``."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(config.load({"INTAKE_INSTANCE": folder}), password_cost=CHEAP)
        sealing.CODE_COST = CHEAP
        with app.app_context():
            flask_migrate.upgrade()
            house = factories.make_house()
            member = factories.make_member(house, "KZ", "KG", name="Aigerim", address="aigerim@example.org")
            identity = house.visitors[member.id].identity
            made = [factories.make_case(country, story=f"{factories.STORY} {country}") for country in ("KZ", "KG")]
            references = [case.reference for case, _, _ in made]
            client = app.test_client()
            factories.sign_in(client, member)
            for _, _, code in made:
                factories.come_back(app.test_client(), code)
            db.session.remove()
            db.engine.dispose()
            keys = house.keys["KZ"][1], house.keys["KG"][1]
        database = sqlite3.connect(Path(folder) / "intake.sqlite3")
        filled = _fill(database, keys[0].recipient)
        (number,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
        told = {
            "revision": number,
            "rescue": house.rescue.text,
            "member": identity.text,
            "cases": [
                {"reference": reference, "country": country, "code": code, "desk": key.text}
                for reference, country, (_, _, code), key in zip(references, ("KZ", "KG"), made, keys, strict=True)
            ],
            "filled": filled,
            "story": factories.STORY,
        }
        dump = "\n".join(database.iterdump()).encode()
        (target / f"{number}.sql.gz").write_bytes(gzip.compress(dump, 9, mtime=0))
        (target / f"{number}.json").write_text(json.dumps(told, indent=1) + "\n")


def _fill(database: sqlite3.Connection, recipient: str) -> list[str]:
    """Give each table that is empty a row; return which these are."""
    filled = []
    for table in db.metadata.sorted_tables:
        if database.execute(f'SELECT 1 FROM "{table.name}"').fetchone() is None:  # noqa: S608 a name of ours
            names = [column.name for column in table.columns if not (column.primary_key and _is_counted(table))]
            values = [_value(database, table, table.c[name], recipient) for name in names]
            marks, quoted = ",".join("?" * len(names)), ",".join(f'"{name}"' for name in names)
            database.execute(f'INSERT INTO "{table.name}" ({quoted}) VALUES ({marks})', values)  # noqa: S608
            filled.append(table.name)
    database.commit()
    assert database.execute("PRAGMA foreign_key_check").fetchone() is None
    return filled


def _is_counted(table: Table) -> bool:
    return table.autoincrement_column is not None


def _value(database: sqlite3.Connection, table: Table, column: Column[Any], recipient: str) -> Any:  # noqa: PLR0911 one for each type
    for key in column.foreign_keys:
        of = key.column
        found = database.execute(f'SELECT "{of.name}" FROM "{of.table.name}" LIMIT 1').fetchone()  # noqa: S608
        return found[0] if found else None
    for rule in table.constraints:
        if isinstance(rule, CheckConstraint) and (chosen := _allowed(str(rule.sqltext), column.name)):
            return chosen
    if isinstance(column.type, Sealed):
        return pyrage.encrypt(FILLED, [pyrage.x25519.Recipient.from_str(recipient)])
    kind = column.type.compile(sqlite.dialect()).upper()
    if "DATETIME" in kind or "TIMESTAMP" in kind:
        return AT
    if kind.startswith("DATE"):
        return AT[:10]
    if "BLOB" in kind:
        return b"\x01" * 32
    if "INT" in kind or "BOOL" in kind:
        return 1
    if "FLOAT" in kind or "NUMERIC" in kind:
        return 1.5
    return "{}" if "JSON" in kind else "archived"


def _allowed(rule: str, name: str) -> str | None:
    found = re.search(rf"\b{name}\b IN \('([^']*)'", rule)
    return found[1] if found else None


if __name__ == "__main__":
    write(Path(sys.argv[1]))
