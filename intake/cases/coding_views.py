"""Coding a case: which rights it is about, who is alleged, where."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.cases import coding, coding_words, queries, triage, wishes
from intake.cases.coding import OpenedCoding, Version
from intake.cases.coding_form import CodingForm
from intake.cases.models import Case
from intake.cases.notes import CollisionError
from intake.cases.wishes import Said
from intake.extensions import settle, transaction
from intake.members import queries as members
from intake.members.guards import current, member_required
from intake.reference import leaf_codes
from intake.reference.perpetrators import PERPETRATORS
from intake.reference.violations import GROUPS

blueprint = Blueprint("coding", __name__, url_prefix="/desk/cases/<reference>")
blueprint.add_app_template_global(coding_words.lines, "coding_lines")


@blueprint.get("/coding")
@member_required
def page(reference: str) -> ResponseReturnValue:
    """Show the coding of a case, to be changed; what the complainant's answers suggest, where there is none yet."""
    case, said, known = _read(reference)
    with transaction():
        triage.note_opened(current(), case, [], [])  # nothing is marked as read here
    if known is not None:
        return _page(case, said, CodingForm.showing(known.newest.chosen, known.newest.id))
    return _page(case, said, CodingForm.suggesting(wishes.suggestion(said, case.country)), is_suggested=True)


@blueprint.post("/coding")
@member_required
def save(reference: str) -> ResponseReturnValue:
    """Save the coding of a case; over a newer one than was shown, nothing is saved without asking."""
    case, said, _ = _read(reference)
    form = CodingForm().about(case, wishes.wishes(said, case.country))
    if not form.validate():
        return _page(case, said, form), 422
    chosen, once, base = form.chosen(), form.once_only, form.base_id
    try:
        settle(lambda: coding.seal_coding(current(), reference, chosen, once, base), coding.keep)
    except coding.RegionError:
        form.refuse_region()
        return _page(case, said, form), 422
    except CollisionError:
        return _collision(case, said, form), 409
    flash(gettext("The coding is saved."))
    return redirect(url_for("cases.case", reference=case.reference, _anchor="coding"))


def _read(reference: str) -> tuple[Case, Said, OpenedCoding | None]:
    case, opens = queries.living_for(current(), reference), queries.desk_opens(current())
    said = wishes.said_in(queries.read_statements(case, opens))
    return case, said, coding.read(case, opens)


def _collision(case: Case, said: Said, form: CodingForm) -> str:
    """Show what is saved now beside what was chosen; the form knows of it now."""
    known = coding.read(case, queries.desk_opens(current()))
    newer = known.newest if known else None
    form.base.data = str(newer.id) if newer else ""
    return _page(case, said, form, newer=newer)


def _page(case: Case, said: Said, form: CodingForm, *, newer: Version | None = None, is_suggested: bool = False) -> str:
    allowed = wishes.wishes(said, case.country)
    return render_template(
        "cases/coding.html",
        case=case,
        form=form.about(case, allowed),
        suggestion=wishes.suggestion(said, case.country),
        is_suggested=is_suggested,
        allowed=allowed,
        newer=newer,
        names=members.names({newer.member_id}) if newer else {},
        groups=GROUPS,
        leaves=leaf_codes.LEAVES,
        treaties=leaf_codes.TREATIES,
        perpetrators=PERPETRATORS,
        article=leaf_codes.said,
    )
