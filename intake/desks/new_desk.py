"""Making a desk, and calling it by a name."""

from intake import audit
from intake.desks import queries, seats
from intake.desks.models import EDITORS, Desk
from intake.desks.setup import new_key
from intake.extensions import db
from intake.reference.countries import COUNTRIES, OTHER
from intake.sealing import seal_identity

LONGEST_NAME = 60  # characters
RESERVED = frozenset(name.casefold() for name in (*COUNTRIES, OTHER, EDITORS))  # shown in each reader's language


class NameTakenError(Exception):
    """Another desk has this name, or it means a country or the editors."""


def make(name: str, by: int) -> Desk:
    """Make a desk. Its identity is sealed to the rescue recipient and to every editor, then forgotten.

    Args:
        name: its name in own words.
        by: the member who makes it.

    Raises:
        NameTakenError: another desk has this name.
    """
    house = queries.hold_house()
    _check_free(name)
    desk = Desk(name=name)
    db.session.add(desk)
    db.session.flush()
    key, identity = new_key(desk, house.rescue_recipient)
    audit.record("desk.made", desk_id=desk.id, member_id=by)
    for editor in queries.working_editors():
        seats.give(editor, desk, key.id, seal_identity(identity, [editor.recipient]), by=by)
    return desk


def rename(desk_id: int, name: str, by: int) -> Desk:
    """Give a desk another name. That of a country or of the editors keeps its own.

    Args:
        desk_id: the desk.
        name: its new name in own words.
        by: the member who renames it.

    Raises:
        LookupError: there is no such desk, or it keeps its name.
        NameTakenError: another desk has this name.
    """
    queries.hold_house()
    desk = queries.desk(desk_id)
    if desk is None or not has_own_name(desk):
        message = f"there is no desk {desk_id} that can be renamed"
        raise LookupError(message)
    _check_free(name, but=desk)
    if desk.name != name:
        desk.name = name
        audit.record("desk.renamed", desk_id=desk.id, member_id=by)
    return desk


def has_own_name(desk: Desk) -> bool:
    """Return whether a desk has a name in own words, and not that of a country or of the editors."""
    return desk.name.casefold() not in RESERVED


def _check_free(name: str, but: Desk | None = None) -> None:
    """Refuse a name that means another desk, in capitals or not.

    Raises:
        NameTakenError: it does.
    """
    others = {desk.name.casefold() for desk in queries.all_desks() if desk is not but}
    if name.casefold() in RESERVED | others:
        raise NameTakenError
