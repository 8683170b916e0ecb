"""Which desk answers for a country."""

from typing import NamedTuple

from flask import current_app
from sqlalchemy import bindparam, select

from intake.desks.models import EDITORS, Desk, DeskKey, Route
from intake.extensions import core, db, table


class Destination(NamedTuple):
    """Where a complaint goes: the desk, and its newest key to seal to."""

    desk_id: int
    key_id: int
    recipient: str


_KEYS, _ROUTES, _DESKS = table(DeskKey), table(Route), table(Desk)
_NEWEST = (
    select(_KEYS.c.desk_id, _KEYS.c.id, _KEYS.c.recipient)
    .order_by(_KEYS.c.generation.desc())
    .limit(1)
    .with_for_update(read=True, of=_KEYS)
)
_OF_COUNTRY = _NEWEST.join(_ROUTES, _ROUTES.c.desk_id == _KEYS.c.desk_id).where(
    _ROUTES.c.country == bindparam("country")
)
_OF_EDITORS = _NEWEST.join(_DESKS, _DESKS.c.id == _KEYS.c.desk_id).where(_DESKS.c.name == EDITORS)
_OF_DESK = _NEWEST.where(_KEYS.c.desk_id == bindparam("desk_id"))


def destination_for(country: str) -> Destination:
    """Return where a complaint of a country goes; to the editors' desk that of another country.

    The key's row stays as it is until the transaction ends.

    Args:
        country: an ISO 3166-1 code of the five, or ``other``.
    """
    rows = core()
    row = rows.execute(_OF_COUNTRY, {"country": country}).one_or_none() or rows.execute(_OF_EDITORS).one()
    found = _seen()[country] = Destination(*row)
    return found


def destination_seen(country: str) -> Destination:
    """Return where a complaint of a country went when this process last asked: compare it before relying on it."""
    return _seen().get(country) or destination_for(country)


def destination_at(desk_id: int) -> Destination:
    """Return where further words of a case go: its desk. The key's row stays as it is until the transaction ends."""
    return Destination(*db.session.execute(_OF_DESK, {"desk_id": desk_id}).one())


def _seen() -> dict[str, Destination]:
    seen: dict[str, Destination] = current_app.extensions.setdefault("destinations", {})
    return seen
