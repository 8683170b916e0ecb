"""A coding in words, and what stands of it on the page of its case."""

from dataclasses import dataclass

from flask_babel import gettext

from intake.cases import coding, queries, wishes
from intake.cases.coding import OpenedCoding, Version
from intake.cases.dossier import Dossier
from intake.cases.wishes import Suggestion
from intake.i18n import language_tag
from intake.members import queries as members
from intake.members.sessions import Visitor
from intake.reference import leaf_codes
from intake.reference.countries import regions_of
from intake.reference.leaf_codes import LEAVES
from intake.reference.perpetrators import PERPETRATORS

Line = tuple[str, list[str]]  # what it is about, and what is said of it


@dataclass(frozen=True)
class Coded:
    """What the page of a case shows of its coding.

    Attributes:
        coding: the coding; nothing if nobody coded it yet.
        suggestion: what the complainant's answers suggest.
        names: the names of who saved it.
    """

    coding: OpenedCoding | None
    suggestion: Suggestion
    names: dict[int, str]


def beside(visitor: Visitor, opened: Dossier) -> Coded:
    """Return what the page of a case shows of its coding."""
    known = coding.read(opened.case, queries.desk_opens(visitor))
    suggested = wishes.suggestion(wishes.said_in(opened.statements), opened.case.country)
    return Coded(known, suggested, members.names(known.author_ids) if known else {})


def lines(version: Version) -> list[Line]:
    """Return a coding as lines to read, in the language being written now; what is empty is left out."""
    region = dict(regions_of(version.region[:2], language_tag())).get(version.region, version.region)
    found = [
        (gettext("Violations"), leaf_names(version.codes)),
        (gettext("Articles"), [leaf_codes.said(article) for article in version.articles]),
        (gettext("Constitution and laws"), [version.law]),
        (gettext("Alleged perpetrators"), [str(PERPETRATORS.get(one, one)) for one in version.perpetrators]),
        (gettext("Region"), [region]),
    ]
    return [(label, values) for label, values in found if any(values)]


def leaf_names(codes: tuple[str, ...]) -> list[str]:
    """Return the names of leaf codes; what today's list does not know stands as it was kept."""
    return [str(LEAVES[code].name) if code in LEAVES else code for code in codes]
