"""Sealing a desk's cases anew to its newest key: in steps that may end anywhere, and be taken up by anybody seated."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Update, bindparam, exists, func, literal, select, update

from intake.cases.models import Case, ComplainantKey
from intake.cases.sealed_rows import DESK, SealedTable, sealed_to
from intake.desks import keys, queries, seats
from intake.desks.models import Desk
from intake.extensions import StaleError, core, db, table
from intake.members.sessions import Visitor
from intake.sealing import Identity, SealError

AT_ONCE = 200  # rows in one transaction: others wait no longer than that takes
FEW = {"search_page": 10, "fact_page": 50}  # and of tables whose rows are large
_CASES, _COMPLAINANT_KEYS = table(Case), table(ComplainantKey)


@dataclass(frozen=True)
class Progress:
    """How many rows of a desk are sealed to its newest key, and how many there are under each old key."""

    done: int
    left: dict[int, int]

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self.done + sum(self.left.values())

    @property
    def percent(self) -> int:
        """How far it is: 100 only when all is done."""
        return 100 * self.done // self.total if self.total else 100


@dataclass(frozen=True)
class Batch:
    """Rows of one table, sealed anew to a desk's newest key, with what they were."""

    desk_id: int
    key_id: int
    kind: SealedTable
    rows: list[dict[str, Any]]


def progress(desk: Desk) -> Progress:
    """Count what is sealed to which key of a desk."""
    living = {key.id: key.replaced_at is not None for key in queries.living_keys(desk.id)}
    counts = dict.fromkeys(living, 0)
    for kind in sealed_to(DESK):
        of = kind.table.c.desk_key_id
        for key_id, count in core().execute(select(of, func.count()).where(of.in_(living)).group_by(of)):
            counts[key_id] += count
    left = {key_id: counts[key_id] for key_id, is_old in living.items() if is_old}
    return Progress(sum(counts.values()) - sum(left.values()), left)


def turns(visitor: Visitor, desk: Desk, seconds: float) -> Iterator[Callable[[], Batch]]:
    """Yield what seals the next rows anew, once at least, until there are none left or the time is up.

    Each is to be saved by ``save`` before the next is asked for. What was changed, held or sealed to another key
    meanwhile is left for the next time.

    Args:
        visitor: a member seated at the desk.
        desk: the desk.
        seconds: how long to go on.
    """
    until, turn = time.monotonic() + seconds, _Turn(visitor, desk)
    while True:
        yield turn.seal_some
        turn.move_on()
        if turn.is_over or time.monotonic() >= until:
            return


def save(batch: Batch) -> int:
    """Save rows that were sealed anew, those that are still as they were.

    Returns:
        How many were saved.

    Raises:
        StaleError: the desk has a newer key; seal them again.
    """
    if not batch.rows:
        return 0
    if queries.current_key(batch.desk_id, held=True).id != batch.key_id:
        raise StaleError
    rows = batch.kind.table
    wanted = select(rows.c.id).where(rows.c.id.in_([row["of"] for row in batch.rows]))
    # Whoever writes to a row holds it, and may wait for another one of these: only who waits for nobody is in no knot.
    free = set(core().scalars(wanted.with_for_update(skip_locked=True)))
    saved = [row for row in batch.rows if row["of"] in free]
    return core().execute(_saving(batch.kind), saved).rowcount if saved else 0


def emptied(desk: Desk) -> list[int]:
    """Return the old keys of a desk under which nothing is kept any more."""
    return [key_id for key_id, count in progress(desk).left.items() if not count]


def finish(visitor: Visitor, desk: Desk, key_ids: Sequence[int]) -> bool:
    """Retire old keys of a desk, if truly nothing is kept under them.

    Returns:
        Whether the rotation is finished by it.
    """
    empty = [key_id for key_id in key_ids if not any(_keeps(kind, key_id) for kind in sealed_to(DESK))]
    return bool(empty) and keys.retire(visitor, desk.id, empty)


class _Turn:
    """A walk through all tables, from the first row of each to the last."""

    def __init__(self, visitor: Visitor, desk: Desk) -> None:
        self._desk_id = desk.id
        self._held = {key.id: identity for key, of, identity in seats.keys_held(visitor) if of.id == desk.id}
        self._kinds = sealed_to(DESK)
        self._after = 0
        self._found: Sequence[Row[Any]] = ()

    @property
    def is_over(self) -> bool:
        """Whether every row was seen."""
        return not self._kinds

    def seal_some(self) -> Batch:
        """Seal the next rows anew; the same again until ``move_on``."""
        key = queries.current_key(self._desk_id)
        newest, recipient = key.id, key.recipient
        old = {key_id: identity for key_id, identity in self._held.items() if key_id != newest}
        kind = self._find(old)
        db.session.rollback()  # hold no read open while the cipher takes its time
        sealed = [_sealed(kind, row, old[row.desk_key_id], newest, recipient) for row in self._found]
        return Batch(self._desk_id, newest, kind, [row for row in sealed if row])

    def move_on(self) -> None:
        """Go to the rows after these."""
        if self._found:
            self._after = self._found[-1].id

    def _find(self, under: Collection[int]) -> SealedTable:
        """Find the next rows, in the next tables where this one has no more; return their table."""
        while True:
            kind = self._kinds[0]
            self._found = _rows(kind, under, self._after)
            if not self._found:
                self._kinds, self._after = self._kinds[1:], 0
            if self._found or self.is_over:
                return kind


def _rows(kind: SealedTable, under: Collection[int], after: int) -> Sequence[Row[Any]]:
    """Return the next rows under some keys, with the recipient of the complainant whose living code opens each."""
    rows = kind.table
    found = select(rows.c.id, rows.c.desk_key_id, *kind.columns)
    if kind.of_complainant:
        found = found.add_columns(func.coalesce(_COMPLAINANT_KEYS.c.recipient, "").label("complainant")).select_from(
            rows.join(_CASES, _CASES.c.id == rows.c.case_id).outerjoin(
                _COMPLAINANT_KEYS, _COMPLAINANT_KEYS.c.id == _CASES.c.complainant_key_id
            )
        )
    else:
        found = found.add_columns(literal("").label("complainant"))
    found = found.where(rows.c.desk_key_id.in_(list(under)), rows.c.id > after)
    return core().execute(found.order_by(rows.c.id).limit(FEW.get(kind.name, AT_ONCE))).all()


def _sealed(kind: SealedTable, row: Row[Any], identity: Identity, key_id: int, recipient: str) -> dict[str, Any] | None:
    """Return what saves a row sealed anew; nothing where it does not open: it stays as it is, for who can mend it."""
    try:
        anew = kind.seal_anew(row, identity, desk=recipient, complainant=row.complainant)
    except SealError:
        return None
    columns = {f"was_{name}": row._mapping[name] for name in kind.audiences}  # noqa: SLF001 its public name
    columns |= {f"anew_{name}": anew.get(name) for name in kind.audiences}
    return {"of": row.id, "under": row.desk_key_id, "newest": key_id, **columns}


def _saving(kind: SealedTable) -> Update:
    """Return what saves a row, if neither its key nor a byte of it changed meanwhile."""
    rows = kind.table
    unchanged = [rows.c[name].is_not_distinct_from(bindparam(f"was_{name}")) for name in kind.audiences]
    anew: dict[str, Any] = {name: bindparam(f"anew_{name}") for name in kind.audiences}
    as_it_was = update(rows).where(rows.c.id == bindparam("of"), rows.c.desk_key_id == bindparam("under"), *unchanged)
    return as_it_was.values(desk_key_id=bindparam("newest"), **anew)


def _keeps(kind: SealedTable, key_id: int) -> bool:
    return bool(core().scalar(select(exists().where(kind.table.c.desk_key_id == key_id))))
