"""Coding a case: which rights it is about, who is alleged to have done it, in which region. Sealed to the desk alone.

Each save is a further version; none is lost, and none is saved over one that its form did not show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased
from werkzeug.exceptions import NotFound

from intake import audit
from intake.cases import code_counts, envelope, queries, wishes
from intake.cases.envelope import Envelope
from intake.cases.models import Case
from intake.cases.notes import CollisionError
from intake.cases.paper_models import Coding
from intake.desks.seats import Opens
from intake.extensions import StaleError, db
from intake.i18n import now
from intake.members.sessions import Visitor
from intake.sealing import digest

CODING = "coding/1"


class RegionError(Exception):
    """The complainant does not let the region be kept, or by now no more."""


@dataclass(frozen=True)
class Chosen:
    """What a member codes a case as.

    Attributes:
        codes: the leaf codes.
        articles: the articles that are kept of each.
        perpetrators: the kinds of alleged perpetrators.
        region: the region; empty for none.
        law: articles of a constitution or a law, in words.
    """

    codes: tuple[str, ...]
    articles: Mapping[str, Sequence[str]]
    perpetrators: tuple[str, ...] = ()
    region: str = ""
    law: str = field(default="", repr=False)

    @property
    def words(self) -> dict[str, Any]:
        """The same as it is sealed."""
        return {
            "codes": list(self.codes),
            "articles": {code: list(self.articles.get(code, ())) for code in self.codes},
            "perpetrators": list(self.perpetrators),
            "region": self.region,
            "law": self.law,
        }


@dataclass(frozen=True)
class Version:
    """A coding as somebody saved it at one time.

    Attributes:
        codes: the leaf codes.
        articles_of: the articles of each.
        perpetrators: the kinds of alleged perpetrators.
        region: the region; empty for none, and where the complainant lets none be kept any more.
        law: articles of a constitution or a law, in words.
    """

    id: int
    at: datetime
    member_id: int | None
    codes: tuple[str, ...]
    articles_of: Mapping[str, tuple[str, ...]]
    perpetrators: tuple[str, ...]
    region: str
    law: str = field(repr=False)

    @property
    def articles(self) -> tuple[str, ...]:
        """The articles of all codes, each once."""
        return tuple(dict.fromkeys(article for code in self.codes for article in self.articles_of.get(code, ())))

    @property
    def chosen(self) -> Chosen:
        """The same as a member would choose it again."""
        return Chosen(self.codes, self.articles_of, self.perpetrators, self.region, self.law)


@dataclass(frozen=True)
class OpenedCoding:
    """The coding of a case: its newest version, and those before it, newest first."""

    newest: Version
    earlier: Sequence[Version]

    @property
    def author_ids(self) -> set[int | None]:
        """Who saved any of its versions."""
        return {version.member_id for version in (self.newest, *self.earlier)}


@dataclass(frozen=True)
class Writing:
    """A coding ready to be saved.

    Attributes:
        envelope: it, sealed.
        once: equal for the same choice on the same form.
        member_id: who saves it.
        replaces_id: the version that it replaces; none for the first.
        before: the codes of that version.
        codes: its own codes.
        told: how many statements the case had when it was looked up whether the region may be kept.
    """

    envelope: Envelope
    once: str
    member_id: int
    replaces_id: int | None
    before: tuple[str, ...]
    codes: tuple[str, ...]
    told: int


def seal_coding(visitor: Visitor, reference: str, chosen: Chosen, once: str, replaces_id: int | None) -> Writing:
    """Seal a coding to the desk alone.

    Args:
        visitor: who codes.
        reference: the case.
        chosen: what it is coded as.
        once: the random word of the form.
        replaces_id: the version that the form showed; none where it showed none.

    Raises:
        RegionError: a region is chosen, and the complainant does not let it be kept.
        werkzeug.exceptions.NotFound: no such case at the visitor's desks.
        sealing.SealError: something of the case was altered.
    """
    case, opens = queries.living_for(visitor, reference), queries.desk_opens(visitor)
    statements = queries.read_statements(case, opens)
    if chosen.region and not wishes.wishes(wishes.said_in(statements), case.country).allow_region:
        raise RegionError
    known = read(case, opens)
    before = next((one.codes for one in _versions(known) if one.id == replaces_id), ())
    sealed = envelope.seal(case, CODING, chosen.words, desk_only=True)
    same = digest(once.encode(), {"chosen": chosen.words, "replaces": replaces_id}).hex()
    return Writing(sealed, same, visitor.member.id, replaces_id, before, chosen.codes, len(statements))


def keep(writing: Writing) -> bool:
    """Save a coding, and count its codes in place of those before. The same form twice is one coding.

    Returns:
        Whether it is new.

    Raises:
        CollisionError: there is a newer version than the one that it replaces.
        StaleError: the desk's key or what the complainant told changed meanwhile; seal it again.
        werkzeug.exceptions.NotFound: the case has no such version.
    """
    case = envelope.held_case(writing.envelope)
    of_case = select(Coding.id).where(Coding.case_id == case.id)
    if db.session.scalar(of_case.where(Coding.once == writing.once)):
        return False
    newest = db.session.scalar(of_case.order_by(Coding.id.desc()).limit(1))
    if newest != writing.replaces_id:
        if writing.replaces_id and db.session.scalar(of_case.where(Coding.id == writing.replaces_id)) is None:
            raise NotFound
        raise CollisionError
    if queries.statement_count(case) != writing.told:
        raise StaleError
    row = Coding(
        case_id=case.id,
        member_id=writing.member_id,
        replaces_id=writing.replaces_id,
        desk_key_id=writing.envelope.desk_key_id,
        once=writing.once,
        sealed=writing.envelope.sealed,
        coded_at=now(),
    )
    db.session.add(row)
    db.session.flush()
    code_counts.recode(case, writing.before, writing.codes)
    audit.record("case.coded", desk_id=case.desk_id, member_id=writing.member_id, case_id=case.id)
    return True


def read(case: Case, opens: Opens) -> OpenedCoding | None:
    """Open the coding of a case, if it has one.

    A region is given only while the complainant lets it be kept.

    Args:
        case: the case.
        opens: gives the desk's identities.

    Raises:
        sealing.SealError: something was altered, or moved here from another case.
    """
    rows = db.session.scalars(select(Coding).where(Coding.case_id == case.id).order_by(Coding.id.desc())).all()
    found = [(row, queries.opened(CODING, case, row, opens)) for row in rows]
    if not found:
        return None
    may_keep = any(words["region"] for _, words in found) and _allows_region(case, opens)
    newest, *earlier = (_version(row, words, with_region=may_keep) for row, words in found)
    return OpenedCoding(newest, earlier)


def newest_of(case_ids: Sequence[int]) -> dict[int, Coding]:
    """Return the newest coding of some cases, sealed, by their numbers."""
    newer = aliased(Coding)
    rows = select(Coding).where(Coding.case_id.in_(case_ids), ~exists().where(newer.replaces_id == Coding.id))
    return {row.case_id: row for row in db.session.scalars(rows)}


def codes_of(case: Case, opens: Opens) -> tuple[str, ...]:
    """Return what a case is coded as now; nothing if it is not."""
    row = newest_of([case.id]).get(case.id)
    return tuple(queries.opened(CODING, case, row, opens)["codes"]) if row else ()


def _versions(opened: OpenedCoding | None) -> Sequence[Version]:
    return (opened.newest, *opened.earlier) if opened else ()


def _allows_region(case: Case, opens: Opens) -> bool:
    return wishes.wishes(wishes.said_in(queries.read_statements(case, opens)), case.country).allow_region


def _version(row: Coding, words: Mapping[str, Any], *, with_region: bool) -> Version:
    return Version(
        row.id,
        row.coded_at,
        row.member_id,
        tuple(words["codes"]),
        {code: tuple(articles) for code, articles in words["articles"].items()},
        tuple(words["perpetrators"]),
        words["region"] if with_region else "",
        words["law"],
    )
