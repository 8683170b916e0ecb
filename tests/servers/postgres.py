"""A PostgreSQL server of our own: started empty, as an unprivileged account, and thrown away.

A watcher process starts the server and waits for a word or for the end of its standard input. The input ends when this
process does, even by kill -9, so that neither a server nor its folder is ever left behind.
"""

import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Self, TypedDict

import psycopg
from psycopg import sql

from . import programs

HOST = "127.0.0.1"
USER = "intake"
ATTEMPTS = 3
START_LIMIT = 60.0  # seconds; a start takes two or three, on a busy machine many more
STOP_LIMIT = 30.0
# Nobody needs the data after a crash, so nothing waits for the disk.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "listen_addresses": HOST,
}
# As a newsroom runs it: what it says is saved is on the disk; all else is as the server comes.
DURABLE = {"max_connections": "200", "listen_addresses": HOST}


class Privileges(TypedDict, total=False):
    """The keywords of subprocess that change who runs a program; none when we are not root."""

    user: int
    group: int
    extra_groups: Sequence[int]


class Postgres:
    """A throw-away server on a free port of 127.0.0.1; one for each pytest worker is meant."""

    def __init__(self, settings: Mapping[str, str] = MappingProxyType(SETTINGS)) -> None:
        """Prepare; nothing runs before start()."""
        self.port = 0
        self._settings = settings
        self._folder = Path()
        self._watcher: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make a cluster and run a server on it; returns when it takes connections.

        Raises:
            pytest.skip.Exception, pytest.fail.Exception: PostgreSQL is to be skipped, or is not installed.
            RuntimeError: it does not start; the message ends with what the server said.

        """
        binaries = programs.require("postgresql")
        privileges = _privileges()
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        if privileges:
            os.chown(self._folder, privileges["user"], privileges["group"])
        try:
            _initdb(binaries, self._folder, privileges)
            # Between finding a free port and taking it another process may take it.
            for _ in range(ATTEMPTS):
                if self._launch(binaries, privileges):
                    return
            self._complain()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server at once, whoever is connected, and remove its folder; harmless if it is not running."""
        if self._watcher is not None:
            self._watcher.communicate(b"stop\n")
            self._watcher = None
        if self._folder.name:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = Path()

    def url(self, database: str) -> str:
        """Answer the SQLAlchemy address of a database of this server."""
        return f"postgresql+psycopg://{USER}@{HOST}:{self.port}/{database}"

    def create(self, database: str, template: str | None = None) -> None:
        """Create a database, empty or as a copy of another to which nobody may be connected.

        Raises:
            psycopg.errors.DuplicateDatabase: there is one of that name.
            psycopg.errors.ObjectInUse: somebody is connected to the template.

        """
        self._administer("CREATE DATABASE {} TEMPLATE {}", database, template or "template0")

    def drop(self, database: str) -> None:
        """Remove a database if it is there, and end the connections to it."""
        self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _administer(self, statement: str, *names: str) -> None:
        """Run one statement outside a transaction, in which PostgreSQL neither creates nor drops databases."""
        address = f"host={HOST} port={self.port} user={USER} dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _launch(self, binaries: Path, privileges: Privileges) -> bool:
        """Run the server on some free port; answer whether it came up.

        Raises:
            RuntimeError: it neither came up nor ended within START_LIMIT.

        """
        self.port = _free_port()
        server = [str(binaries / "postgres"), "-D", str(self._folder / "data")]
        server += ["-p", str(self.port), "-k", str(self._folder)]
        for name, value in self._settings.items():
            server += ["-c", f"{name}={value}"]
        who = [str(privileges["user"]), str(privileges["group"])] if privileges else ["", ""]
        # A session of its own: Ctrl-C must end the tests first, and the server after them.
        self._watcher = subprocess.Popen(
            [sys.executable, "-m", __name__, str(self._folder), *who, *server],
            cwd=Path(__file__).parents[__name__.count(".")],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        return self._wait_until_ready(self._watcher)

    def _wait_until_ready(self, watcher: subprocess.Popen[bytes]) -> bool:
        """Wait for the server to say it is ready, in its own folder: the port might be a stranger's."""
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            if _is_ready(self._folder / "data" / "postmaster.pid"):
                return True
            if watcher.poll() is not None:
                watcher.communicate()
                self._watcher = None
                return False
            time.sleep(0.02)
        self._complain()
        return False

    def _complain(self) -> None:
        """Raise RuntimeError with the end of what the server wrote."""
        log = self._folder / "log"
        said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        message = f"PostgreSQL did not start on port {self.port}: {said}"
        raise RuntimeError(message)


def _privileges() -> Privileges:
    """Answer whose rights the server gets: PostgreSQL refuses to run as root.

    Raises:
        RuntimeError: we are root and there is no account to change to.

    """
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    message = "There is neither an account postgres nor nobody, and PostgreSQL does not run as root."
    raise RuntimeError(message)


def _initdb(binaries: Path, folder: Path, privileges: Privileges, *more: str) -> None:
    """Make the cluster in folder/data, in UTF-8, which everybody on this machine may enter without a password.

    Args:
        binaries: where PostgreSQL is.
        folder: where it goes.
        privileges: whose it is.
        more: further words of the command.

    Raises:
        RuntimeError: initdb fails; the message holds what it said.

    """
    command = [str(binaries / "initdb"), "-D", str(folder / "data"), "-U", USER, "-A", "trust"]
    command += ["-E", "UTF8", "--no-sync", *more]
    said = ""
    for locale in ("C.UTF-8", "C"):  # not every system has the first
        done = subprocess.run(
            [*command, f"--locale={locale}"], cwd=folder, capture_output=True, text=True, check=False, **privileges
        )
        if done.returncode == 0:
            return
        said += done.stderr
    message = f"initdb failed: {said}"
    raise RuntimeError(message)


def _free_port() -> int:
    """Answer a port that nobody listens on just now."""
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])


def _is_ready(file: Path) -> bool:
    """Read the server's status, the eighth line of postmaster.pid, as pg_ctl does (src/include/utils/pidfile.h)."""
    try:
        lines = file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return lines[7:8] != [] and lines[7].strip() == "ready"


def _watch(folder: Path, user: str, group: str, *command: str) -> None:
    """Run the server until it ends by itself, or standard input ends or says anything; then remove the folder."""
    privileges: Privileges = {"user": int(user), "group": int(group), "extra_groups": []} if user else {}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **privileges)
    while server.poll() is None and not select.select([sys.stdin], [], [], 0.1)[0]:
        pass
    if server.poll() is not None:
        return  # the log stays for whoever asks why
    server.send_signal(signal.SIGQUIT)  # PostgreSQL's "immediate shutdown"
    try:
        server.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _watch(Path(sys.argv[1]), *sys.argv[2:])
