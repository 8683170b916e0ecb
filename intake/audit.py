"""Who did what, when: a hash chain per desk and one for the house.

``record()`` queues an entry. When the transaction commits, the heads of the chains are locked (desks by id, the house
last), and the entries are numbered and hashed over canonical JSON, each over the hash before it.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, UniqueConstraint, bindparam, event, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Session, mapped_column

from intake.extensions import Model, Moment, core, db, table
from intake.i18n import now

HOUSE = 0
_BEFORE_ALL = b"\0" * 32
_QUEUE = "audit"


class AuditHead(Model):
    """The end of one chain: its last number and hash. Chain 0 is the house's, the others are the desks'."""

    __tablename__ = "audit_head"

    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditEntry(Model):
    """One act. Its case is a number without a foreign key, so that it outlives the case."""

    __tablename__ = "audit_entry"
    __table_args__ = (UniqueConstraint("chain", "number"),)

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
    text = json.dumps(
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
    return hashlib.sha256(previous + text.encode()).digest()


def chains() -> list[int]:
    """Return every chain that has an end or an entry."""
    heads = set(db.session.scalars(select(AuditHead.chain)))
    return sorted(heads | set(db.session.scalars(select(AuditEntry.chain).distinct())))


def broken_at(chain: int) -> int | None:
    """Return the number of the first entry of a chain that does not follow from the one before, or None.

    A chain whose end was cut off is broken at the number after its last entry.
    """
    hash_before, expected = _BEFORE_ALL, 1
    for entry in db.session.scalars(select(AuditEntry).where(AuditEntry.chain == chain).order_by(AuditEntry.number)):
        if entry.number != expected or entry.hash != entry_hash(hash_before, entry, entry.number):
            return expected
        hash_before, expected = entry.hash, expected + 1
    head = db.session.get(AuditHead, chain)
    intact = head is None if expected == 1 else head is not None and head.number == expected - 1
    return None if intact else expected


_HEADS = table(AuditHead)
_OF_CHAIN = _HEADS.c.chain == bindparam("of")
_END = select(_HEADS.c.number, _HEADS.c.hash).where(_OF_CHAIN).with_for_update()
_MOVE_END = update(_HEADS).where(_OF_CHAIN)
_NEW_ENTRY = insert(table(AuditEntry))


def _key(act: _Act) -> tuple[bool, int]:
    return (act.chain == HOUSE, act.chain)


def _lock(database: Connection, chain: int) -> tuple[int, bytes]:
    """Return the number and hash at a chain's end, holding its row until the transaction ends."""
    row = database.execute(_END, {"of": chain}).one_or_none()
    if row is None:
        dialect = postgresql if database.dialect.name == "postgresql" else sqlite
        first = dialect.insert(AuditHead).values(chain=chain, number=0, hash=_BEFORE_ALL)
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
