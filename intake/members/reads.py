"""Which languages a member reads, so that a desk has somebody for whoever writes to it; and which their pages speak."""

import re

from sqlalchemy import update

from intake import audit
from intake.extensions import db
from intake.i18n import TAGS
from intake.members import queries
from intake.members.models import Member

# The languages that complaints are written in, by their own names: no reader needs a translation of these.
OWN_NAMES = {
    "ru": "Русский",
    "en": "English",
    "kk": "Қазақша",
    "ky": "Кыргызча",
    "tg": "Тоҷикӣ",
    "fa": "فارسی",
    "tk": "Türkmençe",
    "uz": "Oʻzbekcha",
    "uz_Cyrl": "Ўзбекча",
    "kaa": "Qaraqalpaqsha",
}


def tags(text: str) -> list[str]:
    """Return the tags in a list with spaces or commas between them, each once, in the order of ``OWN_NAMES``.

    Raises:
        ValueError: one of them is no language that we know.
    """
    if unknown := _named(text).difference(OWN_NAMES):
        message = f"no language that we know has the tag {min(unknown)}"
        raise ValueError(message)
    return _known(text)


def read_by(*readers: Member) -> list[str]:
    """Return the tags of the languages that one or the other member reads."""
    return _known(" ".join(member.reads for member in readers))


def names(*readers: Member) -> list[str]:
    """Return the names of the languages that one or the other member reads."""
    return [OWN_NAMES[tag] for tag in read_by(*readers)]


def note(member_id: int, text: str, by: int) -> Member:
    """Write down what a member reads.

    Args:
        member_id: who reads.
        text: the tags, with spaces or commas between them.
        by: who says so.

    Raises:
        LookupError: there is no such member here.
        ValueError: it is no list of languages that we know.
    """
    member = queries.by_id(member_id)
    if member is None:
        message = f"no member {member_id} works here"
        raise LookupError(message)
    known = " ".join(tags(text))
    db.session.execute(update(Member).where(Member.id == member_id).values(reads=known))
    audit.record("member.reads", member_id=by, reader=member_id, languages=known)
    return member


def speak(member_id: int, language: str) -> None:
    """Let the pages of the desk, and letters, be in a language for a member, who chose it.

    Raises:
        ValueError: the pages do not speak it.
    """
    if language not in TAGS:
        message = f"no page speaks {language}"
        raise ValueError(message)
    db.session.execute(update(Member).where(Member.id == member_id).values(language=language))


def _named(text: str) -> set[str]:
    return set(re.split(r"[\s,]+", text)) - {""}


def _known(text: str) -> list[str]:
    named = _named(text)
    return [tag for tag in OWN_NAMES if tag in named]
