"""Changing which desk answers for a country and a language. What was received before stays where it is."""

from sqlalchemy import delete, select

from intake import audit
from intake.desks import queries
from intake.desks.models import OTHERS, DeskKey, Route
from intake.extensions import db
from intake.i18n import TAGS
from intake.reference.countries import COUNTRIES, OTHER


class RouteError(Exception):
    """There is no such country, language, desk or route, or the country would be left without a desk."""


def lead(country: str, language: str, desk_id: int, by: int) -> None:
    """Let new complaints of a country go to a desk: those in one language, or all that have no route of their own.

    Args:
        country: an ISO 3166-1 code of the five, or ``other``.
        language: the tag of a language that the pages speak, or ``OTHERS``.
        desk_id: the desk.
        by: the member who decides.

    Raises:
        RouteError: there is no such country, language or desk, or the country would be left without a desk.
    """
    if country not in (*COUNTRIES, OTHER) or language not in (OTHERS, *TAGS):
        raise RouteError
    queries.hold_house()
    if db.session.scalar(select(DeskKey.id).where(DeskKey.desk_id == desk_id, DeskKey.replaced_at.is_(None))) is None:
        raise RouteError
    route = db.session.get(Route, (country, language), populate_existing=True)
    before = route.desk_id if route else None
    if route is None:
        db.session.add(Route(country=country, language=language, desk_id=desk_id))
    else:
        route.desk_id = desk_id
    _check(country)
    if before != desk_id:
        audit.record("desk.route_changed", member_id=by, country=country, language=language, before=before, now=desk_id)


def remove(country: str, language: str, by: int) -> None:
    """Let complaints in a language go where all others of their country go.

    Args:
        country: an ISO 3166-1 code of the five, or ``other``.
        language: the tag of the language. The route for all others cannot be removed: the country would have no desk.
        by: the member who decides.

    Raises:
        RouteError: there is no such route, or the country would be left without a desk.
    """
    queries.hold_house()
    which = delete(Route).where(Route.country == country, Route.language == language)
    before = db.session.scalar(which.returning(Route.desk_id))
    if before is None:
        raise RouteError
    _check(country)
    audit.record("desk.route_changed", member_id=by, country=country, language=language, before=before, now=None)


def _check(country: str) -> None:
    """Make sure that a country has a desk with a key, whatever language a complaint is in.

    Raises:
        RouteError: it has none.
    """
    db.session.flush()
    answers = (
        select(DeskKey.id)
        .join(Route, Route.desk_id == DeskKey.desk_id)
        .where(Route.country == country, Route.language == OTHERS, DeskKey.replaced_at.is_(None))
    )
    if db.session.scalar(answers) is None:
        raise RouteError
