"""Files: what opens one, and what it is. Their bytes lie in the storage."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from intake.extensions import Model, Moment, Sealed
from intake.sealing import SealedBytes

_IS_NEW = text("read_at IS NULL")


class File(Model):
    """A file of a case, all of it here. Its chunks and its description are sealed to an identity of its own.

    That identity is sealed to desk and complainant: a new desk or a new code is one row sealed anew. A member brought
    the file where ``member_id`` says so, or kept it of what was on its way; else the complainant brought it.

    Attributes:
        desk_only: whether the complainant's code does not open it: a member brought it for the desk.
        digest: SHA-256 over the SHA-256 of each sealed chunk, in order, as the audit chain has it since the receipt;
            None where the file came before this was kept.
        read_at: when the desk saw that it is there; None where the complainant sent it and nobody has.
    """

    __tablename__ = "evidence_file"
    __table_args__ = (Index("ix_evidence_file_new", "case_id", sqlite_where=_IS_NEW, postgresql_where=_IS_NEW),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_only: Mapped[bool] = mapped_column(default=False, server_default=false())
    identity: Mapped[SealedBytes] = mapped_column(Sealed("desk", "complainant"))
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("file"))
    size: Mapped[int] = mapped_column(BigInteger)
    chunk_count: Mapped[int]
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(Moment)
    read_at: Mapped[datetime | None] = mapped_column(Moment)


class Upload(Model):
    """A file of which some chunks are still to come. It goes on whenever who sends it comes back with the same file.

    Attributes:
        recipient: the file's own, to which each chunk is sealed as it arrives, while nobody's identity is at hand.
        size: how many bytes it will have, as the sender's device says; a quota counts them from the beginning.
        chunk: how many bytes each chunk but the last has.
    """

    __tablename__ = "evidence_upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    desk_key_id: Mapped[int] = mapped_column(ForeignKey("desk_key.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    desk_only: Mapped[bool] = mapped_column(default=False, server_default=false())
    identity: Mapped[SealedBytes] = mapped_column(Sealed("desk", "complainant"))
    recipient: Mapped[str]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("file"))
    size: Mapped[int] = mapped_column(BigInteger)
    chunk: Mapped[int]
    begun_at: Mapped[datetime] = mapped_column(Moment)


class Chunk(Model):
    """A sealed chunk that is kept in the storage: of a file, of an upload that goes on, or of a viewing copy.

    Attributes:
        name: the file's name in the storage.
        sha256: SHA-256 of the chunk as it is kept, sealed: whoever has no identity can still see whether it changed.
    """

    __tablename__ = "evidence_chunk"

    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)


class View(Model):
    """A part of a file's viewing copy: a picture without its traces, a page of a document, a text, sound or film.

    Its chunks are sealed to the file's own identity, and so is what it is.

    Attributes:
        number: which part, from 0.
        name: its name in the storage.
    """

    __tablename__ = "evidence_view"
    __table_args__ = (UniqueConstraint("file_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("evidence_file.id"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(unique=True)
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("file"))
    size: Mapped[int] = mapped_column(BigInteger)
    chunk_count: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(Moment)


class Finding(Model):
    """What was found out about a file: whether there is a viewing copy, what its metadata says, what a scanner said.

    Attributes:
        kind: ``view``, ``clues`` or ``scan``; of each kind the newest counts.
    """

    __tablename__ = "evidence_finding"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("evidence_file.id"), index=True)
    kind: Mapped[str]
    sealed: Mapped[SealedBytes] = mapped_column(Sealed("file"))
    at: Mapped[datetime] = mapped_column(Moment)
