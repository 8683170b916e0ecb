"""Who did what, when: a hash chain per desk and one for the house.

``record()`` queues an entry. When the transaction commits, the heads of the chains are locked (desks by id, the house
last), and the entries are numbered and hashed over canonical JSON, each over the hash before it.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_string, policy
from email.message import EmailMessage
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    bindparam,
    cast,
    event,
    func,
    insert,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import NullType

from intake.extensions import Model, Moment, core, db, table
from intake.i18n import now

HOUSE = 0
BEGIN, END = "-----BEGIN AUDIT HEADS-----", "-----END AUDIT HEADS-----"  # around the heads that a letter notes
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*: |From ")  # how a letter begins that was saved as it was sent
_IN_A_MAILBOX = re.compile(
    r"^(?=From \S+ .*\d\d:\d\d:\d\d)", re.MULTILINE
)  # where in a mailbox each letter begins (RFC 4155)
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
_LENIENT = json.JSONDecoder(strict=False)
BEFORE_ALL = b"\0" * 32  # the hash before the first entry of a chain
_QUEUE = "audit"
_AT_ONCE = 1_000  # entries in memory while a chain is checked
OPENED = "case.opened"  # the act that says who read a case: letters are looked up by it
_IS_OPENED = text(f"act = '{OPENED}'")


class AuditHead(Model):
    """The end of one chain: its last number and hash. Chain 0 is the house's, the others are the desks'."""

    __tablename__ = "audit_head"

    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditEntry(Model):
    """One act. Its case is a number without a foreign key, so that it outlives the case."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        UniqueConstraint("chain", "number"),
        Index(
            "ix_audit_entry_opened",
            *("case_id", "member_id", "at"),
            sqlite_where=_IS_OPENED,
            postgresql_where=_IS_OPENED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    chain: Mapped[int]
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(Moment)
    act: Mapped[str]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    case_id: Mapped[int | None] = mapped_column(index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True)
class _Act:
    """An entry that waits for its number."""

    chain: int
    at: datetime
    act: str
    member_id: int | None
    case_id: int | None
    detail: dict[str, Any] = field(default_factory=dict)


def record(
    act: str,
    *,
    desk_id: int = HOUSE,
    member_id: int | None = None,
    case_id: int | None = None,
    at: datetime | None = None,
    **detail: str | int | bool | None,
) -> None:
    """Queue an entry for the transaction that is open; it is written when that commits.

    Args:
        act: what was done, a word or two with a dot, such as ``case.opened``.
        desk_id: the desk whose chain it belongs to; without it, the house's.
        member_id: who did it; nobody for a complainant or a command.
        case_id: the case it concerns.
        at: when, where that is not now (a complainant's acts are kept to ten minutes).
        detail: plain facts, never anything that is sealed elsewhere.
    """
    acts: list[_Act] = db.session().info.setdefault(_QUEUE, [])
    acts.append(_Act(desk_id, at or now(), act, member_id, case_id, detail))


def entry_hash(previous: bytes, entry: "AuditEntry | _Act", number: int) -> bytes:
    """Return SHA-256 over the hash before and the entry's canonical JSON."""
    return hashlib.sha256(previous + canonical(entry, number).encode()).digest()


def canonical(entry: "AuditEntry | _Act", number: int) -> str:
    """Return an entry as it is hashed: JSON in one form alone."""
    return json.dumps(
        {
            "chain": entry.chain,
            "number": number,
            "at": entry.at.isoformat(),
            "act": entry.act,
            "member": entry.member_id,
            "case": entry.case_id,
            "detail": entry.detail,
        },
        sort_keys=True,
        separators=(",", ":"),
    )


class Note(NamedTuple):
    """The end of a chain as somebody noted it: its number, and the hash that its entry had."""

    chain: int
    number: int
    hash: bytes


class NoteError(Exception):
    """A file of noted heads cannot be read; says where."""


@dataclass(frozen=True)
class Checked:
    """A chain that was recomputed.

    Attributes:
        chain: which.
        count: how many entries it has.
        head: the hash at its end; None where it never began.
        broken_at: the number of the first entry that does not follow from the one before, or that is missing.
        rewritten_at: the number of the first entry whose hash is not the one that was noted, or that is missing.
    """

    chain: int
    count: int
    head: bytes | None
    broken_at: int | None
    rewritten_at: int | None

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.broken_at is None and self.rewritten_at is None


def last_at() -> datetime | None:
    """Return when something was recorded last, by the clock of that time."""
    return db.session.scalar(select(func.max(AuditEntry.at)))


def chains() -> list[int]:
    """Return every chain that has an end or an entry."""
    heads = set(db.session.scalars(select(AuditHead.chain)))
    return sorted(heads | set(db.session.scalars(select(AuditEntry.chain).distinct())))


def broken_at(chain: int) -> int | None:
    """Return the number of the first entry of a chain that does not follow from the one before, or None.

    A chain whose end was cut off is broken at the number after its last entry.
    """
    return check(chain).broken_at


def check(chain: int, noted: Iterable[Note] = ()) -> Checked:
    """Recompute a chain from its first entry to its end, a thousand entries in memory at most.

    Args:
        chain: which.
        noted: heads that were noted earlier; those of other chains do not matter.
    """
    wanted = _wanted(chain, noted)
    found = db.session.execute(_END_SEEN, {"of": chain}).one_or_none()
    end = (found.number, found.hash) if found else None
    count, hash_before = 0, BEFORE_ALL
    broken: int | None = None
    rewritten: list[int] = []
    for row in db.session.execute(_OF_THE_CHAIN, {"of": chain}):
        count, end = count + 1, (row.end_number, row.end_hash)
        follows = _follows(row, chain, count, hash_before)
        broken = count if broken is None and not follows else broken
        rewritten += [row.number] if wanted.pop(row.number, {row.hash}) != {row.hash} else []
        hash_before = row.hash
    begun = chain != HOUSE or count > 0  # the house's chain begins when the house is set up
    whole = begun and (end is None or end == (count, hash_before))
    broken = count + 1 if broken is None and not whole else broken
    head = hash_before if count and isinstance(hash_before, bytes) else None
    return Checked(chain, count, head, broken, min([*rewritten, *wanted], default=None))


def notes() -> list[Note]:
    """Return the end of every chain, to be noted where nobody can change it who can change the database."""
    return [
        Note(*row)
        for row in db.session.execute(
            select(AuditHead.chain, AuditHead.number, AuditHead.hash).order_by(AuditHead.chain)
        )
    ]


def written(note: Note, name: str = "") -> str:
    """Return a noted head as one line of JSON, with the name of its chain, if that is given."""
    named = {"name": name} if name else {}
    return json.dumps({"chain": note.chain, **named, "number": note.number, "hash": note.hash.hex()})


def read_notes(lines: Iterable[str]) -> Iterator[Note]:
    """Yield the heads that a file notes: one on a line, or those in saved letters; what else a line says is nothing.

    In a letter they stand between two lines, ``BEGIN`` and ``END``. It may have been saved as it was sent, or copied
    out of a mail program that quoted it and broke its lines.

    Raises:
        NoteError: a line notes no head, or a letter does not hold what it promises.
    """
    text = "".join(lines)
    if _HEADER.match(text):
        text = "\n".join(map(_decoded, _IN_A_MAILBOX.split(text)))
    if BEGIN in text:
        yield from _noted_in_letters(text)
        return
    for place, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield _note(json.loads(line))
        except _UNREADABLE as error:
            message = f"line {place} notes no head: `flask audit heads` writes such lines"
            raise NoteError(message) from error


def _decoded(saved: str) -> str:
    """Return the words of a letter that was saved as it was sent, with its headers."""
    try:
        letter = message_from_string(saved, policy=policy.default)
        body = letter.get_body(("plain",)) if isinstance(letter, EmailMessage) else None
        return str(body.get_content()) if body is not None else saved
    except _UNREADABLE:
        return saved


def _noted_in_letters(text: str) -> Iterator[Note]:
    for part in text.split(BEGIN)[1:]:
        inside, ended, _ = part.partition(END)
        rest = " ".join(line.lstrip("> |\t") for line in inside.splitlines()).strip()
        try:
            while rest:
                said, length = _LENIENT.raw_decode(rest)
                yield _note(said)
                rest = rest[length:].lstrip()
        except _UNREADABLE as error:
            message = "a letter notes a head that cannot be read: save it again as it came"
            raise NoteError(message) from error
        if not ended:
            message = f"a letter has no line {END}: it was cut off"
            raise NoteError(message)


def _note(said: Any) -> Note:  # noqa: ANN401 JSON may be anything
    """Return a head out of JSON; the hash may have blanks in it where a line was broken."""
    return Note(int(said["chain"]), int(said["number"]), bytes.fromhex(said["hash"]))


def _wanted(chain: int, noted: Iterable[Note]) -> dict[int, set[bytes]]:
    """Return the hashes that entries of a chain must have, by number."""
    found: dict[int, set[bytes]] = {}
    for note in noted:
        if note.chain == chain:
            found.setdefault(note.number, set()).add(note.hash)
    return found


def _follows(row: Row[Any], chain: int, number: int, hash_before: bytes) -> bool:
    """Return whether an entry, as the database keeps it, is the next of its chain; what cannot be read is not."""
    try:
        at = datetime.fromisoformat(row.at).replace(tzinfo=UTC) if isinstance(row.at, str) else row.at.astimezone(UTC)
        act = _Act(chain, at, row.act, row.member_id, row.case_id, json.loads(row.detail))
        return bool(row.number == number and row.hash == entry_hash(hash_before, act, number))
    except (ValueError, TypeError, AttributeError):
        return False


_HEADS = table(AuditHead)
_OF_CHAIN = _HEADS.c.chain == bindparam("of")
_END = select(_HEADS.c.number, _HEADS.c.hash).where(_OF_CHAIN).with_for_update()
_MOVE_END = update(_HEADS).where(_OF_CHAIN)
_NEW_ENTRY = insert(table(AuditEntry))
_ENTRIES = table(AuditEntry)
_END_SEEN = select(_HEADS.c.number, _HEADS.c.hash).where(_OF_CHAIN)
# As they are kept, without the types that would stop at what was tampered with; each with the chain's end, so that all
# is seen at one moment while others write.
_OF_THE_CHAIN = (
    select(
        _ENTRIES.c.number,
        type_coerce(_ENTRIES.c.at, NullType).label("at"),
        _ENTRIES.c.act,
        _ENTRIES.c.member_id,
        _ENTRIES.c.case_id,
        cast(_ENTRIES.c.detail, Text).label("detail"),
        type_coerce(_ENTRIES.c.hash, NullType).label("hash"),
        _HEADS.c.number.label("end_number"),
        _HEADS.c.hash.label("end_hash"),
    )
    .outerjoin(_HEADS, _HEADS.c.chain == _ENTRIES.c.chain)
    .where(_ENTRIES.c.chain == bindparam("of"))
    .order_by(_ENTRIES.c.number)
    .execution_options(yield_per=_AT_ONCE)
)


def _key(act: _Act) -> tuple[bool, int]:
    return (act.chain == HOUSE, act.chain)


def _lock(database: Connection, chain: int) -> tuple[int, bytes]:
    """Return the number and hash at a chain's end, holding its row until the transaction ends."""
    row = database.execute(_END, {"of": chain}).one_or_none()
    if row is None:
        dialect = postgresql if database.dialect.name == "postgresql" else sqlite
        first = dialect.insert(AuditHead).values(chain=chain, number=0, hash=BEFORE_ALL)
        database.execute(first.on_conflict_do_nothing())
        row = database.execute(_END, {"of": chain}).one()
    return row.number, row.hash


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    """Number, hash and save what was queued."""
    acts: list[_Act] = session.info.pop(_QUEUE, [])
    if not acts:
        return
    session.flush()
    database = core()
    acts.sort(key=_key)  # one order of locks for everybody, or two writers would wait for each other
    ends: dict[int, tuple[int, bytes]] = {}
    rows = []
    for act in acts:
        number, previous = ends.get(act.chain) or _lock(database, act.chain)
        number, previous = number + 1, entry_hash(previous, act, number + 1)
        ends[act.chain] = (number, previous)
        rows.append(
            {
                "chain": act.chain,
                "number": number,
                "at": act.at,
                "act": act.act,
                "member_id": act.member_id,
                "case_id": act.case_id,
                "detail": act.detail,
                "hash": previous,
            }
        )
    database.execute(_NEW_ENTRY, rows)
    for chain, (number, previous) in ends.items():
        database.execute(_MOVE_END, {"of": chain, "number": number, "hash": previous})


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    """Drop what a transaction queued that did not happen."""
    session.info.pop(_QUEUE, None)
