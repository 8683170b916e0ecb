"""The extensions that every room shares, and ``transaction()``: the only commit."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Flask, Response
from flask_babel import Babel
from flask_compress import Compress
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import DateTime, Engine, LargeBinary, MetaData, Table, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from intake.sealing import SealedBytes

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=8000",
    "secure_delete=ON",
    "temp_store=MEMORY",
)
TRIES = 8
MIGRATING = 7_466_002  # what the lock of PostgreSQL is called that one migration holds
PATIENCE = "10s"  # of a migration: while it waits for a table, all others wait that come after it
AUDIENCES = frozenset(
    {"desk", "complainant", "rescue", "member", "invitation", "secret", "session", "outbox", "file", "reader"}
)
_RETRIED_STATES = frozenset({"40001", "40P01"})  # PostgreSQL: serialization failure, deadlock


class Base(DeclarativeBase):
    """What every table shares: names for its constraints that migrations can find again."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class _Compress(Compress):
    """Flask-Compress leaves pages alone that say what is wrong: they are as large as any, and hold what was typed."""

    def after_request(self, response: Response | None) -> Response:
        """Compress an answer, whatever it says."""
        if response is None or response.status_code < 400:  # noqa: PLR2004 the first that says so
            return super().after_request(response)
        said, response.status = response.status, "200 OK"
        answer = super().after_request(response)
        answer.status = said
        return answer


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
csrf = CSRFProtect()
babel = Babel()
compress = _Compress()
migrate = Migrate(render_as_batch=True, directory=os.path.join(os.path.dirname(__file__), "migrations"))  # noqa: PTH118, PTH120 the extension wants text

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def table(model: type[Base]) -> Table:
    """Return the table of a model, for statements that go past the ORM, see ``core``."""
    return cast("Table", model.__table__)


Prepared = TypeVar("Prepared")
Result = TypeVar("Result")


class StaleError(Exception):
    """What was prepared outside the transaction no longer holds: prepare it again."""


class Sealed(TypeDecorator[SealedBytes]):
    """A column of age files. It names its audience, takes only ``SealedBytes`` and never opens anything.

    Args:
        audience: who can open it: ``desk``, ``complainant``, ``rescue``, ``member``, ``invitation``, ``secret``,
            ``session``, ``outbox``, ``file``, ``reader``.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, *audience: str) -> None:
        """Refuse an audience that nobody can be."""
        if not audience or not AUDIENCES.issuperset(audience):
            message = f"nobody is called {audience}"
            raise ValueError(message)
        super().__init__()
        self.audience = audience

    def process_bind_param(self, value: SealedBytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002 the signature is SQLAlchemy's
        """Refuse anything that ``sealing.seal`` did not make."""
        if value is not None and not isinstance(value, SealedBytes):
            message = "a Sealed column takes only what sealing.seal returns"
            raise TypeError(message)
        return bytes(value) if value is not None else None

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> SealedBytes | None:  # noqa: ARG002 the signature is SQLAlchemy's
        """Give back the age file, still sealed."""
        return SealedBytes(value) if value is not None else None


class Moment(TypeDecorator[datetime]):
    """A time in UTC, on databases that keep the zone and on those that forget it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 the signature is SQLAlchemy's
        """Refuse a time without a zone; write it in UTC."""
        if value is not None and value.tzinfo is None:
            message = "a time needs its zone"
            raise TypeError(message)
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 the signature is SQLAlchemy's
        """Give the time back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@contextmanager
def transaction() -> Iterator[None]:
    """Run one verb so that all of it is saved or none: the only commit of the house.

    What was read before is forgotten and read anew inside, since another process may have changed it meanwhile.

    Raises:
        RuntimeError: inside another transaction, or after changes made outside of one.
        sqlalchemy.exc.SQLAlchemyError: the database refused; nothing was saved.
    """
    session = db.session()
    if session.info.get("writing"):
        message = "a transaction runs inside another: verbs never commit, only the edge does"
        raise RuntimeError(message)
    if session.new or session.dirty or session.deleted:
        session.rollback()
        message = "something was changed outside transaction()"
        raise RuntimeError(message)
    session.rollback()
    session.info["writing"] = True
    try:
        session.info["connection"] = session.connection(execution_options={"write": True})
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["writing"] = False
        session.info.pop("connection", None)


def core() -> Connection:
    """Return the session's connection, for statements that go past the ORM: a third of the price."""
    session = db.session()
    known: Connection | None = session.info.get("connection")
    return session.connection() if known is None or known.closed else known


def settle(prepare: Callable[[], Prepared], verb: Callable[[Prepared], Result]) -> Result:
    """Prepare (and seal) outside any transaction, then run a verb on it inside one; again if it went stale meanwhile.

    Args:
        prepare: makes what the verb needs; reads, derives and seals.
        verb: saves it; raises ``StaleError`` when what was prepared no longer holds.

    Raises:
        StaleError: it went stale eight times in a row.
        sqlalchemy.exc.SQLAlchemyError: the database refused; nothing was saved.
    """
    for attempt in range(TRIES):
        prepared = prepare()
        db.session.rollback()
        try:
            with transaction():
                return verb(prepared)
        except StaleError:
            if attempt == TRIES - 1:
                raise
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in _RETRIED_STATES or attempt == TRIES - 1:
                raise
    raise AssertionError


def rest() -> None:
    """Give the line to the database back while a visitor is waited for; what was read stays read.

    Whoever sends slowly holds one otherwise, and there are fewer of them than there are visitors.
    """
    if db.session.registry.has():
        session = db.session()
        if not (session.info.get("writing") or session.new or session.dirty or session.deleted):
            session.commit()


def _let_go(_: BaseException | None) -> None:
    """End what a request read, so that an answer that is made is given though the database died meanwhile."""
    if db.session.registry.has():
        try:
            db.session.rollback()
        except DBAPIError:
            db.session().invalidate()


def init(app: Flask) -> None:
    """Bind the extensions to an application, and its engine to its habits."""
    db.init_app(app)
    app.teardown_appcontext(_let_go)  # the last that is registered is the first that is called
    migrate.init_app(app, db)
    csrf.init_app(app)
    compress.init_app(app)
    with app.app_context():
        _configure(db.engine, app.config["WRITE_GATE"])


def sqlite_driver() -> Any:  # noqa: ANN401 a module of the database API
    """Return pysqlite3 where it is installed, for its newer SQLite, else the standard library's."""
    try:
        from pysqlite3 import dbapi2  # noqa: PLC0415 installed on Linux only
    except ImportError:
        import sqlite3 as dbapi2  # noqa: PLC0415 the fallback
    return dbapi2


def _configure(engine: Engine, gate: str) -> None:
    """Give an SQLite engine its pragmas, short write locks, and a fair gate before them."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:  # noqa: ANN401 the driver's own types
        connection.isolation_level = None  # the driver opens no transaction by itself
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()
        record.info["gate"] = os.open(gate, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @event.listens_for(engine, "close")
    def _close(connection: Any, record: Any) -> None:  # noqa: ANN401, ARG001 the driver's own types
        descriptor = record.info.pop("gate", None)
        if descriptor is not None:
            os.close(descriptor)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("write")
        if writing:
            # SQLite's busy wait is unfair; the gate lets writers in one after the other.
            fcntl.flock(connection.info["gate"], fcntl.LOCK_EX)
        _begin_with(connection, "BEGIN IMMEDIATE" if writing else "BEGIN")

    @event.listens_for(engine, "reset")
    def _reset(connection: Any, record: Any, state: Any) -> None:  # noqa: ANN401, ARG001 the driver's own types
        fcntl.flock(record.info["gate"], fcntl.LOCK_UN)


def _begin_with(connection: Connection, statement: str) -> None:
    """Begin as the driver does, a third of the price of what the engine does around a statement.

    Raises:
        sqlalchemy.exc.OperationalError: the database is locked, or away.
    """
    try:
        connection.connection.driver_connection.execute(statement).close()  # type: ignore[union-attr]  # it is open
    except connection.dialect.loaded_dbapi.OperationalError as error:
        raise OperationalError(statement, None, error) from error
