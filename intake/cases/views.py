"""The case page, and what a desk does there."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.cases import (
    acts,
    checking,
    coding_words,
    deletion,
    delivery,
    dossier,
    escalation,
    holds,
    letter_words,
    papers,
    presence,
    queries,
    renewal,
    return_code,
    scribbles,
    statements,
    statuses,
    ties,
    transfer,
    triage,
    words,
    work,
)
from intake.cases.dossier import Dossier
from intake.cases.forms import KeepForm, MessageForm, NewCodeForm, NoteForm, PersonalForm, StatusForm
from intake.cases.models import DELETED, Case
from intake.complaint import signed_code, submit
from intake.complaint.forms import CHOICES, EntryForm
from intake.complaint.signed_code import ForgedCodeError
from intake.evidence import listing
from intake.extensions import settle, transaction
from intake.followup import blocks
from intake.i18n import language_tag
from intake.members.guards import current, may_enter, member_required
from intake.reference.countries import zone_of
from intake.web.forms import row_number

blueprint = Blueprint("cases", __name__, url_prefix="/desk")


@blueprint.get("/cases/<reference>")
@member_required
def case(reference: str) -> ResponseReturnValue:
    """Show a case with all that was written, and write down who read it."""
    return _case_page(_read(reference))


@blueprint.post("/cases/<reference>/acknowledge")
@member_required
def acknowledge(reference: str) -> ResponseReturnValue:
    """Take a case up."""
    with transaction():
        found = triage.acknowledge(current(), reference)
    return _to_case(found)


@blueprint.post("/cases/<reference>/messages")
@member_required
def answer(reference: str) -> ResponseReturnValue:
    """Write to the complainant."""
    found, form, name = queries.living_for(current(), reference), MessageForm(), current().member.name
    if not form.validate():
        return _case_page(_read(reference), message=form), 422
    said, draft = form.words(name), form.kept.data or ""
    settle(lambda: scribbles.seal_sending(current(), _still(reference), said, draft), scribbles.send)
    flash(_sent(found))
    return _to_case(found, "conversation")


@blueprint.post("/cases/<reference>/status")
@member_required
def status(reference: str) -> ResponseReturnValue:
    """Give a case a status."""
    found = queries.living_for(current(), reference)
    form = StatusForm().after(found.status)
    if not form.validate():
        return _case_page(_read(reference), status=form), 422
    given, said = form.status.data or "", form.words.data or ""
    try:
        settle(
            lambda: statuses.seal_status(current(), _still(reference), given, said),
            statuses.give,
        )
    except statuses.NeverPublishError:
        form.status.errors = [gettext("The complainant said: never publish. Ask them first, in a message.")]
        return _case_page(_read(reference), status=form), 422
    except statuses.NotSignedOffError:
        form.status.errors = [
            gettext("No editor has signed off the verification as it stands. Nothing is published without that.")
        ]
        return _case_page(_read(reference), status=form), 422
    except statuses.NotAllowedError:
        form.refuse()
        return _case_page(_read(reference), status=form), 422
    flash(gettext("The case has a new status."))
    return _to_case(found)


@blueprint.post("/cases/<reference>/keep")
@member_required
def keep(reference: str) -> ResponseReturnValue:
    """Keep a case whose deletion was asked."""
    found, form = queries.living_for(current(), reference), KeepForm()
    if not form.validate():
        return _case_page(_read(reference), keep=form), 422
    with transaction():
        deletion.keep(current(), reference, form.reason.data or "")
    flash(gettext("The case is kept."))
    return _to_case(found)


@blueprint.get("/cases/<reference>/clock")
@member_required
def clock(reference: str) -> ResponseReturnValue:
    """Ask what is urgent, and until when."""
    opened = dossier.open_for(current(), queries.living_for(current(), reference).reference)
    newest = opened.newest(queries.DANGER)
    with transaction():
        triage.note_opened(current(), opened.case, [], [])  # nothing is marked as read here
    answers = newest.words["answers"] if newest else {}
    form = blocks.empty(queries.DANGER, opened.case.country, answers, urgent=opened.case.urgent)
    return _clock_page(opened.case, form, queries.known_by(opened.statements, queries.DANGER))


@blueprint.post("/cases/<reference>/clock")
@member_required
def set_clock(reference: str) -> ResponseReturnValue:
    """Save what is urgent, as a new version of the complainant's own answers."""
    found, base = queries.living_for(current(), reference), request.form.get("base", "")
    form = blocks.posted(queries.DANGER, found.country)
    if not form.validate():
        return _clock_page(found, form, base), 422
    answers = form.answers(base)
    settle(lambda: statements.seal_answers(current(), _still(reference), answers), statements.tell)
    flash(gettext("Saved."))
    return _to_case(found)


@blueprint.get("/cases/<reference>/code")
@member_required
def new_code(reference: str) -> ResponseReturnValue:
    """Ask how it was made sure who asks for a new code."""
    return _code_page(queries.living_for(current(), reference), NewCodeForm(None, code=signed_code.mint()))


@blueprint.post("/cases/<reference>/code")
@member_required
def renew(reference: str) -> ResponseReturnValue:
    """Give a new code for a case; the one before is dead. Show it once."""
    found, form = queries.living_for(current(), reference), NewCodeForm()
    code, had_code = _own_code(form), found.complainant_key_id is not None
    if not form.validate() or code is None or found.deletion_asked_at:
        return _code_page(found, form), 422
    settle(
        lambda: renewal.seal_anew(
            found, queries.desk_opens(current()), code.keys, visitor=current(), check=form.check.data
        ),
        renewal.renew,
    )
    groups = return_code.groups(code.digits)
    return render_template("cases/handover.html", case=found, groups=groups, had_code=had_code)


@blueprint.get("/cases/new")
@member_required
def entry() -> ResponseReturnValue:
    """Ask what a person told by phone, on paper or in person."""
    return _entry_page(EntryForm(None, code=signed_code.mint(), language=language_tag()))


@blueprint.post("/cases/new")
@member_required
def enter() -> ResponseReturnValue:
    """Open a case for a person, and show its code once. The same form twice opens one case."""
    form = EntryForm()
    code = _own_code(form)
    if not form.validate() or code is None:
        return _entry_page(form), 422
    complaint = form.complaint(current().member.id)
    receipt = settle(submit.sealing_of(complaint, code.keys), submit.submit)
    return render_template(
        "cases/entered.html",
        receipt=receipt,
        groups=return_code.groups(code.digits),
        case=queries.seen_by(current(), receipt.reference),
        country=complaint.country,
    )


def _own_code(form: NewCodeForm | EntryForm) -> signed_code.FormCode | None:
    """Return the code that a form carries; give the form another where it is none of ours."""
    try:
        return signed_code.read(form.code.data or "")
    except ForgedCodeError:
        form.code.data = signed_code.mint()
        return None


def _still(reference: str) -> Case:
    """Return a case as it is at this moment: one that was moved to another desk meanwhile is not there any more."""
    return queries.living_for(current(), reference)


def _read(reference: str) -> Dossier:
    """Open all that is shown on a case's page, and write down who reads it: there is no page of a case without that."""
    opened = dossier.open_for(current(), reference)
    with transaction():
        presence.note(current(), opened.case)
        triage.note_opened(current(), opened.case, *opened.shown)
    return opened


def _sent(found: Case) -> str:
    if found.complainant_key_id is None:
        return gettext("Your message is kept. Nobody can read it until you give the person a code.")
    return gettext("Your message was sent. The complainant reads it when they come back with the code.")


def _to_case(found: Case, part: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("cases.case", reference=found.reference, _anchor=part))


def _case_page(opened: Dossier, **forms: MessageForm | StatusForm | KeepForm) -> str:
    """Return the case page, with a form that was not valid in its place."""
    if opened.case.status == DELETED:
        return render_template("cases/tombstone.html", case=opened.case, history=opened.history)
    beside = papers.beside(current(), opened, request.args.get("reply", type=row_number))
    fresh = {
        "message": MessageForm(None, data=beside.message),
        "status": StatusForm(None),
        "keep": KeepForm(None),
        "note": NoteForm(None),
        "personal": PersonalForm(None, data=beside.own_note),
    }
    return render_template(
        "cases/case.html",
        opened=opened,
        case=opened.case,
        beside=beside,
        ledger=delivery.of_case(opened.case),
        stages=letter_words.STAGE_NAMES,
        manages=may_enter(current().member, "editor"),
        forms={**fresh, **forms},
        words=words,
        said=acts.said,
        work=work.open_for(current(), opened.case),
        coded_as=coding_words.beside(current(), opened),
        checking=checking.open_for(current(), opened.case, opened.statements),
        ties=ties.of(current(), opened.case),
        kept=holds.kept(current(), opened.case),
        called=escalation.beside(opened.case),
        facts=_facts,
        title=blocks.title_of,
        attached=listing.of(opened.attachments, opened.case.id),
        asks_country=transfer.asks_country(opened.case),
        zone=zone_of(opened.case.country),
        destroyed_at=deletion.destroyed_at(opened.case),
    )


def _clock_page(found: Case, form: Any, base: int | str) -> str:  # noqa: ANN401 a form that a block makes
    return render_template("cases/clock.html", case=found, form=form, base=base, zone=zone_of(found.country))


def _code_page(found: Case, form: NewCodeForm) -> str:
    return render_template("cases/new_code.html", case=found, form=form, checks=words.CHECKS)


def _entry_page(form: EntryForm) -> str:
    return render_template("cases/entry.html", form=form, words=words, countries=CHOICES)


def _facts(block: str, answers: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the answers of a block as lines to read."""
    return [(str(label), str(text)) for label, text in blocks.facts(block, answers, language_tag())]
