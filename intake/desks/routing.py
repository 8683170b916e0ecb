"""Which desk answers for a country and a language, and who is told there."""

from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import ScalarSelect, Select, and_, bindparam, select

from intake.desks import cover
from intake.desks.models import EDITORS, OTHER_MINUTES, OTHERS, URGENT_MINUTES, Desk, DeskKey, Route, Seat
from intake.extensions import core, table
from intake.i18n import now
from intake.members.cover import away_at, roll
from intake.members.models import JOURNALIST, Absence, Member, working
from intake.members.queries import CORRESPONDENT, Correspondent


class Destination(NamedTuple):
    """Where a complaint goes: the desk, its newest key to seal to, and who is told there.

    These are the journalists who are seated with that key; in place of one who is away, their stand-in if seated there.
    """

    desk_id: int
    key_id: int
    recipient: str
    journalists: tuple[Correspondent, ...] = ()
    all_away: bool = False  # journalists are seated there, and none of them hears of it
    urgent_minutes: int = URGENT_MINUTES  # within which an urgent case is to be acknowledged there
    other_minutes: int = OTHER_MINUTES


_KEYS, _ROUTES, _DESKS = table(DeskKey), table(Route), table(Desk)
_SEATS, _MEMBERS, _ABSENCES = table(Seat), table(Member), table(Absence)
_OF_KEY = 6  # columns that stand before those of a member
_NEWEST = select(_KEYS.c.id).where(_KEYS.c.replaced_at.is_(None))


def _of(newest: ScalarSelect[int]) -> Select[Any]:
    """Return the statement that finds a key and who is told of what is sealed to it; the key's row is held."""
    told = and_(_MEMBERS.c.id == _SEATS.c.member_id, _MEMBERS.c.role == JOURNALIST, working())
    absent = and_(_ABSENCES.c.member_id == _MEMBERS.c.id, away_at(bindparam("moment")))
    return (
        select(
            _KEYS.c.desk_id,
            _KEYS.c.id,
            _KEYS.c.recipient,
            _DESKS.c.urgent_minutes,
            _DESKS.c.other_minutes,
            _ABSENCES.c.id.label("absence_id"),
            *CORRESPONDENT,
        )
        .join(_DESKS, _DESKS.c.id == _KEYS.c.desk_id)
        .outerjoin(_SEATS, _SEATS.c.desk_key_id == _KEYS.c.id)
        .outerjoin(_MEMBERS, told)
        .outerjoin(_ABSENCES, absent)
        .where(_KEYS.c.id == newest, _KEYS.c.replaced_at.is_(None))  # asked anew of a row that a rotation had locked
        .order_by(_MEMBERS.c.id)
        .with_for_update(read=True, of=_KEYS)
    )


_OF_COUNTRY = _of(
    _NEWEST.join(_ROUTES, _ROUTES.c.desk_id == _KEYS.c.desk_id)
    .where(_ROUTES.c.country == bindparam("country"), _ROUTES.c.language.in_((OTHERS, bindparam("language"))))
    .order_by(_ROUTES.c.language.desc())  # the route of the one language stands before that of all others
    .limit(1)
    .scalar_subquery()
)
_OF_EDITORS = _of(
    _NEWEST.join(_DESKS, _DESKS.c.id == _KEYS.c.desk_id).where(_DESKS.c.name == EDITORS).scalar_subquery()
)
_OF_DESK = _of(_NEWEST.where(_KEYS.c.desk_id == bindparam("desk_id")).scalar_subquery())


def destination_for(country: str, language: str) -> Destination:
    """Return where a complaint goes: by its country and language, else by its country, else to the editors' desk.

    The key's row stays as it is until the transaction ends.

    Args:
        country: an ISO 3166-1 code of the five, or ``other``.
        language: the tag of the language that the complaint was sent in.
    """
    found = _destination(_OF_COUNTRY, country=country, language=language) or _destination(_OF_EDITORS)
    if found is None:
        message = "this instance has no desks: run flask init"
        raise LookupError(message)
    _seen()[country, language] = found
    return found


def destination_seen(country: str, language: str) -> Destination:
    """Return where such a complaint went when this process last asked: compare it before relying on it."""
    return _seen().get((country, language)) or destination_for(country, language)


def destination_at(desk_id: int) -> Destination:
    """Return where further words of a case go: its desk. The key's row stays as it is until the transaction ends.

    Raises:
        LookupError: there is no such desk.
    """
    found = _destination(_OF_DESK, desk_id=desk_id)
    if found is None:
        message = f"there is no desk {desk_id}"
        raise LookupError(message)
    return found


def _destination(statement: Select[Any], **given: object) -> Destination | None:
    moment = now()
    given["moment"] = moment
    # A key that was replaced while its row was waited for is no answer: the one after it shows at a second look.
    rows = core().execute(statement, given).all() or core().execute(statement, given).all()
    if not rows:
        return None
    seated = roll((Correspondent(*row[_OF_KEY:]), row.absence_id) for row in rows if row[_OF_KEY] is not None)
    key, told = rows[0], cover.hearing(rows[0].desk_id, seated, moment)
    all_away = bool(seated.away) and not told
    return Destination(key.desk_id, key.id, key.recipient, told, all_away, key.urgent_minutes, key.other_minutes)


def _seen() -> dict[tuple[str, str], Destination]:
    seen: dict[tuple[str, str], Destination] = current_app.extensions.setdefault("destinations", {})
    return seen
