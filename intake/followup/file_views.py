"""Files that complainants add to their case: in chunks by a script, or with an ordinary form."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.cases import file_answers, sent_files, visits
from intake.cases.file_answers import Outcome
from intake.cases.models import Case
from intake.evidence import limits
from intake.followup.guards import complainant_required, current, script_required, takes_files
from intake.i18n import LANG
from intake.web.uploads import takes_chunks

blueprint = Blueprint("files", __name__)
FILES = f"/{LANG}/case/files"


@blueprint.get(FILES)
@complainant_required
def page(lang: str) -> ResponseReturnValue:
    """Show what arrived and what is unfinished, and how much may be sent."""
    return _page(lang)


@blueprint.post(FILES)
@complainant_required
@takes_files
def post(lang: str) -> ResponseReturnValue:
    """Save the files that came with the form; each has an outcome of its own."""
    came = file_answers.outcomes(current(), _case)
    return _page(lang, came, nothing=not came), 200 if any(not one.refusal for one in came) else 422


@blueprint.post(f"{FILES}/begin")
@script_required
def begin(lang: str) -> ResponseReturnValue:  # noqa: ARG001 what is said is in the page's language
    """Begin a file, or go on with it."""
    return file_answers.begin(current(), _case)


@blueprint.post(f"{FILES}/<name>/<int:first>")
@takes_chunks
@script_required
def take(lang: str, name: str, first: int) -> ResponseReturnValue:  # noqa: ARG001 as above
    """Take chunks of a file."""
    return file_answers.take(current(), _case, name, first)


@blueprint.post(f"{FILES}/<name>/finish")
@script_required
def finish(lang: str, name: str) -> ResponseReturnValue:  # noqa: ARG001 as above
    """Take a file as whole."""
    return file_answers.finish(current(), _case, name)


@blueprint.post(f"{FILES}/<name>/drop")
@complainant_required
def drop(lang: str, name: str) -> ResponseReturnValue:
    """Give an unfinished file up."""
    file_answers.drop(current(), _case, name)
    flash(gettext("What had come of that file is removed."))
    return redirect(url_for("files.page", lang=lang), 303)


def _case() -> Case:
    return visits.living(current())


def _page(lang: str, came: list[Outcome] | None = None, *, nothing: bool = False) -> str:
    sender = sent_files.sender(current(), _case())
    return render_template(
        "followup/files.html",
        lang=lang,
        came=came or [],
        nothing=nothing,
        limits=sender.limits,
        left=limits.left(sender.limits, limits.used(sender.case_id, by_member=False)),
        arrived=sent_files.files_of(sender),
        unfinished=file_answers.unfinished(sender),
    )
