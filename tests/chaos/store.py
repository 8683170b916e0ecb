"""A store that speaks as much S3 as Intake asks for, and keeps what it took: it can be killed, filled, and be slow.

moto, which the other tests ask, keeps all in memory, and would lose what it had promised. This one syncs each object
before it answers, and finds it again. It is a process of its own: ``python -m tests.chaos.store PORT FOLDER``.
"""

import os
import secrets
import sys
import time
from contextlib import suppress
from email.utils import formatdate
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

HOST, BUCKET = "127.0.0.1", "sealed"
SLOW = "slow"  # the file beside the bucket that says for how many seconds each answer waits
_AT_ONCE = 1000


class _Conversation(BaseHTTPRequestHandler):
    """One client's requests."""

    protocol_version = "HTTP/1.1"
    folder: Path

    def do_GET(self) -> None:
        """Give an object, or list some."""
        path, asked = self._asked()
        if "list-type" in asked:
            self._say(200, self._list(asked.get("prefix", ""), asked.get("delimiter", ""), asked), "application/xml")
            return
        self._give(path)

    def do_HEAD(self) -> None:
        """Tell of an object."""
        self._give(self._asked()[0])

    def do_PUT(self) -> None:
        """Keep an object, unless there is one where there must be none."""
        path, _ = self._asked()
        content = self.rfile.read(int(self.headers["Content-Length"]))
        waiting = self.folder / f".{secrets.token_hex(8)}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with waiting.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if self.headers.get("If-None-Match") == "*":
                path.hardlink_to(waiting)
            else:
                waiting.rename(path)
        except FileExistsError:
            self._fail(412, "PreconditionFailed")
        except OSError as error:
            self._fail(500, type(error).__name__)
        else:
            self._say(200, b"", ETag=_tag(content))
        finally:
            with suppress(OSError):
                waiting.unlink(missing_ok=True)

    def do_POST(self) -> None:
        """Remove objects."""
        self._asked()
        asked = ET.fromstring(self.rfile.read(int(self.headers["Content-Length"])))  # noqa: S314 our own client's
        names = [str(key.text) for key in asked.iter() if key.tag.endswith("Key")]
        for name in names:
            (self.folder / BUCKET / name).unlink(missing_ok=True)
        gone = "".join(f"<Deleted><Key>{escape(name)}</Key></Deleted>" for name in names)
        self._say(200, f"<DeleteResult>{gone}</DeleteResult>".encode(), "application/xml")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _asked(self) -> tuple[Path, dict[str, str]]:
        with suppress(OSError, ValueError):
            time.sleep(float((self.folder / SLOW).read_text()))
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        return self.folder / unquote(parts.path).strip("/"), asked

    def _give(self, path: Path) -> None:
        try:
            content = path.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            self._fail(404, "NoSuchKey")
            return
        self._say(200, content, ETag=_tag(content), Last_Modified=formatdate(path.stat().st_mtime, usegmt=True))

    def _list(self, prefix: str, delimiter: str, asked: dict[str, str]) -> bytes:
        bucket, after = self.folder / BUCKET, asked.get("continuation-token", "")
        names = sorted(path.relative_to(bucket).as_posix() for path in bucket.rglob("*") if path.is_file())
        names = [name for name in names if name.startswith(prefix)]
        if delimiter:
            rest = {name.removeprefix(prefix).partition(delimiter)[0] for name in names}
            common = "".join(
                f"<CommonPrefixes><Prefix>{escape(prefix + one)}/</Prefix></CommonPrefixes>" for one in rest
            )
            return f"<ListBucketResult><IsTruncated>false</IsTruncated>{common}</ListBucketResult>".encode()
        page = [name for name in names if name > after][: int(asked.get("max-keys", _AT_ONCE))]
        more = bool(page) and page[-1] != names[-1]
        told = "".join(self._entry(bucket / name, name) for name in page)
        told += f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        told += f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        return f"<ListBucketResult>{told}</ListBucketResult>".encode()

    @staticmethod
    def _entry(path: Path, name: str) -> str:
        about = path.stat()
        at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(about.st_mtime))
        told = f"<Key>{escape(name)}</Key><LastModified>{at}</LastModified><Size>{about.st_size}</Size>"
        return f'<Contents>{told}<ETag>"{about.st_ino}"</ETag></Contents>'

    def _fail(self, status: int, code: str) -> None:
        self._say(status, f"<Error><Code>{code}</Code></Error>".encode(), "application/xml")

    def _say(self, status: int, content: bytes, kind: str = "application/octet-stream", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _tag(content: bytes) -> str:
    return f'"{md5(content, usedforsecurity=False).hexdigest()}"'


def _serve(port: str, folder: str) -> None:
    _Conversation.folder = Path(folder)
    (Path(folder) / BUCKET).mkdir(exist_ok=True)
    with ThreadingHTTPServer((HOST, int(port)), _Conversation) as server:
        server.daemon_threads = True
        server.serve_forever()


if __name__ == "__main__":
    _serve(*sys.argv[1:])
