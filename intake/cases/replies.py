"""Canned replies: what editors wrote for all, in the languages of complainants, with places to be filled in."""

import re
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import delete, select
from werkzeug.exceptions import NotFound

from intake import audit
from intake.cases.models import CannedReply, Case
from intake.cases.words import REPLY_LANGUAGES
from intake.extensions import db
from intake.i18n import COUNTRY_NAMES, TAGS, locale_of, now, speaking
from intake.members.models import Member
from intake.reference.countries import OTHER

LONGEST_TITLE = 100  # characters
_PLACE = re.compile(r"\{([^{}]*)\}")
_OWN_NAMES = dict(REPLY_LANGUAGES)
_READ_INSTEAD = "ru"  # of what no catalogue has in the language of a reply


class InLanguage(NamedTuple):
    """The replies in one language, under its own name."""

    tag: str
    own_name: str
    replies: list[CannedReply]


def unknown_places(text: str) -> list[str]:
    """Return what stands in braces and nobody knows how to fill in, as it was written."""
    found = [place[0] for place in _PLACE.finditer(text) if place[1] not in PLACES]
    return list(dict.fromkeys(found))


def filled(reply: CannedReply, case: Case, member: Member) -> str:
    """Return a reply with its places filled in; what nobody knows stays as it is."""

    def fill(place: re.Match[str]) -> str:
        known = PLACES.get(place[1])
        return known(case, member, reply.language) if known else place[0]

    return _PLACE.sub(fill, reply.text)


def listed(*first: str) -> list[InLanguage]:
    """Return all replies by language, the languages named first, each language's by title."""
    rows = db.session.scalars(select(CannedReply).order_by(CannedReply.title, CannedReply.id)).all()
    order = dict.fromkeys([*first, *_OWN_NAMES])
    grouped = {tag: [row for row in rows if row.language == tag] for tag in order if tag in _OWN_NAMES}
    return [InLanguage(tag, _OWN_NAMES[tag], found) for tag, found in grouped.items() if found]


def find(reply_id: int) -> CannedReply | None:
    """Return a reply, if it was not removed."""
    return db.session.get(CannedReply, reply_id)


def one(reply_id: int) -> CannedReply:
    """Return a reply.

    Raises:
        werkzeug.exceptions.NotFound: there is none such.
    """
    reply = find(reply_id)
    if reply is None:
        raise NotFound
    return reply


def save(member: Member, language: str, title: str, text: str, reply_id: int | None = None) -> None:
    """Save a reply, a new one or another text of one. The same again changes nothing.

    Args:
        member: the editor.
        language: the tag of its language.
        title: what members choose it by.
        text: what it says.
        reply_id: which one it shall be; a new one without.

    Raises:
        ValueError: it has places that nobody can fill in.
        werkzeug.exceptions.NotFound: there is no such reply.
    """
    if unknown_places(text):
        message = "the reply has places that nobody can fill in"
        raise ValueError(message)
    same = (CannedReply.language == language, CannedReply.title == title, CannedReply.text == text)
    if db.session.scalar(select(CannedReply.id).where(*same)):
        return
    reply = one(reply_id) if reply_id is not None else CannedReply()
    reply.language, reply.title, reply.text = language, title, text
    reply.changed_by_id, reply.changed_at = member.id, now()
    db.session.add(reply)
    db.session.flush()
    audit.record("reply.saved", member_id=member.id, reply=reply.id)


def remove(member: Member, reply_id: int) -> None:
    """Remove a reply; who has it in a message keeps it there."""
    if db.session.scalar(delete(CannedReply).where(CannedReply.id == reply_id).returning(CannedReply.id)):
        audit.record("reply.removed", member_id=member.id, reply=reply_id)


def _reference(case: Case, member: Member, language: str) -> str:  # noqa: ARG001 every place is filled in alike
    return case.reference


def _country(case: Case, member: Member, language: str) -> str:  # noqa: ARG001 every place is filled in alike
    """Return the name of the country in the language of the reply."""
    if case.country != OTHER:
        return str(locale_of(language).territories[case.country])
    with speaking(language if language in TAGS else _READ_INSTEAD):
        return str(COUNTRY_NAMES[OTHER])


def _name(case: Case, member: Member, language: str) -> str:  # noqa: ARG001 every place is filled in alike
    return member.name


PLACES: dict[str, Callable[[Case, Member, str], str]] = {
    "reference": _reference,
    "country": _country,
    "name": _name,
}
