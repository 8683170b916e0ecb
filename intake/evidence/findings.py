"""What was found out about a file, sealed to the file's own identity: of each kind the newest counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from intake.evidence.models import File, Finding
from intake.evidence.queries import OpenedFile
from intake.extensions import db
from intake.i18n import now
from intake.sealing import SealedBytes, SealError, seal_document, unseal_document

FINDING = "finding/1"
VIEW, CLUES, SCAN = "view", "clues", "scan"


@dataclass(frozen=True)
class SealedFinding:
    """A finding ready to be saved."""

    kind: str
    sealed: SealedBytes


@dataclass(frozen=True)
class Found:
    """A finding as who may open the file reads it."""

    at: datetime
    told: Mapping[str, Any] = field(repr=False)


def seal(file: OpenedFile, kind: str, told: Mapping[str, Any]) -> SealedFinding:
    """Seal a finding to whoever opens the file.

    Args:
        file: the file.
        kind: ``VIEW``, ``CLUES`` or ``SCAN``.
        told: what was found.
    """
    document = {"file": file.name, "found": kind, **told}
    return SealedFinding(kind, seal_document(FINDING, document, [file.identity.recipient]))


def save(file_id: int, finding: SealedFinding) -> None:
    """Save a finding."""
    db.session.add(Finding(file_id=file_id, kind=finding.kind, sealed=finding.sealed, at=now()))


def read(file: OpenedFile) -> dict[str, Found]:
    """Return the newest finding of each kind.

    Raises:
        sealing.SealError: one was altered, or moved here from another file.
    """
    newest = (
        select(func.max(Finding.id))
        .join(File, File.id == Finding.file_id)
        .where(File.name == file.name)
        .group_by(Finding.kind)
    )
    rows = db.session.scalars(select(Finding).where(Finding.id.in_(newest)))
    return {row.kind: Found(row.at, _opened(row, file)) for row in rows}


def of_case(case_id: int, kind: str, files: Sequence[OpenedFile]) -> dict[str, Mapping[str, Any]]:
    """Return the newest finding of a kind about each of a case's files, by the files' names.

    Raises:
        sealing.SealError: one was altered, or moved here from another file.
    """
    known = {file.name: file for file in files}
    of_kind = select(func.max(Finding.id)).join(File, File.id == Finding.file_id)
    newest = of_kind.where(File.case_id == case_id, Finding.kind == kind).group_by(Finding.file_id)
    rows = db.session.execute(
        select(Finding, File.name).join(File, File.id == Finding.file_id).where(Finding.id.in_(newest))
    )
    return {name: _opened(row, known[name]) for row, name in rows if name in known}


def _opened(row: Finding, file: OpenedFile) -> Mapping[str, Any]:
    told = unseal_document(FINDING, row.sealed, file.identity)
    if (told["file"], told["found"]) != (file.name, row.kind):
        message = "a finding was moved here from another file"
        raise SealError(message)
    return told
