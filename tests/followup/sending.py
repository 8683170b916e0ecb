"""The page of files as its script and its form use it."""

import io
from typing import Any

from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from intake.cases.models import Case
from intake.evidence import queries, read
from intake.evidence.place import storage
from intake.extensions import db
from intake.sealing import CodeKeys

PATH = "/en/case/files"


class Script:
    """What the page's script does."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        """Have the page's token."""
        self.client, self.headers = client, {"X-CSRFToken": token}

    def post(self, path: str, data: Any = None, **more: Any) -> TestResponse:
        return self.client.post(f"{PATH}{path}", data=data, headers=self.headers, **more)

    def begin(self, content: bytes, name: str = "wound.jpg", **changes: Any) -> TestResponse:
        return self.post("/begin", {"name": name, "size": str(len(content)), "mark": "m", **changes})

    def take(self, name: str, first: object, body: bytes) -> TestResponse:
        return self.post(f"/{name}/{first}", body, content_type="application/octet-stream")


def form(token: str, *files: tuple[str, bytes]) -> tuple[bytes, str]:
    """Return a form with files, encoded in memory, and its content type."""
    fields: MultiDict[str, Any] = MultiDict({"csrf_token": token})
    for name, content in files:
        fields.add("files", FileStorage(io.BytesIO(content), name, "files"))
    boundary, body = encode_multipart(fields)
    return body, f"multipart/form-data; boundary={boundary}"


def post_files(script: Script, *files: tuple[str, bytes]) -> TestResponse:
    """Send the form without a script."""
    body, content_type = form(script.headers["X-CSRFToken"], *files)
    return script.client.post(PATH, data=body, content_type=content_type)


class CutOff(io.BytesIO):
    """A body of which fewer bytes come than its length says."""

    def __init__(self, sent: bytes, length: int) -> None:
        """Say how many there should be."""
        super().__init__(sent)
        self.length, self.measured = length, False

    def seek(self, offset: int, whence: int = 0) -> int:
        self.measured = whence == io.SEEK_END
        return super().seek(offset, whence)

    def tell(self) -> int:
        return self.length if self.measured else super().tell()


def cut_off(
    script: Script, path: str, sent: bytes, length: int, content_type: str, *, ends_by_itself: bool
) -> TestResponse:
    """Send a body that is cut off; the real web server lets it end by itself then."""
    return script.client.post(
        path,
        headers=script.headers,
        content_type=content_type,
        input_stream=CutOff(sent, length),
        environ_overrides={"wsgi.input_terminated": True} if ends_by_itself else {},
    )


def contents(case: Case, keys: CodeKeys) -> list[bytes]:
    """Return what arrived, as the code opens it."""
    db.session.rollback()
    found = queries.opened_files(case.id, case.reference, lambda _: keys.identity)
    return [b"".join(read.plaintext(file)) for file in found]


def on_disk() -> list[str]:
    """Return the chunks that are kept."""
    return [f"{name}/{number}" for name in storage().names() for number in storage().numbers(name)]
