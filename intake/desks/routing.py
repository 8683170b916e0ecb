"""Which desk answers for a country."""

from sqlalchemy import select

from intake.desks.models import EDITORS, Desk, Route
from intake.extensions import db


def desk_for(country: str) -> Desk:
    """Return the desk that answers for a country; the editors' for another country.

    Args:
        country: an ISO 3166-1 code of the five, or ``other``.
    """
    desk = db.session.scalar(select(Desk).join(Route, Route.desk_id == Desk.id).where(Route.country == country))
    if desk is None:
        desk = db.session.scalars(select(Desk).where(Desk.name == EDITORS)).one()
    return desk
