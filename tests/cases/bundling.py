"""Evidence bundles: a case with files, taking its bundle through the pages, and verifying it with stock tools."""

import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from intake.audit import AuditEntry
from intake.cases import bundle_words, consent, queries
from intake.cases.models import Case
from intake.desks.routing import destination_at
from intake.evidence import queries as evidence
from intake.evidence import receive
from intake.evidence.models import File, View
from intake.evidence.place import storage
from intake.evidence.queries import OpenedFile
from intake.extensions import db, transaction
from intake.i18n import now, to_ten_minutes
from intake.members.sessions import Visitor
from intake.sealing import seal_chunk, seal_document
from intake.storage import new_name
from intake.web.uploads import CHUNK
from tests.cases import saved
from tests.factories import token_on

GPS = 0x8825  # the directory of EXIF that says where a picture was taken
CHECK_SUMS, CHECK_SIGNATURE, PRINT = bundle_words.COMMANDS
VERIFIED = "Signature Verified Successfully"
Told = tuple[Case, str]
TRICKY = "../../etc/\u202epasswd\u202c photo.jpg"


def photo(colour: str = "red") -> bytes:
    """Return a JPEG that says in its metadata where it was taken."""
    made, exif = io.BytesIO(), Image.Exif()
    exif.get_ifd(GPS).update({1: "N", 2: (43.0, 14.0, 19.0), 3: "E", 4: (76.0, 56.0, 44.0)})
    Image.new("RGB", (64, 48), colour).save(made, "JPEG", exif=exif)
    return made.getvalue()


def stripped(picture: bytes) -> bytes:
    """Return a picture as a viewing copy has it: encoded anew, without metadata."""
    made = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as opened:
        Image.frombytes(opened.mode, opened.size, opened.tobytes()).save(made, "JPEG")
    return made.getvalue()


def place_of(picture: bytes) -> dict[int, object]:
    """Return what a picture says of the place where it was taken."""
    with Image.open(io.BytesIO(picture)) as opened:
        return dict(opened.getexif().get_ifd(GPS))


def attach(case: Case, content: bytes, file_name: str = TRICKY) -> str:
    """Let a file come to a case, as one that a mail brings; return its name in the storage."""
    found = saved(case)
    to, kept = destination_at(found.desk_id), receive.keep_content(content, file_name)
    sealed = receive.describe(kept, found.reference, [to.recipient])
    with transaction():
        receive.save(sealed, found.id, to.key_id, to_ten_minutes(now()))
    return kept.name


def keep_copy(visitor: Visitor, case: Case, name: str, content: bytes, content_type: str = "image/jpeg") -> None:
    """Keep a viewing copy of a file."""
    file, part = opened(visitor, case, name), new_name()
    to = [file.identity.recipient]
    storage().put(part, 0, seal_chunk(0, content, to[0], last=True))
    told = {"file": name, "name": part, "number": 0, "part": "picture", "content_type": content_type}
    told |= {"size": len(content), "chunk": CHUNK, "chunks": 1, "sha256": hashlib.sha256(content).hexdigest()}
    sealed = seal_document("view/1", {**told, "width": 0, "height": 0, "more": 0}, to)
    file_id = db.session.scalars(select(File.id).where(File.name == name)).one()
    with transaction():
        row = {"size": len(content), "chunk_count": 1, "made_at": now()}
        db.session.add(View(file_id=file_id, number=0, name=part, sealed=sealed, **row))


def opened(visitor: Visitor, case: Case, name: str) -> OpenedFile:
    """Return a file of a case as a member opens it."""
    found = saved(case)
    return evidence.opened_file(name, found.id, found.reference, queries.desk_opens(visitor))


def path_of(case: Case) -> str:
    """Return the address of a case's bundle."""
    return f"/desk/cases/{saved(case).reference}/bundle"


def take(client: FlaskClient, case: Case, *names: str, audience: str = consent.INSIDE) -> TestResponse:
    """Take a bundle, as a member who typed the password just now."""
    path = path_of(case)
    own = token_on(client.get("/desk/cases/new").get_data(as_text=True))
    return client.post(path, data={"csrf_token": own, "audience": audience, "files": list(names)})


def unpacked(answer: TestResponse, folder: Path) -> Path:
    """Unpack a bundle; return the folder with its list of hashes."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        archive.extractall(folder / "unpacked")
    (inside,) = (folder / "unpacked").iterdir()
    return inside


def tool(name: str) -> str:
    """Return where a program is that a court has, or skip the test."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed here")
    return found


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as VERIFY.txt says it, in the folder of a bundle."""
    for program in ("sha256sum", "openssl"):
        tool(program)
    return subprocess.run(["/bin/sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)


def entries(act: str) -> list[dict[str, Any]]:
    """Return the details of the audit's entries of an act."""
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry.detail).where(AuditEntry.act == act).order_by(AuditEntry.id)))


def custody_in(folder: Path) -> dict[str, Any]:
    """Return the record of custody that a bundle has."""
    told: dict[str, Any] = json.loads((folder / "custody.json").read_text())
    return told
