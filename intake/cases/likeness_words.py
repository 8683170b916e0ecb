"""By what cases are alike, in words."""

from datetime import date

from flask_babel import lazy_gettext as _l

from intake.cases import likeness
from intake.cases.likeness import Reason
from intake.i18n import date_day, language_tag
from intake.reference.countries import regions_of
from intake.reference.perpetrators import PERPETRATORS

REASONS = {
    likeness.CONTACT: _l("the same contact details"),
    likeness.COPY: _l("nearly the same text"),
    likeness.PASSAGES: _l("whole passages are the same"),
    likeness.WORDS: _l("many of the same words"),
    likeness.NAMES: _l("both name"),
    likeness.OFFICIALS: _l("the same people or office (alleged)"),
    likeness.PLACE: _l("the same place"),
    likeness.SAME_DAY: _l("the same day"),
    likeness.NEAR_DAY: _l("a few days apart"),
    likeness.SAME_REGION: _l("the same region"),
    likeness.SAME_BODY: _l("the same kind of body (alleged)"),
}


def by_what(reason: Reason) -> tuple[str, list[str]]:
    """Return by what two cases are alike, and what exactly both have.

    Args:
        reason: the reason; codes of an older form are shown as they were kept.
    """
    both = list(reason.both)
    if reason.kind == likeness.SAME_REGION:
        both = [dict(regions_of(code[:2], language_tag())).get(code, code) for code in both]
    elif reason.kind == likeness.SAME_BODY:
        both = [str(PERPETRATORS.get(code, code)) for code in both]
    elif reason.kind in {likeness.SAME_DAY, likeness.NEAR_DAY}:
        both = [date_day(date.fromisoformat(one)) for one in both]
    return str(REASONS[reason.kind]), both
