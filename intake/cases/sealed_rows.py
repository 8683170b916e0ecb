"""Every table that holds something sealed to somebody, found by its columns: a new one cannot be forgotten.

Whoever seals anew — for a new code, for a desk's new key — walks these tables.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Table

from intake.extensions import Model, Sealed
from intake.sealing import Identity, SealedBytes, seal, unseal

DESK, COMPLAINANT = "desk", "complainant"
DESK_ONLY = "desk_only"
Resealed = dict[str, SealedBytes]  # a row's columns, sealed anew


@dataclass(frozen=True)
class SealedTable:
    """A table, and its columns that desk or complainant open. Its rows name the desk's key in ``desk_key_id``."""

    table: Table
    audiences: dict[str, tuple[str, ...]]

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    @property
    def columns(self) -> list[ColumnElement[Any]]:
        """The sealed columns, and the one that says whether a row is the desk's alone, where a table has it."""
        return [self.table.c[name] for name in (*self.audiences, DESK_ONLY) if name in self.table.c]

    @property
    def of_complainant(self) -> bool:
        """Whether the complainant opens any of them."""
        return any(COMPLAINANT in audience for audience in self.audiences.values())

    def seal_anew(self, row: Row[Any], identity: Identity, *, desk: str, complainant: str) -> Resealed:
        """Open the sealed columns of a row, and seal them to their audience as it is now.

        Args:
            row: the row, its columns by name.
            identity: what opens them.
            desk: the desk's recipient.
            complainant: the complainant's; empty where no living code opens the case.

        Raises:
            sealing.SealError: the identity does not open them, or they were altered.
        """
        kept = row._mapping  # noqa: SLF001 SQLAlchemy's public name for a row's columns
        now = {DESK: desk, COMPLAINANT: "" if kept.get(DESK_ONLY) else complainant}
        return {
            name: seal(unseal(kept[name], identity), [now[one] for one in audience if now[one]])
            for name, audience in self.audiences.items()
            if kept[name] is not None
        }


def sealed_to(who: str) -> list[SealedTable]:
    """Return every table with a column that somebody opens; one key of the desk stands for all columns of a row.

    Args:
        who: ``DESK`` or ``COMPLAINANT``.
    """
    found = []
    for table in Model.metadata.sorted_tables:
        sealed = {column.name: column.type.audience for column in table.c if isinstance(column.type, Sealed)}
        audiences = {name: audience for name, audience in sealed.items() if {DESK, COMPLAINANT}.intersection(audience)}
        if any(who in audience for audience in audiences.values()):
            found.append(SealedTable(table, audiences))
    return found
