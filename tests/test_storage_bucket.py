"""A bucket that is away, slow, strange or not ours is an error in seconds, and says nothing of what opens it."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from intake.sealing import SealedBytes
from intake.storage import Storage, StoreError, new_name
from intake.storage import bucket as bucket_module
from intake.storage.bucket import Bucket
from tests.servers.s3 import HOST, S3Server, away
from tests.test_storage import acts, sealed

PAGE = b"<Error><Code>Odd</Code><Message>okapi-word</Message></Error>"


@contextmanager
def answering(status: int) -> Iterator[int]:
    """Run a server that answers everything with a status; yield its port."""

    class Odd(BaseHTTPRequestHandler):
        def do(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do  # noqa: N815 the library's names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((HOST, 0), Odd) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def what_is_said(*asked: Callable[[], object]) -> set[str]:
    """Ask for things, all of which fail; return what is said."""
    said = set()
    for act in asked:
        with pytest.raises(StoreError) as caught:
            act()
        said.add(str(caught.value))
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert not any("okapi" in words or HOST in words for words in said)
    return said


def everything(kept: Storage) -> list[Callable[[], object]]:
    """Return all that may be asked of a storage."""
    return [*acts(kept, new_name()), kept.counts, kept.reach, kept.try_out, lambda: list(kept.names())]


def test_a_store_where_nobody_listens_fails_as_a_disk_does(s3: S3Server) -> None:
    kept, name = Bucket(away(s3.without_bucket(), free_port())), new_name()
    said = what_is_said(lambda: kept.put(name, 0, sealed()), lambda: kept.get(name, 0), kept.counts)
    assert said == {"[Errno 5] nothing answers there"}


@pytest.mark.parametrize(("status", "words"), [(403, "it refuses our key"), (400, "it answers with 400")])
def test_a_store_that_refuses_says_so(s3: S3Server, status: int, words: str) -> None:
    with answering(status) as port:
        assert what_is_said(*everything(Bucket(away(s3.without_bucket(), port)))) == {f"[Errno 5] {words}"}


def test_a_bucket_that_is_not_there_is_a_fault_and_no_missing_chunk(s3: S3Server) -> None:
    kept = Bucket(s3.without_bucket())
    for act in (lambda: kept.get(new_name(), 0), kept.reach, lambda: kept.put(new_name(), 0, sealed())):
        with pytest.raises(StoreError, match="no such bucket"):
            act()


def test_a_store_that_says_nothing_is_not_waited_for_again_and_again(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_module, "SLOW", 0.2)
    with socket.create_server((HOST, 0)) as silent:
        settings = away(s3.without_bucket(), silent.getsockname()[1])
        kept = Bucket(settings, answer_within=timedelta(seconds=0.4))
        with pytest.raises(StoreError, match="in time"):
            kept.get(new_name(), 0)
        assert what_is_said(*everything(kept)) == {"[Errno 5] it did not answer a moment ago"}
        monkeypatch.setattr(time, "monotonic", lambda real=time.monotonic: real() + 11)
        with pytest.raises(StoreError, match="in time"):
            kept.put(new_name(), 0, sealed())


def test_once_a_store_was_slow_to_fail_one_asks_and_the_others_do_not_wait(s3: S3Server) -> None:
    with socket.create_server((HOST, 0)) as silent, ThreadPoolExecutor(1) as pool:
        settings = away(s3.without_bucket(), silent.getsockname()[1])
        kept = Bucket(settings, answer_within=timedelta(seconds=2))
        kept._rests_until = time.monotonic()  # noqa: SLF001 it failed some seconds ago
        asking = pool.submit(kept.get, new_name(), 0)
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(65536).startswith(b"GET ")
            with pytest.raises(StoreError, match="a moment ago"):
                kept.get(new_name(), 0)
            connection.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        with pytest.raises(StoreError, match="refuses our key"):
            asking.result()
        assert not kept._rests_until, "it answers again"  # noqa: SLF001


def test_no_request_takes_longer_than_a_person_waits() -> None:
    longest = (bucket_module.ANSWER_WITHIN + bucket_module.TRY_WITHIN).total_seconds()
    assert longest <= 20


class Echo(Bucket):
    """A bucket whose answers get lost: what it was asked to keep is there when it is asked again."""

    def _keep(self, name: str, number: int, sealed: SealedBytes) -> None:
        super()._keep(name, number, sealed)
        super()._keep(name, number, sealed)


def test_a_chunk_whose_answer_was_lost_is_kept_and_not_somebody_elses(s3: S3Server) -> None:
    kept, name, chunk = Echo(s3.bucket()), new_name(), sealed()
    kept.put(name, 0, chunk)
    assert kept.get(name, 0) == chunk
    with pytest.raises(FileExistsError):
        kept.put(name, 0, sealed())


def test_a_store_that_lets_anything_be_overwritten_is_found_out(s3: S3Server) -> None:
    kept = Bucket(s3.bucket())
    inner = kept._store  # noqa: SLF001 the store behind it

    class Forgetful:
        def put(self, path: str, content: bytes, **_: str) -> None:
            inner.put(path, content)

        def __getattr__(self, name: str) -> object:
            return getattr(inner, name)

    assert kept.try_out()
    kept._store = Forgetful()  # type: ignore[assignment]  # noqa: SLF001 it ignores what it is asked
    assert not kept.try_out()
    assert inner.list("trial").collect() == []


def test_more_chunks_than_a_list_holds_are_all_seen_and_all_removed(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_module, "_AT_ONCE", 2)
    kept, name = Bucket(s3.bucket()), new_name()
    for number in range(5):
        kept.put(name, number, sealed())
    assert kept.numbers(name) == set(range(5))
    assert kept.counts() == {name: 5}
    kept.delete(name)
    assert kept.counts() == {}


def test_what_others_keep_in_the_bucket_is_neither_named_nor_removed(s3: S3Server) -> None:
    kept, name = Bucket(s3.bucket()), new_name()
    kept._store.put("photos/cat.jpg", b"x")  # noqa: SLF001 somebody else
    kept._store.put(f"{name}x/0", b"x")  # noqa: SLF001
    kept.put(name, 0, sealed())
    assert list(kept.names()) == [name]
    kept.delete(name)
    assert [one["path"] for one in kept._store.list().collect()] == [f"{name}x/0", "photos/cat.jpg"]  # noqa: SLF001


def test_the_environment_of_the_process_changes_nothing(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    for name in ("ENDPOINT", "ENDPOINT_URL", "SESSION_TOKEN", "ACCESS_KEY_ID", "SKIP_SIGNATURE", "REGION"):
        monkeypatch.setenv(f"AWS_{name}", "true" if name == "SKIP_SIGNATURE" else "http://zebra.example")

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(str(self.headers))
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((HOST, 0), Listening) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        with pytest.raises(OSError, match="chunk"):
            Bucket(away(s3.without_bucket(), server.server_address[1])).get(new_name(), 0)
        server.shutdown()
    assert "zebra" not in seen[0].lower()
    assert "Credential=okapi-key/" in seen[0]
    assert "us-east-1" in seen[0]
    assert "AWS_ENDPOINT" in os.environ


def test_it_says_where_it_is_and_not_what_opens_it(s3: S3Server) -> None:
    settings = s3.without_bucket()
    said = f"{Bucket(settings)} {Bucket(settings)!r} {settings!r}"
    assert settings.bucket in said
    assert "okapi-word" not in said
