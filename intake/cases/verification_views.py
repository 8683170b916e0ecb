"""The pages on which a desk writes down what it checked about a case, and an editor signs it off."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound

from intake.cases import checking, queries, sign_off, triage, verification, words
from intake.cases.forms import ReasonForm
from intake.cases.models import Case
from intake.cases.notes import CollisionError
from intake.cases.verification import OF_CHECKLIST, Claim, Version
from intake.cases.verification_form import ChecklistForm, ClaimForm, SignOffForm
from intake.extensions import settle, transaction
from intake.members import queries as members
from intake.members.guards import current, member_required
from intake.reference.verification_checklists import ITEMS
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("verification", __name__, url_prefix="/desk/cases/<reference>/verification")
CLAIM = f"/claims/<int(min=1,max={LARGEST_NUMBER}):claim>"
REFUSALS: Mapping[type[Exception], Any] = {
    sign_off.NoClaimError: _l("There is nothing to sign off yet: write down first what is said to have happened."),
    sign_off.ChangedError: _l("Something was changed meanwhile. Read it as it stands now, then sign it off."),
    sign_off.OwnWorkError: _l(
        "You answer for this case, or checked it alone: another editor of the desk signs it off."
    ),
    sign_off.NotSignedError: _l("No sign-off stands that could be withdrawn. Nothing was changed."),
}


@blueprint.get("")
@member_required
def page(reference: str) -> ResponseReturnValue:
    """Show what was checked about a case, and by whom."""
    return _page(_read(reference))


@blueprint.get("/claims/new")
@member_required
def new_claim(reference: str) -> ResponseReturnValue:
    """Ask for a claim."""
    found = queries.living_for(current(), reference)
    return _claim_page(found, ClaimForm(None, known=Claim("", verification.UNCHECKED)))


@blueprint.post("/claims")
@member_required
def add_claim(reference: str) -> ResponseReturnValue:
    """Keep a claim."""
    found, form = queries.living_for(current(), reference), ClaimForm()
    if not form.validate():
        return _claim_page(found, form), 422
    told, once = form.claim(), form.once_only
    kept = settle(
        lambda: verification.seal_claim(current(), _still(reference), told, once),
        verification.keep,
    )
    return _kept(reference, kept, form)


@blueprint.get(CLAIM)
@member_required
def claim(reference: str, claim: int) -> ResponseReturnValue:
    """Show a claim with its sources, to be changed."""
    found = _read(reference)
    newest, *earlier = verification.versions(found, claim, queries.desk_opens(current()))
    form = ClaimForm(None, known=newest.claim, text=newest.claim.text, state=newest.claim.state, kept=newest.number)
    return _claim_page(found, form, newest, earlier=earlier)


@blueprint.post(CLAIM)
@member_required
def change_claim(reference: str, claim: int) -> ResponseReturnValue:
    """Keep a further version of a claim; over a newer one than was shown, nothing is kept without asking."""
    found, form = queries.living_for(current(), reference), ClaimForm()
    newest, *earlier = versions = verification.versions(found, claim, queries.desk_opens(current()))
    if not form.validate():
        return _claim_page(found, form, newest, earlier=earlier), 422
    told, once, base = form.claim(), form.once_only, verification.shown(versions, claim, form.base)
    try:
        settle(
            lambda: verification.seal_claim(current(), _still(reference), told, once, base),
            verification.keep,
        )
    except CollisionError:
        newest, *earlier = verification.versions(found, claim, queries.desk_opens(current()))
        form.kept.data = str(newest.number)
        return _claim_page(found, form, newest, earlier=earlier, newer=newest), 409
    return _kept(reference, claim, form)


@blueprint.post("/checklist")
@member_required
def tick(reference: str) -> ResponseReturnValue:
    """Keep the checklist; over a newer one than was shown, nothing is kept without asking."""
    found, form = queries.living_for(current(), reference), ChecklistForm()
    if not form.validate():
        return _page(found, checklist=form), 422
    versions = verification.versions(found, OF_CHECKLIST, queries.desk_opens(current()))
    told, once, base = form.ticks(), form.once_only, verification.shown(versions, OF_CHECKLIST, form.base)
    try:
        settle(
            lambda: verification.seal_checklist(current(), _still(reference), told, once, base),
            verification.keep,
        )
    except CollisionError:
        newer = verification.read(found, queries.desk_opens(current())).checklist
        form.kept.data = str(newer.number)
        return _page(found, checklist=form, newer=newer), 409
    flash(gettext("The checklist was kept."))
    return _to_page(reference, "checklist")


@blueprint.post("/sign-off")
@member_required
def sign(reference: str) -> ResponseReturnValue:
    """Sign off what was checked, as it stands."""
    found, form = _for_editors(reference), SignOffForm()
    if not form.validate():
        return _page(found, sign=form), 422
    word, up_to = form.word.data or "", form.number
    try:
        settle(lambda: sign_off.seal_signing(current(), reference, word, up_to), sign_off.sign)
    except (sign_off.NoClaimError, sign_off.OwnWorkError) as refused:
        form.word.errors = [str(REFUSALS[type(refused)])]
        return _page(found, sign=form), 422
    except sign_off.ChangedError as refused:
        form.word.errors = [str(REFUSALS[type(refused)])]
        return _page(found, sign=form), 409
    flash(gettext("Signed off. Any change of a claim or of the checklist needs another sign-off."))
    return _to_page(reference, "sign-off")


@blueprint.post("/sign-off/withdraw")
@member_required
def withdraw(reference: str) -> ResponseReturnValue:
    """Withdraw a sign-off."""
    found, form = _for_editors(reference), ReasonForm()
    if not form.validate():
        return _page(found, withdrawal=form), 422
    reason = form.reason.data or ""
    try:
        settle(lambda: sign_off.seal_withdrawal(current(), reference, reason), sign_off.withdraw)
    except sign_off.NotSignedError as refused:
        form.reason.errors = [str(REFUSALS[type(refused)])]
        return _page(found, withdrawal=form), 409
    flash(gettext("The sign-off is withdrawn. What was published stays published until somebody changes that."))
    return _to_page(reference, "sign-off")


def _for_editors(reference: str) -> Case:
    """Return a case, if the visitor signs off at its desk."""
    found = queries.living_for(current(), reference)
    if not sign_off.may_sign(current()):
        raise NotFound
    return found


def _still(reference: str) -> Case:
    """Return a case as it is at this moment: one that was moved to another desk meanwhile is not there any more."""
    return queries.living_for(current(), reference)


def _read(reference: str) -> Case:
    """Return a case of which more is shown, and write down who reads it."""
    found = queries.living_for(current(), reference)
    with transaction():
        triage.note_opened(current(), found, [], [])  # nothing is marked as read here
    return found


def _kept(reference: str, claim: int, form: ClaimForm) -> ResponseReturnValue:
    flash(gettext("The claim was kept."))
    if form.more.data:
        return redirect(url_for("verification.claim", reference=reference, claim=claim, _anchor="new-source"))
    return _to_page(reference, f"claim-{claim}")


def _to_page(reference: str, part: str) -> ResponseReturnValue:
    return redirect(url_for("verification.page", reference=reference, _anchor=part))


def _page(
    found: Case,
    *,
    checklist: ChecklistForm | None = None,
    newer: Version | None = None,
    sign: SignOffForm | None = None,
    withdrawal: ReasonForm | None = None,
) -> str:
    opens = queries.desk_opens(current())
    opened = checking.open_for(current(), found, queries.read_statements(found, opens))
    kept = str(opened.record.checklist.number)
    sign = sign or SignOffForm(None)
    sign.up_to.data = str(opened.record.number)
    return render_template(
        "cases/verification.html",
        case=found,
        checking=opened,
        checklist=checklist or ChecklistForm(None, known=opened.ticks, kept=kept),
        newer=newer,
        sign=sign,
        withdrawal=withdrawal or ReasonForm(None),
        items=ITEMS,
        words=words,
        earlier=verification.versions(found, OF_CHECKLIST, opens)[1:],
    )


def _claim_page(found: Case, form: ClaimForm, newest: Version | None = None, **about: Any) -> str:  # noqa: ANN401 what the template shows
    versions = [*([newest] if newest else []), *about.get("earlier", [])]
    wrote = {version.member_id for version in versions}
    checked = {source.member_id for version in versions for source in version.claim.sources}
    return render_template(
        "cases/claim.html",
        case=found,
        form=form,
        newest=newest,
        names=members.names(wrote | checked),
        words=words,
        **{"newer": None, "earlier": [], **about},
    )
