"""Reads about files. Who asks must have fetched the case: a file is found among those of one case only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from werkzeug.exceptions import NotFound

from intake.desks.seats import Opens
from intake.evidence.models import File, Upload, View
from intake.extensions import db
from intake.sealing import Identity, SealError, unseal_document, unseal_identity
from intake.web.file_names import safe_name

FILE = "file/1"
RECORDING, ATTACHMENT = "recording", "attachment"  # what a file is: spoken to us, or anything that came with a mail
AT_ONCE = 500  # names in one statement


@dataclass(frozen=True)
class Part:
    """Of what a file is the beginning, where a member kept what had arrived before the rest came.

    Attributes:
        of: the upload's name in the storage.
        file_name: how it is called on its sender's device.
        size: how many bytes all of it has.
        sender_id: the member who sends it; None is the complainant.
    """

    of: str
    file_name: str
    size: int
    sender_id: int | None


@dataclass(frozen=True)
class OpenedFile:
    """What a file is, and what opens its chunks, for who may open it."""

    name: str
    identity: Identity
    content_type: str
    size: int
    chunk: int
    chunks: int
    sha256: str
    file_name: str
    received_at: datetime
    member_id: int | None
    what: str = RECORDING
    mark: str = ""  # what its sender's device told it from others by
    part: Part | None = None  # None where it is whole

    @property
    def is_attachment(self) -> bool:
        """Whether it may be anything, and dangerous: it is only taken along, never played or shown."""
        return self.what != RECORDING

    @property
    def sender_id(self) -> int | None:
        """The member from whom its bytes came; None is the complainant."""
        return self.part.sender_id if self.part else self.member_id

    @property
    def sent_name(self) -> str:
        """How it is called on its sender's device."""
        return self.part.file_name if self.part else self.file_name


def opened_files(case_id: int, reference: str, opens: Opens) -> list[OpenedFile]:
    """Open the descriptions of a case's files, first to last; no chunk is read.

    Args:
        case_id: a case that whoever asks may open.
        reference: its reference.
        opens: gives the identities of the desk, or the complainant's.

    Raises:
        sealing.SealError: a description was altered, or moved here from another case or file.
    """
    return [described(row, reference, opens) for row in sealed_files(case_id)]


def sealed_files(case_id: int) -> list[File]:
    """Return the files of a case as they are kept, first to last."""
    return list(db.session.scalars(select(File).where(File.case_id == case_id).order_by(File.id)))


def opened_file(name: str, case_id: int, reference: str, opens: Opens) -> OpenedFile:
    """Open the description of one file of a case.

    Raises:
        werkzeug.exceptions.NotFound: the case has no such file.
        sealing.SealError: as above.
    """
    row = db.session.scalar(select(File).where(File.case_id == case_id, File.name == name))
    if row is None:
        raise NotFound
    return described(row, reference, opens)


def names_in_order(case_id: int) -> list[str]:
    """Return the names of a case's files, first to last."""
    return list(db.session.scalars(select(File.name).where(File.case_id == case_id).order_by(File.id)))


def names_of(case_id: int) -> list[str]:
    """Return every name in the storage that belongs to a case, for who removes it: files, uploads, viewing copies."""
    views = select(View.name).join(File, File.id == View.file_id).where(File.case_id == case_id)
    uploads = select(Upload.name).where(Upload.case_id == case_id)
    return list(db.session.scalars(select(File.name).where(File.case_id == case_id).union_all(uploads, views)))


def without_row(names: list[str]) -> list[str]:
    """Return those of these names that no file, upload or viewing copy has."""
    known: set[str] = set()
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        for row in (File, Upload, View):
            known.update(db.session.scalars(select(row.name).where(row.name.in_(some))))
    return [name for name in names if name not in known]


def described(row: File, reference: str, opens: Opens) -> OpenedFile:
    """Open the description of a file.

    Raises:
        sealing.SealError: it was altered, or moved here from another case.
    """
    identity = unseal_identity(row.identity, opens(row.desk_key_id))
    told = unseal_document(FILE, row.sealed, identity)
    if (told["reference"], told["name"], told["size"], told["chunks"]) != (
        reference,
        row.name,
        row.size,
        row.chunk_count,
    ):
        message = "a file was moved here from another case"
        raise SealError(message)
    return OpenedFile(
        name=row.name,
        identity=identity,
        content_type=told["content_type"],
        size=told["size"],
        chunk=told["chunk"],
        chunks=told["chunks"],
        sha256=told["sha256"],
        file_name=safe_name(told["file_name"]),
        received_at=datetime.fromisoformat(told["received_at"]),
        member_id=row.member_id,
        what=told["what"],
        mark=told.get("mark", ""),
        part=_part(told.get("part")),
    )


def _part(told: dict[str, Any] | None) -> Part | None:
    return Part(told["of"], safe_name(told["file_name"]), told["size"], told["sender_id"]) if told else None
