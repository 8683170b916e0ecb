"""All comes back from a backup, on either database wherever it came from: SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from intake import audit
from intake.audit import AuditEntry
from intake.backup import looking, making, place, probe, rows
from intake.cases import queries as cases
from intake.cases.models import CANARY, Case
from intake.desks import setup
from intake.evidence import read
from intake.extensions import db
from intake.members.models import MemberSession
from intake.sealing import Identity, code_keys
from tests.backup import places
from tests.evidence import sending
from tests.factories import STORY, House, make_case, make_member, sign_in


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the address of an empty database of either kind to come back to."""
    if request.param == "sqlite":
        yield ""
        return
    lent = request.getfixturevalue("emptied")
    name = lent.lend()
    yield lent.server.url(name)
    lent.take_back(name)


@pytest.mark.parametrize(
    ("database", "target"),
    [
        ("sqlite", "postgresql"),
        ("postgresql", "sqlite"),
        pytest.param("sqlite", "sqlite", marks=pytest.mark.slow),
        pytest.param("postgresql", "postgresql", marks=pytest.mark.slow),
    ],
    indirect=["target"],
)
def test_all_comes_back_wherever_it_came_from(
    app: Flask, house: House, operator: Identity, tmp_path: Path, target: str
) -> None:
    reference, code, content = places.photo_of_new_case()
    sign_in(app.test_client(), make_member(house, "KZ"))
    assert places.count(MemberSession) == 1
    made = making.make()
    assert (made.what, made.chunks, made.new, made.missing) == ("", 1, 1, 0)
    entries, members = places.count(AuditEntry), places.count(Case)
    with places.empty(tmp_path / "other", app.config["BACKUPS"], target) as other:
        status, said = places.come_back(other, operator)
        assert status == 0, said
        assert "each table compared by count and hash" in said
        assert "The probe case opened with its own return code" in said
        keys = code_keys(code, setup.code_salt())
        case = cases.by_tag(keys.tag)
        assert case is not None
        assert case.reference == reference
        (told,) = cases.read_statements(case, lambda _: keys.identity)
        assert told.words["story"] == STORY
        (file,) = sending.opened(sending.visit_of(case, keys), case)
        assert b"".join(read.plaintext(file)) == content
        assert places.count(Case) == members
        assert places.count(MemberSession) == 0, "nobody is signed in"
        assert places.count(AuditEntry) == entries, "what came after the moment is not there, but that it came back is"
        assert [audit.broken_at(chain) for chain in audit.chains()] == [None] * len(audit.chains())
        make_case()  # numbers go on after the highest
        assert places.run(other, "evidence", "verify")[0] == 0
        status, said = places.come_back(other, operator)
        assert (status, "is not empty" in said) == (1, True), "it is never overwritten"


@pytest.mark.parametrize("database", ["sqlite"])
def test_where_the_probe_does_not_open_nobody_is_signed_in_either(
    app: Flask, house: House, operator: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(app.test_client(), make_member(house, "KZ"))
    making.make()
    with places.empty(tmp_path / "other", app.config["BACKUPS"]) as other, monkeypatch.context() as patch:
        patch.setattr(probe, "opens", lambda _: False)
        status, said = places.come_back(other, operator)
        assert (status, "do not use what came back" in said) == (1, True)
        assert places.count(MemberSession) == 0


def test_what_comes_while_it_is_made_comes_whole_or_not_at_all(
    app: Flask, house: House, operator: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_case()
    rows_of: Callable[..., Iterator[bytes]] = rows.rows_of

    def busy(connection: object, of: rows.Rows) -> Iterator[bytes]:
        if of.name in {"case", "letter", "statement"}:
            make_case()
        return rows_of(connection, of)

    with monkeypatch.context() as patch:
        patch.setattr(rows, "rows_of", busy)
        made = making.make()
    db.session.rollback()
    assert db.session.scalar(select(func.count(Case.id)).where(Case.status != CANARY)) == 4
    of_backup = looking.manifest(place.shelf(), made.name, operator).tables
    assert (of_backup["case"], of_backup["statement"]) == (2, 2), "that of the probe, too"
    status, said = places.run(app, "backup", "verify", "--identity-file", "-", said=operator.text)
    assert status == 0, said
