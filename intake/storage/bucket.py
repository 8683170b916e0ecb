"""Sealed chunks in a bucket of a store that speaks S3: ``abcd…/0`` and so on. It learns sizes and times, no more."""

import re
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from errno import EEXIST, EIO, ENOENT
from typing import TYPE_CHECKING

from obstore import exceptions
from obstore.store import S3Store

from intake.file_settings import ObjectStore
from intake.sealing import SealedBytes
from intake.storage import NAME, Storage, StoreError

if TYPE_CHECKING:
    from obstore.store import S3Credential, S3CredentialProvider

CONNECT_WITHIN, ANSWER_WITHIN = timedelta(seconds=3), timedelta(seconds=10)
TRIES, TRY_WITHIN = 3, timedelta(seconds=8)
SLOW = 2.0  # seconds: a store that took longer to fail is not asked again for a while, so that nobody queues for it
REST = 10.0  # seconds
_AT_ONCE = 1000  # objects of a list
_PIECE = 256 * 1024  # bytes
_ROUNDS = 3  # of removing what is listed, until nothing is
_TRIALS = "trial"
_STATUS = re.compile(r"status code: (\d{3})")
_NO_BUCKET = "NoSuchBucket"
_REASONS = (
    (re.compile(_NO_BUCKET), "it has no such bucket"),
    (re.compile(r"InvalidAccessKeyId|SignatureDoesNotMatch|AccessDenied|status code: 40[13]"), "it refuses our key"),
    (re.compile(r"Timeout|TimedOut"), "it does not answer in time"),
    (re.compile(r"kind: Connect\b"), "nothing answers there"),
)


class Bucket(Storage):
    """Files as objects that are called like their file and number."""

    def __init__(self, settings: ObjectStore, *, answer_within: timedelta = ANSWER_WITHIN) -> None:
        """Prepare; nobody is asked yet.

        Args:
            settings: where the bucket is, and what opens it.
            answer_within: how long one request may take.
        """
        self._said = f"{settings.endpoint}/{settings.bucket}"
        self._rests_until = 0.0  # of time.monotonic(); threads may overwrite each other's, which does no harm
        self._store = store_of(settings, answer_within)

    def __str__(self) -> str:
        """Say where it is, without what opens it."""
        return self._said

    def names(self) -> Iterator[str]:
        """Yield the name of every file that has a chunk."""
        with self._asked():
            listed = self._store.list_with_delimiter()["common_prefixes"]
        yield from (name for name in listed if NAME.fullmatch(name))

    def counts(self) -> dict[str, int]:
        """Return of every file how many chunks are there: a request for each thousand of them."""
        counts: Counter[str] = Counter()
        with self._asked():
            for some in self._store.list(chunk_size=_AT_ONCE):
                counts.update(one["path"].partition("/")[0] for one in some)
        return {name: count for name, count in counts.items() if NAME.fullmatch(name)}

    def reach(self) -> None:
        """Ask for the first few names."""
        with self._asked():
            next(iter(self._store.list(_TRIALS, chunk_size=1)), None)

    def try_out(self) -> bool:
        """Keep something, and something else in its place; return whether what came first stayed."""
        path = f"{_TRIALS}/{secrets.token_hex(8)}"
        with self._asked():
            self._store.put(path, b"first", mode="create")
            try:
                self._store.put(path, b"second", mode="create")
            except exceptions.AlreadyExistsError:
                return bytes(self._store.get(path).bytes()) == b"first"
            finally:
                self._store.delete([path])
        return False

    def _keep(self, name: str, number: int, sealed: SealedBytes) -> None:
        path, is_there = f"{name}/{number}", False
        with self._asked():
            try:
                self._store.put(path, bytes(sealed), mode="create")
            except exceptions.AlreadyExistsError:
                # The answer to our own first attempt may have been lost: nobody else has sealed the same bytes.
                is_there = bytes(self._store.get(path).bytes()) != sealed
        if is_there:
            raise FileExistsError(EEXIST, "this chunk is kept already")

    def _pieces(self, name: str, number: int) -> Iterator[bytes]:
        path = f"{name}/{number}"
        with self._asked(f"no chunk {number}"):
            pieces = iter(self._store.get(path).stream(min_chunk_size=_PIECE))
        while True:
            with self._told():
                piece = next(pieces, None)
            if piece is None:
                return
            yield bytes(piece)

    def _remove(self, name: str) -> None:
        for _ in range(_ROUNDS):
            with self._asked():
                paths = [one["path"] for some in self._store.list(name, chunk_size=_AT_ONCE) for one in some]
                if not paths:
                    return
                self._store.delete(paths)
        raise StoreError(EIO, "it does not remove what it is asked to")

    def _numbers(self, name: str) -> set[int]:
        with self._asked():
            found = [one["path"] for some in self._store.list(name, chunk_size=_AT_ONCE) for one in some]
        numbers = (path.partition("/")[2] for path in found)
        return {int(number) for number in numbers if number.isdecimal()}

    def _added_at(self, name: str) -> datetime | None:
        with self._asked():
            listed = self._store.list(name, chunk_size=_AT_ONCE)
            return max((one["last_modified"] for some in listed for one in some), default=None)

    @contextmanager
    def _asked(self, missing: str = "") -> Iterator[None]:
        """Ask the store something, unless it was slow to fail a moment ago. After that, one asks while others go away.

        Args:
            missing: what it means where the store has no such object; by default it is a fault like others.
        """
        moment = time.monotonic()
        if moment < self._rests_until:
            raise StoreError(EIO, "it did not answer a moment ago")
        if self._rests_until:
            self._rests_until = moment + REST
        with self._told(missing):
            yield
        self._rests_until = 0.0

    @contextmanager
    def _told(self, missing: str = "") -> Iterator[None]:
        """Let a store that was slow to fail rest for a while."""
        began = time.monotonic()
        try:
            with told(missing):
                yield
        except OSError:
            slow = time.monotonic() - began > SLOW
            self._rests_until = time.monotonic() + REST if slow else 0.0
            raise


def store_of(settings: ObjectStore, answer_within: timedelta) -> S3Store:
    """Return what speaks to a bucket; nobody is asked yet.

    Args:
        settings: where the bucket is, and what opens it.
        answer_within: how long one request may take.
    """
    return S3Store(
        settings.bucket,
        config={
            "endpoint": settings.endpoint,
            "region": settings.region,
            "virtual_hosted_style_request": False,
            "conditional_put": "etag",
            "skip_signature": False,
        },
        credential_provider=_provider(settings),
        client_options={
            "allow_http": settings.endpoint.startswith("http://"),
            "connect_timeout": CONNECT_WITHIN,
            "timeout": answer_within,
        },
        retry_config={
            "max_retries": TRIES - 1,
            "retry_timeout": TRY_WITHIN,
            "backoff": {
                "init_backoff": timedelta(milliseconds=100),
                "max_backoff": timedelta(seconds=1),
                "base": 2,
            },
        },
    )


@contextmanager
def told(missing: str = "") -> Iterator[None]:
    """Let what goes wrong be what goes wrong with a disk, without words of the library: they tell addresses.

    Args:
        missing: what it means where the store has no such object; by default it is a fault like others.

    Raises:
        FileNotFoundError: the store has no such object.
        StoreError: it is not to be reached now, or refuses.
    """
    try:
        yield
    except (exceptions.BaseError, OSError) as error:
        said = str(error)
        if missing and isinstance(error, FileNotFoundError) and _NO_BUCKET not in said:
            raise FileNotFoundError(ENOENT, missing) from None
        raise StoreError(EIO, _reason(said, type(error).__name__)) from None


def _provider(settings: ObjectStore) -> "S3CredentialProvider":
    """Return what gives the key: were it a setting, the library would take a token from the environment beside it."""

    def provide() -> "S3Credential":
        return {
            "access_key_id": settings.user,
            "secret_access_key": settings.password,
            "token": None,
            "expires_at": None,
        }

    return provide


def _reason(said: str, kind: str) -> str:
    for pattern, reason in _REASONS:
        if pattern.search(said):
            return reason
    status = _STATUS.search(said)
    return f"it answers with {status[1]}" if status else f"it fails with {kind}"
