"""Return visits: status, conversation, details, deletion, a new code, proof of filing."""

from contextlib import suppress

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.exc import SQLAlchemyError

from intake.cases import conversation, deletion, feedback, renewal, return_code, statements, visits
from intake.cases import queries as cases
from intake.cases.models import CLOSED
from intake.cases.statements import Answers
from intake.extensions import csrf, db, settle, transaction
from intake.followup import blocks, fresh_code, guards, proof, queries, speak
from intake.followup.forms import FeedbackForm, MessageForm, ReturnForm, VoiceMessageForm
from intake.followup.guards import complainant_required, current
from intake.followup.questions import BlockForm
from intake.followup.words import MEANINGS
from intake.i18n import LANG, now
from intake.members import sessions
from intake.sealing import CodeKeys
from intake.web.access import own_site_only, public
from intake.web.slowing import Limit
from intake.web.uploads import takes_recording

blueprint = Blueprint("followup", __name__)
BLOCK = f"<any({','.join(blocks.BLOCKS)}):block>"
WRONG_CODES = Limit("wrong-code", "10 per minute")


@blueprint.get(f"/{LANG}/case")
@public
def case(lang: str) -> ResponseReturnValue:
    """Show the case to whoever came back with its code; ask others for the code."""
    visit = visits.find(visits.COOKIE.sent())
    if visit is None:
        return guards.code_page(ReturnForm(None), lang, no_cookie="in" in request.args)
    guards.touch(visit)
    return _home(visit, lang, MessageForm(None))


@blueprint.post(f"/{LANG}/case")
@csrf.exempt  # nobody is here yet: the code that is typed is the only credential
@public
def begin(lang: str) -> ResponseReturnValue:
    """Open the case that a code finds, and do what was asked before. A right code is never slowed."""
    own_site_only()
    form = ReturnForm()
    if not form.validate():
        return guards.code_page(form, lang), 422
    try:
        keys = queries.keys_of(form.digits)
        found = queries.case_of(keys)
        if found is None:
            return _not_found(form, lang)
        with transaction():
            visits.end_dead(now())
            cookie = visits.begin(found, keys)
    except SQLAlchemyError:
        db.session.rollback()
        return guards.code_page(form, lang, fault=True), 503
    response = guards.go_on(visits.find(cookie), lang)
    visits.COOKIE.set(response, cookie)
    return response


@blueprint.post(f"/{LANG}/case/messages")
@complainant_required
def write(lang: str) -> ResponseReturnValue:
    """Write a message to the journalists."""
    visit, form = current(), MessageForm()
    if not form.validate():
        return _home(visit, lang, form), 422
    settle(lambda: conversation.seal_message(visit, visits.living(visit), form.words()), conversation.write)
    flash(gettext("Your message was sent."))
    return _back(lang)


@blueprint.get(f"/{LANG}/case/messages")
@complainant_required
def messages(lang: str) -> ResponseReturnValue:
    """Show every message of the case."""
    return render_template("followup/messages.html", lang=lang, seen=queries.overview(current()))


@blueprint.get(f"/{LANG}/case/words")
@complainant_required
def words(lang: str) -> ResponseReturnValue:
    """Show what the person wrote: only when asked for, since somebody may look over the shoulder."""
    seen = queries.overview(current())
    return render_template("followup/words.html", lang=lang, seen=seen, blocks=blocks.BLOCKS, facts=blocks.facts)


@blueprint.get(f"/{LANG}/case/details/{BLOCK}")
@complainant_required
def details(lang: str, block: str) -> ResponseReturnValue:
    """Show the questions of a block with the newest answers."""
    case, told = current().case, queries.statements_of(current())
    newest = queries.newest_versions(told).get(block)
    form = blocks.empty(block, case.country, newest.answers if newest else {}, urgent=case.urgent)
    return _block_page(form, lang, block, cases.known_by(told, block))


@blueprint.post(f"/{LANG}/case/details/{BLOCK}")
@complainant_required
def answer(lang: str, block: str) -> ResponseReturnValue:
    """Save the answers to a block as a new version."""
    visit, base = current(), request.form.get("base", "")
    form = blocks.posted(block, visit.case.country)
    if not form.validate():
        return _block_page(form, lang, block, base), 422
    _tell(form.answers(base))
    flash(gettext("Saved: %(title)s", title=blocks.title_of(block)))
    return _back(lang)


@blueprint.post(f"/{LANG}/case/threatened")
@complainant_required
def threatened(lang: str) -> ResponseReturnValue:
    """Take one press that says: I was threatened after reporting. The case is urgent again; everybody is told."""
    hour = now().strftime("%Y-%m-%d %H")  # pressed twice within the hour, it is one cry
    danger = queries.newest_versions(queries.statements_of(current())).get(cases.DANGER)  # told since: another cry
    _tell(Answers(cases.THREAT, {"hour": hour}, danger.number if danger else 0, {"urgent": True}, again=True))
    flash(gettext("The journalists are being told that you are threatened. If you can, go to a safe place first."))
    return _back(lang)


@blueprint.route(f"/{LANG}/case/delete", methods=["GET", "POST"])
@complainant_required
def delete(lang: str) -> ResponseReturnValue:
    """Delete the case, once the whole code was typed."""
    visit, form = current(), ReturnForm(request.form if request.method == "POST" else None)
    days = current_app.config["DELETE_AFTER_DAYS"]
    if request.method != "POST" or not (form.validate() and _is_own(form)):
        return _confirm_page("followup/delete.html", form, lang, days=days)
    with transaction():
        deletion.ask(visit)
    response = make_response(render_template("followup/deleted.html", lang=lang, days=days))
    visits.COOKIE.drop(response)
    return response


@blueprint.route(f"/{LANG}/case/code", methods=["GET", "POST"])
@complainant_required
def renew(lang: str) -> ResponseReturnValue:
    """Offer a new code to whoever typed the present one. It opens nothing before it was typed, see ``take``."""
    visit, form = current(), ReturnForm(request.form if request.method == "POST" else None)
    if request.method != "POST" or not (form.validate() and _is_own(form)):
        return _confirm_page("followup/new_code.html", form, lang)
    return _offer_page(ReturnForm(None), lang, fresh_code.offer(visit))


@blueprint.post(f"/{LANG}/case/code/take")
@complainant_required
def take(lang: str) -> ResponseReturnValue:
    """Put the new code in the place of the present one, once it was typed: who typed it, has it."""
    visit, form, signed = current(), ReturnForm(), request.form.get("fresh", "")
    digits = fresh_code.read(signed, visit)
    if digits is None:
        flash(gettext("That code was not taken and opens nothing: cross it out on your paper. Take another one."))
        return redirect(url_for("followup.renew", lang=lang), 303)
    if not form.validate():
        return _offer_page(form, lang, signed), 422
    if form.digits != digits:
        form.code.errors = [gettext("This is not the new code. Please compare the digits, four by four.")]
        return _offer_page(form, lang, signed), 422
    keys = queries.keys_of(digits)
    cookie = settle(
        lambda: renewal.seal_anew(visits.living(visit), visit.opens, keys), lambda sealed: _taken(sealed, visit, keys)
    )
    flash(gettext("Your new code opens your case. The old one opens nothing any more: throw it away."))
    response = make_response(_back(lang))
    visits.COOKIE.set(response, cookie)
    return response


@blueprint.get(f"/{LANG}/case/proof")
@complainant_required
def prove(lang: str) -> ResponseReturnValue:
    """Show a page to print: reference, date, and what was received, but not the story."""
    seen = queries.overview(current())
    address = f"{current_app.config['PUBLIC_URL']}/{lang}/case"
    drawn = proof.drawn(address) if "qr" in request.args else ""
    return render_template(
        "followup/proof.html", lang=lang, seen=seen, title_of=blocks.title_of, address=address, drawn=drawn
    )


@blueprint.route(f"/{LANG}/case/feedback", methods=["GET", "POST"])
@complainant_required
def opine(lang: str) -> ResponseReturnValue:
    """Take what the person thought of the help, once the case is closed."""
    if current().case.status != CLOSED:
        return _back(lang)
    visit, form = current(), FeedbackForm(request.form if request.method == "POST" else None)
    if request.method != "POST" or not form.validate():
        return render_template("followup/feedback.html", lang=lang, form=form), 422 if form.errors else 200
    good, bad = form.good.data or "", form.bad.data or ""
    first = settle(lambda: feedback.seal_opinion(visits.living(visit), form.ratings(), good, bad), feedback.give)
    if first:
        flash(gettext("Thank you. Your answers were sent."))
    else:
        flash(gettext("Your answers were sent earlier, and these were not kept. You can write them as a message."))
    return _back(lang)


@blueprint.post(f"/{LANG}/case/close")
@complainant_required
def close(lang: str) -> ResponseReturnValue:
    """End the visit on this device."""
    response = make_response(_back(lang))
    _forget_forms()
    visits.COOKIE.drop(response)
    with suppress(SQLAlchemyError, OSError), transaction():  # the cookie goes, whatever the database does
        visits.end(visits.COOKIE.sent())
    return response


@blueprint.route(f"/{LANG}/case/voice", methods=["GET", "POST"])
@complainant_required
@takes_recording
def voice(lang: str) -> ResponseReturnValue:
    """Add a voice message to the case."""
    visit, form = current(), VoiceMessageForm()
    if request.method != "POST" or not form.validate():
        return render_template("followup/voice.html", lang=lang, form=form), 422 if form.errors else 200
    recording, story = form.recording.data, form.story.data or ""
    settle(lambda: speak.seal_speech(visit, visits.living(visit), recording, story), speak.speak)
    flash(gettext("Your voice message was sent."))
    return _back(lang)


@blueprint.get("/leave")
@public
def leave() -> ResponseReturnValue:
    """Forget the visit and go elsewhere, at once. Nothing stays on the device."""
    _forget_forms()
    response = make_response(redirect(current_app.config["EXIT_URL"], 303))
    cookie = visits.COOKIE.sent()
    if cookie:
        visits.COOKIE.drop(response)
        with suppress(SQLAlchemyError, OSError), transaction():  # whoever must leave leaves, whatever the database does
            visits.end(cookie)
    return response


def _taken(sealed: renewal.Renewal, visit: visits.Visit, keys: CodeKeys) -> str:
    """Save the new code, and go on with it, both or neither; return the cookie of the visit."""
    renewal.renew(sealed)
    return visits.begin(visit.case, keys)


def _home(visit: visits.Visit, lang: str, form: MessageForm) -> str:
    """Return the page of the case; the messages on it count as read from now on."""
    seen = queries.overview(visit)
    if seen.unread:
        with transaction():
            conversation.mark_read(visit, visit.case, [message.id for message in seen.newest])
    return render_template(
        "followup/case.html",
        lang=lang,
        seen=seen,
        meanings=MEANINGS,
        blocks=blocks.BLOCKS,
        listed=blocks.ordered(seen.categories, seen.answered),
        form=form,
    )


def _block_page(form: BlockForm, lang: str, block: str, base: int | str) -> str:
    return render_template("followup/block.html", form=form, lang=lang, block=blocks.BLOCKS[block], base=base)


def _offer_page(form: ReturnForm, lang: str, signed: str) -> str:
    groups = return_code.groups(signed[: return_code.LENGTH])
    return render_template("followup/offered_code.html", form=form, lang=lang, groups=groups, fresh=signed)


def _confirm_page(template: str, form: ReturnForm, lang: str, **more: object) -> ResponseReturnValue:
    return render_template(template, form=form, lang=lang, **more), 422 if form.errors else 200


def _tell(answers: Answers) -> None:
    visit = current()
    settle(lambda: statements.seal_answers(visit, visits.living(visit), answers), statements.tell)


def _back(lang: str) -> ResponseReturnValue:
    return redirect(url_for("followup.case", lang=lang), 303)


def _forget_forms() -> None:
    """Take back the cookie that ties forms to this browser, unless the forms of a member signed in here need it."""
    if sessions.COOKIE.sent() is None:
        session.clear()


def _is_own(form: ReturnForm) -> bool:
    """Return whether the code that was typed is the visit's own; say it kindly if not. Wrong ones are slowed."""
    if queries.keys_of(form.digits).identity.recipient == current().identity.recipient:
        return True
    slow = WRONG_CODES.reached()
    WRONG_CODES.failed()
    if slow:
        form.code.errors = [gettext("Too many codes were wrong. Please wait a minute, then try again.")]
        return False
    form.code.errors = [gettext("This is not the code of this case. Please compare the digits, four by four.")]
    return False


def _not_found(form: ReturnForm, lang: str) -> ResponseReturnValue:
    slow = WRONG_CODES.reached()
    WRONG_CODES.failed()
    said = (
        gettext(
            "Too many codes were wrong. Please wait a minute, compare the digits with what you wrote down, try again."
        )
        if slow
        else gettext(
            "We found no case with this code. Please compare the digits with what you wrote down, four by four."
        )
    )
    form.code.errors = [said]
    return guards.code_page(form, lang), 429 if slow else 422
