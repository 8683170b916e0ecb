"""Databases of a server that tests use one after the other: emptied in between, which is quicker than a fresh copy."""

from dataclasses import dataclass, field

import psycopg

from .postgres import HOST, USER, Postgres

# Everybody else is sent away, every row goes, every number begins anew; what the migrations made stays.
SEND_AWAY = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
EMPTY = """
    DO $$
    DECLARE one record; has_rows boolean;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %I)', one.tablename) INTO has_rows;
            IF has_rows THEN EXECUTE format('DELETE FROM %I', one.tablename); END IF;
        END LOOP;
        PERFORM setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences
        WHERE last_value IS NOT NULL;
    END $$
"""
SHAPE = """
    SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
        SELECT format('%s %s %s %s', attrelid::regclass, attname, atttypid, attnotnull) FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid AND relnamespace = 'public'::regnamespace WHERE NOT attisdropped
        UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT version_num FROM alembic_version
    ) AS of_all (line)
"""


@dataclass
class Emptied:
    """Copies of a template that holds no rows, lent to one test at a time."""

    server: Postgres
    template: str
    _spare: list[str] = field(default_factory=list)
    _open: dict[str, psycopg.Connection] = field(default_factory=dict)  # a new connection would learn the tables anew
    _shape: str = ""
    _made: int = 0

    def lend(self) -> str:
        """Return the name of an empty database."""
        if self._spare:
            return self._spare.pop()
        self._made += 1
        name = f"emptied_{self._made}"
        self.server.create(name, self.template)
        self._open[name] = psycopg.connect(
            f"host={HOST} port={self.server.port} user={USER} dbname={name}", autocommit=True
        )
        self._shape = self._shape or self._shape_of(name)
        return name

    def take_back(self, name: str) -> None:
        """Empty a database for the next test; drop it if the test changed its tables."""
        self._open[name].execute(SEND_AWAY)
        if self._shape_of(name) != self._shape:
            self._open.pop(name).close()
            self.server.drop(name)
            return
        self._open[name].execute(EMPTY)
        self._spare.append(name)

    def close(self) -> None:
        """Leave the server."""
        for connection in self._open.values():
            connection.close()

    def _shape_of(self, name: str) -> str:
        found = self._open[name].execute(SHAPE).fetchone()
        return str(found and found[0])
