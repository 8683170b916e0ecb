"""What a complainant ticked: what may be done with the case, and what a desk begins to code it with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from intake.cases.queries import STORY, THREAT, OpenedStatement
from intake.reference import leaf_codes
from intake.reference.countries import regions_of
from intake.reference.perpetrators import PERPETRATORS

Said = Mapping[str, Mapping[str, Any]]  # the newest answers to each block
WITH_NAME, WITHOUT_NAME, ASK_FIRST, NEVER = PUBLISH = ("with_name", "without_name", "ask_first", "never")
SHARE = ("lawyers", "ngos", "un")  # to whom a case may be shown
_KEEP, _NO, _PLACE = "keep", "no", "place"


@dataclass(frozen=True)
class Wishes:
    """What may be done with a case.

    Attributes:
        kept: whether it may be kept and checked: the complainant did not take that back.
        publish: one of ``PUBLISH``.
        share: those of ``SHARE`` that may see it.
        region: where it happened, as the complainant named it; empty where they did not.
        may_show_place: whether the place may be shown.
    """

    kept: bool
    publish: str
    share: tuple[str, ...]
    region: str
    may_show_place: bool

    @property
    def allow_region(self) -> bool:
        """Whether the region may be kept apart from the story: the person named it, or lets the place be shown."""
        return self.kept and bool(self.region or self.may_show_place)


@dataclass(frozen=True)
class Suggestion:
    """What a desk begins to code with: out of what the complainant ticked.

    Attributes:
        codes: the leaf codes that are surely meant.
        possible: those that may be meant.
        perpetrators: who is alleged.
        region: where it happened; empty where it may not be kept.
    """

    codes: tuple[str, ...]
    possible: tuple[str, ...]
    perpetrators: tuple[str, ...]
    region: str

    @property
    def says_anything(self) -> bool:
        """Whether there is anything to begin with."""
        return bool(self.possible or self.perpetrators or self.region)


def said_in(statements: Iterable[OpenedStatement]) -> Said:
    """Return the newest answers to each block.

    Args:
        statements: the statements of a case, oldest first.
    """
    return said_of(statement.words for statement in statements)


def said_of(words: Iterable[Mapping[str, Any]]) -> Said:
    """Return the newest answers to each block out of what statements say, oldest first."""
    return {str(one["block"]): one.get("answers", {}) for one in words if one.get("block", STORY) != STORY}


def wishes(said: Said, country: str) -> Wishes:
    """Return what may be done with a case.

    Args:
        said: the newest answers.
        country: the case's: a region of another is none.
    """
    kept = said.get("consent", {}).get(_KEEP) != _NO
    publication = said.get("publication", {})
    publish, shown = publication.get("pub_level"), _texts(publication.get("pub_details"))
    share = _texts(said.get("sharing", {}).get("share_with"))
    region = str(said.get("when", {}).get("region") or "")
    return Wishes(
        kept,
        (publish if publish in PUBLISH else ASK_FIRST) if kept else NEVER,
        tuple(one for one in SHARE if kept and one in share),
        region if region in region_codes(country) else "",
        _PLACE in shown,
    )


def suggestion(said: Said, country: str) -> Suggestion:
    """Return what a desk begins to code a case with.

    Args:
        said: the newest answers.
        country: the case's.
    """
    kind = said.get("kind", {})
    categories, reprisal = _texts(kind.get("categories")), kind.get("reprisal") is True or THREAT in said
    allowed, ticked = wishes(said, country), _texts(said.get("who", {}).get("perp_type"))
    return Suggestion(
        tuple(leaf_codes.certain(categories, reprisal=reprisal)),
        tuple(leaf_codes.possible(categories, reprisal=reprisal)),
        tuple(one for one in PERPETRATORS if one in ticked),
        allowed.region if allowed.allow_region else "",
    )


def region_codes(country: str) -> set[str]:
    """Return the codes of a country's regions."""
    return {code for code, _ in regions_of(country, "en")}


def _texts(value: Any) -> list[str]:  # noqa: ANN401 whatever was kept, perhaps by an older form
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
