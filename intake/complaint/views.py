"""The complaint page, sending, and the pages beside it."""

import logging
from dataclasses import replace

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from intake.complaint import canary_mark, pages, robots, signed_code, submit
from intake.complaint.forms import ComplaintForm, FurtherWordsForm, VoiceForm
from intake.complaint.signed_code import ForgedCodeError, FormCode
from intake.extensions import StaleError, csrf, db, settle
from intake.followup import blocks
from intake.i18n import LANG, preferred_language
from intake.sealing import SealError
from intake.web.access import public
from intake.web.uploads import takes_recording

blueprint = Blueprint("complaint", __name__)
log = logging.getLogger(__name__)
OFFERED = {name: blocks.BLOCKS[name] for name in blocks.ordered([])}


@blueprint.get("/")
@public
def start() -> ResponseReturnValue:
    """Show the complaint page in the language that the browser asks for, without a redirect."""
    return pages.fresh_page(preferred_language())


@blueprint.get(f"/{LANG}/")
@public
def page(lang: str) -> ResponseReturnValue:
    """Show the complaint page."""
    return pages.fresh_page(lang)


@blueprint.post(f"/{LANG}/")
@csrf.exempt  # the signed code is the form's token: a stranger's page has none
@public
def send(lang: str) -> ResponseReturnValue:
    """Take a complaint, or further words under a code that has a case."""
    return _answer(ComplaintForm(), lang)


@blueprint.get(f"/{LANG}/voice")
@public
def voice(lang: str) -> ResponseReturnValue:
    """Show the complaint page with a recorder."""
    return pages.fresh_voice_page(lang)


@blueprint.post(f"/{LANG}/voice")
@csrf.exempt  # as above
@public
@takes_recording
def send_voice(lang: str) -> ResponseReturnValue:
    """Take a complaint that is spoken, or spoken and written."""
    return _answer(VoiceForm(), lang)


@blueprint.get(f"/{LANG}/safety")
@public
def safety(lang: str) -> ResponseReturnValue:
    """Show how to stay safe."""
    return render_template("complaint/safety.html", lang=lang)


@blueprint.get(f"/{LANG}/about")
@public
def about(lang: str) -> ResponseReturnValue:
    """Show who reads this, and what it cannot do."""
    kept, carried = current_app.config["KEEP_DAYS"], current_app.config["SEALED_LETTERS"]
    return render_template("complaint/about.html", lang=lang, kept=kept, carried=carried)


def _answer(form: ComplaintForm, lang: str) -> ResponseReturnValue:
    """Answer a complaint, or further words, keeping what was typed whatever goes wrong."""
    signed = request.form.get("code", "")
    try:
        code = signed_code.read(signed)
        more = "country" not in request.form and not isinstance(form, VoiceForm)
        receipt = submit.receipt_of(code.keys) if more else None
        return _add(receipt, code, lang) if receipt else _send(form, code, lang)
    except (ForgedCodeError, submit.DeadCodeError):
        return pages.forged_page(form, lang), 422
    except (SQLAlchemyError, StaleError, SealError, OSError) as error:
        log.warning("%s while a complaint was sent; its sender was asked to press again", type(error).__name__)
        db.session.rollback()
        return pages.fault_page(form, lang, signed), 503


def _send(form: ComplaintForm, code: FormCode, lang: str) -> ResponseReturnValue:
    if not form.validate():
        return pages.form_page(form, lang, code.signed), 422
    if robots.suspect(code):
        return pages.robot_page(form, lang, code), 422
    return pages.answer_page(_saved(form, code, lang), code, lang, OFFERED)


def _add(receipt: submit.Receipt, code: FormCode, lang: str) -> ResponseReturnValue:
    form = FurtherWordsForm()
    if not form.validate():
        return pages.answer_page(receipt, code, lang, OFFERED, form), 422
    return pages.answer_page(_saved(form, code, lang), code, lang, OFFERED)


def _saved(form: ComplaintForm | FurtherWordsForm, code: FormCode, lang: str) -> submit.Receipt:
    complaint = form.complaint(lang)
    if mark := request.form.get(canary_mark.FIELD):
        complaint = replace(complaint, canary=canary_mark.run_of(mark, complaint.country))
    return settle(submit.sealing_of(complaint, code.keys), submit.submit)
