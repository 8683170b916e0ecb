"""The record of custody of a case's files: what the audit chains say of each, and whether it is still as it came."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from intake.audit import BEFORE_ALL, AuditEntry, AuditHead, canonical, entry_hash
from intake.evidence.models import Chunk, File
from intake.evidence.place import storage
from intake.evidence.trail import WHOLE_CASE, is_about
from intake.extensions import db
from intake.i18n import to_ten_minutes

RECEIVED = "evidence.received"
CHEAP = 64 * 1024 * 1024  # bytes of files whose sealed chunks are all read before a member is answered
AT_ONCE = 1_000  # rows in memory


class Kept(NamedTuple):
    """A file as its row says it, without opening anything."""

    name: str
    size: int
    chunk_count: int
    digest: bytes | None
    received_at: datetime


@dataclass(frozen=True)
class Link:
    """An entry of an audit chain about a file, with the hash of the entry before it.

    Attributes:
        previous: that hash; None where that entry is missing.
    """

    entry: AuditEntry
    previous: bytes | None

    @property
    def text(self) -> str:
        """The entry as it is hashed, after the hash before it."""
        return canonical(self.entry, self.entry.number)

    @property
    def holds(self) -> bool:
        """Whether its hash is that of what it says."""
        return self.previous is not None and self.entry.hash == entry_hash(self.previous, self.entry, self.entry.number)


@dataclass(frozen=True)
class Custody:
    """What the chains say of some files, and where these chains end.

    Attributes:
        links: of each file, by its name, in the order in which it happened.
        heads: the end of each chain that says something of them.
    """

    links: dict[str, list[Link]]
    heads: list[AuditHead]

    def digest_of(self, name: str) -> str | None:
        """Return the digest of a file's sealed chunks as it was written down when the file came."""
        received = (link.entry.detail for link in self.links[name] if link.entry.act == RECEIVED)
        return next((str(detail["digest"]) for detail in received if "digest" in detail), None)


def of_case(case_id: int, files: Collection[Kept]) -> Custody:
    """Return the record of custody of some files of a case, across the chains of all desks that had it.

    What was done with the case as a whole, such as moving it to another desk, is in the record of each.

    Args:
        case_id: a case that whoever asks may open.
        files: some of its files.
    """
    before = aliased(AuditEntry)
    found = select(AuditEntry, before.hash).outerjoin(
        before, and_(before.chain == AuditEntry.chain, before.number == AuditEntry.number - 1)
    )
    of_files = AuditEntry.act.startswith("evidence.", autoescape=True)
    found = found.where(AuditEntry.case_id == case_id, or_(of_files, AuditEntry.act.in_(WHOLE_CASE)))
    links: dict[str, list[Link]] = {file.name: [] for file in files}
    since = {file.name: to_ten_minutes(file.received_at) for file in files}
    for entry, hash_before in db.session.execute(found.order_by(AuditEntry.id)):
        link = Link(entry, BEFORE_ALL if entry.number == 1 else hash_before)
        for name, of_file in links.items():
            if is_about(name, since[name], entry.act, entry.at, entry.detail):
                of_file.append(link)
    chains = {link.entry.chain for of_file in links.values() for link in of_file}
    heads = select(AuditHead).where(AuditHead.chain.in_(chains)).order_by(AuditHead.chain)
    return Custody(links, list(db.session.scalars(heads)))


def kept_of(case_id: int) -> dict[str, Kept]:
    """Return the files of a case that whoever asks may open, by name."""
    of_case = select(File.name, File.size, File.chunk_count, File.digest, File.received_at)
    rows = db.session.execute(of_case.where(File.case_id == case_id).order_by(File.id))
    return {row.name: Kept(*row) for row in rows}


def altered(files: Iterable[Kept], custody: Custody) -> set[str]:
    """Return the names of those files that are not what came, as far as that shows without opening them.

    The chunks' hashes are compared with what was written down at the receipt. Where all files together are small, the
    sealed chunks themselves are read, too; of large ones, that shows when they are opened.

    Args:
        files: files of a case.
        custody: what the chains say of them.
    """
    of_name = {file.name: file for file in files}
    wrong = {name for name, links in custody.links.items() if not all(link.holds for link in links)}
    reads = sum(file.size for file in of_name.values()) <= CHEAP
    seen = {name: (0, hashlib.sha256()) for name in of_name}
    rows = select(Chunk.name, Chunk.number, Chunk.sha256).where(Chunk.name.in_(of_name))
    for name, number, sha256 in db.session.execute(
        rows.order_by(Chunk.name, Chunk.number).execution_options(yield_per=AT_ONCE)
    ):
        count, whole = seen[name]
        whole.update(sha256)
        seen[name] = (count + 1, whole)
        if number != count or (reads and name not in wrong and _hash_of(name, number) != sha256):
            wrong.add(name)
    return wrong | {
        name for name, (count, whole) in seen.items() if _differs(of_name[name], count, whole.hexdigest(), custody)
    }


def _differs(file: Kept, count: int, digest: str, custody: Custody) -> bool:
    """Return whether the hashes of a file's chunks are not those of its receipt; older files have none."""
    written = custody.digest_of(file.name)
    if file.digest is None and not count:
        return written is not None
    return file.digest is None or (count, digest, written) != (file.chunk_count, file.digest.hex(), digest)


def _hash_of(name: str, number: int) -> bytes | None:
    try:
        return hashlib.sha256(storage().get(name, number)).digest()
    except FileNotFoundError:
        return None
