"""What a member codes a case as: leaf codes with their articles, who is alleged, where."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext
from wtforms import HiddenField, SelectMultipleField, ValidationError

from intake.cases.coding import Chosen
from intake.cases.conversation import LONGEST_ONCE, once
from intake.cases.models import Case
from intake.cases.wishes import Suggestion, Wishes
from intake.i18n import language_tag
from intake.reference.countries import regions_of
from intake.reference.leaf_codes import LEAVES
from intake.reference.perpetrators import PERPETRATORS
from intake.web.forms import DeskForm, Line, Text, clean_line, is_longer, row_number

LONGEST_LAW = 500
BETWEEN = ":"  # a leaf code and one of its articles, in what a browser sends
NONE_BEFORE = 0  # in the place of a version's number: there is none


class Ticked(SelectMultipleField):
    """What was ticked, each once."""

    def __init__(self, **rest: Any) -> None:  # noqa: ANN401 WTForms' own
        """Offer nothing by itself."""
        super().__init__(validate_choice=False, choices=[], **rest)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent, each once."""
        self.data = list(dict.fromkeys(filter(None, map(clean_line, valuelist))))

    @property
    def ticked(self) -> list[str]:
        """The values of what was ticked."""
        return self.data or []


class CodingForm(DeskForm):
    """The coding of a case; the version that the form showed comes along, and the form's random word."""

    codes = Ticked()
    articles = Ticked()
    perpetrators = Ticked()
    region = Line()
    law = Text()
    base = HiddenField(default=str(NONE_BEFORE))
    once = HiddenField(default=once)
    allowed: Wishes
    regions: list[tuple[str, str]]

    @classmethod
    def showing(cls, chosen: Chosen, base: int) -> "CodingForm":
        """Return the form that shows a coding; a code that is not chosen has all of its articles ready.

        Args:
            chosen: the coding.
            base: the number of the version that it is.
        """
        articles = [
            f"{code}{BETWEEN}{article.code}"
            for code, leaf in LEAVES.items()
            for article in leaf.articles
            if code not in chosen.codes or article.code in chosen.articles.get(code, ())
        ]
        return cls(
            None,
            codes=list(chosen.codes),
            articles=articles,
            perpetrators=list(chosen.perpetrators),
            region=chosen.region,
            law=chosen.law,
            base=str(base),
        )

    @classmethod
    def suggesting(cls, suggestion: Suggestion) -> "CodingForm":
        """Return the form that shows what the complainant's answers suggest."""
        articles = {code: [article.code for article in LEAVES[code].articles] for code in suggestion.codes}
        chosen = Chosen(suggestion.codes, articles, suggestion.perpetrators, suggestion.region)
        return cls.showing(chosen, NONE_BEFORE)

    def about(self, case: Case, allowed: Wishes) -> "CodingForm":
        """Return the form, for a case whose complainant allows this."""
        self.allowed = allowed
        self.regions = regions_of(case.country, language_tag()) if allowed.allow_region else []
        return self

    def validate_codes(self, field: Ticked) -> None:
        """Ask for a code, and refuse what is none."""
        if not field.data:
            raise ValidationError(gettext("Choose at least one. “Something else” is one, too."))
        _only(field.ticked, LEAVES)

    def validate_articles(self, field: Ticked) -> None:
        """Refuse what no code brings."""
        _only(field.ticked, [f"{code}{BETWEEN}{one.code}" for code, leaf in LEAVES.items() for one in leaf.articles])

    def validate_perpetrators(self, field: Ticked) -> None:
        """Refuse what was not offered."""
        _only(field.ticked, PERPETRATORS)

    def validate_region(self, field: Line) -> None:
        """Refuse a region of another country, and any where the complainant lets none be kept."""
        if field.data and not self.allowed.allow_region:
            raise ValidationError(no_region())
        if field.data:
            _only([field.data], [code for code, _ in self.regions])

    def validate_law(self, field: Text) -> None:
        """Refuse what is too long."""
        if is_longer(field.data or "", LONGEST_LAW):
            raise ValidationError(gettext("This is too long: %(most)s characters at most.", most=str(LONGEST_LAW)))

    def refuse_region(self) -> None:
        """Say that the complainant does not let the region be kept any more."""
        self.region.errors = [no_region()]
        self.region.data, self.regions = "", []

    def chosen(self) -> Chosen:
        """Return what was chosen, once it is valid, in the order of the lists."""
        codes = tuple(code for code in LEAVES if code in self.codes.ticked)
        articles = {
            code: tuple(
                one.code for one in LEAVES[code].articles if f"{code}{BETWEEN}{one.code}" in self.articles.ticked
            )
            for code in codes
        }
        who = tuple(one for one in PERPETRATORS if one in self.perpetrators.ticked)
        return Chosen(codes, articles, who, self.region.data or "", self.law.data or "")

    @property
    def once_only(self) -> str:
        """The form's random word, of a length that can be kept."""
        return (self.once.data or once())[:LONGEST_ONCE]

    @property
    def base_id(self) -> int | None:
        """The number of the version that the form showed; none if it showed none."""
        try:
            return row_number(self.base.data or "") or None
        except ValueError:
            return None


def no_region() -> str:
    """Say why no region is kept."""
    return gettext("The complainant does not let the region be kept: none was saved.")


def _only(given: Iterable[str], known: Iterable[str]) -> None:
    if not set(known).issuperset(given):
        raise ValidationError(gettext("Choose from what is offered here."))
