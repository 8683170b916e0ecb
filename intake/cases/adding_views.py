"""Files that members add to a case, for the desk alone: in chunks by a script, or with an ordinary form."""

from collections.abc import Callable
from functools import wraps

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from intake.cases import file_answers, kept_parts, queries, sent_files
from intake.cases.file_answers import Outcome, answers_script
from intake.cases.models import Case
from intake.evidence import limits, parts, underway
from intake.evidence.limits import RefusedError
from intake.extensions import csrf, settle
from intake.members import queries as members
from intake.members import sessions
from intake.members.guards import asked_by_script, current, member_required
from intake.sealing import SealError
from intake.web.access import own_site_only
from intake.web.uploads import takes_chunks

blueprint = Blueprint("adding", __name__, url_prefix="/desk/cases/<reference>/files/add")


def _signed_in_first(view: Callable[[str], ResponseReturnValue]) -> Callable[[str], ResponseReturnValue]:
    """Send whoever is not signed in to do so, before a byte of a large form is read: files cannot be carried along."""

    @wraps(view)
    def first(reference: str) -> ResponseReturnValue:
        own_site_only()
        if sessions.find(sessions.COOKIE.sent()) is None:
            return redirect(url_for("members.ask", next=url_for("adding.page", reference=reference)))
        return view(reference)

    csrf.exempt(first)  # the token stands in the form, which is only read once it is known who sends it
    return first


@blueprint.get("")
@member_required
def page(reference: str) -> ResponseReturnValue:
    """Ask for files, and show what is unfinished."""
    return _page(queries.living_for(current(), reference))


@blueprint.post("")
@_signed_in_first
@member_required
def bring(reference: str) -> ResponseReturnValue:
    """Save the files that came with the form; each has an outcome of its own."""
    file_answers.make_ready(current(), queries.living_for(current(), reference))
    csrf.protect()
    came = file_answers.outcomes(current(), lambda: queries.living_for(current(), reference))
    found = queries.living_for(current(), reference)
    return _page(found, came, nothing=not came), 200 if any(not one.refusal for one in came) else 422


@blueprint.post("/begin")
@asked_by_script
@member_required
def begin(reference: str) -> ResponseReturnValue:
    """Begin a file, or go on with one that somebody of the desk began."""
    return _answered(reference, lambda case: file_answers.begin(current(), case))


@blueprint.post("/<name>/<int:first>")
@takes_chunks
@asked_by_script
@member_required
def take(reference: str, name: str, first: int) -> ResponseReturnValue:
    """Take chunks of a file."""
    return _answered(reference, lambda case: file_answers.take(current(), case, name, first))


@blueprint.post("/<name>/finish")
@asked_by_script
@member_required
def finish(reference: str, name: str) -> ResponseReturnValue:
    """Take a file as whole."""
    return _answered(reference, lambda case: file_answers.finish(current(), case, name))


@blueprint.post("/<name>/drop")
@member_required
def drop(reference: str, name: str) -> ResponseReturnValue:
    """Give an unfinished file of the desk up."""
    file_answers.drop(current(), lambda: queries.living_for(current(), reference), name)
    flash(gettext("What had come of that file is removed."))
    return redirect(url_for("adding.page", reference=reference))


@blueprint.post("/<name>/part")
@member_required
def keep_part(reference: str, name: str) -> ResponseReturnValue:
    """Keep what arrived of an unfinished file, whoever sends it, as a file of its own; the upload goes on."""
    refused = limits.of_member().refusal
    try:
        is_new = _kept_part(reference, name)
    except kept_parts.GoneError:
        flash(gettext("That file is not on its way any more: it arrived whole, or was removed."))
    except parts.NoBeginningError:
        flash(gettext("The beginning of that file has not arrived yet. Without it the rest is of no use."))
    except parts.BusyError:
        flash(gettext("Another part is being kept in this moment. Press again in a minute."))
    except (SealError, FileNotFoundError):
        flash(
            gettext(
                "A part of this file was altered since it came, or is gone. Tell the operator: flask evidence verify."
            )
        )
    except RefusedError as error:
        flash(refused(error.reason))
    except OSError:
        flash(refused(limits.AWAY))
    else:
        if is_new:
            flash(gettext("What arrived of that file is kept, with the files of this case. The rest can still come."))
        else:
            flash(gettext("Nothing more has arrived of that file: what did is kept already."))
    return redirect(url_for("cases.case", reference=reference))


def _kept_part(reference: str, name: str) -> bool:
    """Keep what arrived of a file; return whether that is more than was kept before."""
    file = kept_parts.copied(current(), queries.living_for(current(), reference), name)
    if file is None:
        return False
    is_new = settle(lambda: kept_parts.seal(current(), queries.living_for(current(), reference), file), kept_parts.keep)
    if not is_new:
        parts.forget(file)
    return is_new


def _answered(reference: str, act: Callable[[file_answers.CaseNow], ResponseReturnValue]) -> ResponseReturnValue:
    """Answer a script; one whose member lost their seat meanwhile, or whose case was moved, is told so."""
    try:
        found = [queries.living_for(current(), reference)]
    except NotFound:
        return {"said": gettext("This case is not at your desk any more: nothing more is taken.")}, 404
    # What has to be tried again asks anew.
    return answers_script(act)(lambda: found.pop() if found else queries.living_for(current(), reference))


def _page(found: Case, came: list[Outcome] | None = None, *, nothing: bool = False) -> str:
    opens, sender = queries.desk_opens(current()), sent_files.sender(current(), found)
    waiting, here = underway.of_case(found.id, found.reference, opens), sent_files.files_of(sender)
    return render_template(
        "cases/adding.html",
        case=found,
        came=came or [],
        nothing=nothing,
        limits=limits.of_member(),
        unfinished=[one for one in waiting if one.member_id],
        arrived=here,
        names=members.names({*(one.member_id for one in waiting), *(one.member_id for one in here)}),
    )
