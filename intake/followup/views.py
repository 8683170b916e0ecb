"""Return visits: status, conversation, details, consent, deletion."""

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.cases import statements, visits
from intake.extensions import csrf, settle, transaction
from intake.followup import blocks, guards, queries
from intake.followup.forms import ReturnForm
from intake.followup.guards import complainant_required, current
from intake.i18n import TAGS, now
from intake.web.access import own_site_only, public
from intake.web.slowing import Limit

blueprint = Blueprint("followup", __name__)
LANG = f"<any({','.join(TAGS)}):lang>"
BLOCK = f"<any({','.join(blocks.BLOCKS)}):block>"
WRONG_CODES = Limit("wrong-code", "10 per minute")


@blueprint.get(f"/{LANG}/case")
@public
def case(lang: str) -> ResponseReturnValue:
    """Show the case to whoever came back with its code; ask others for the code."""
    visit = visits.find(request.cookies.get(visits.cookie_name()))
    if visit is None:
        return render_template(
            "followup/code.html", lang=lang, form=ReturnForm(None), kept=[], next="", no_cookie="in" in request.args
        )
    return _home(visit, lang)


@blueprint.post(f"/{LANG}/case")
@csrf.exempt  # nobody is here yet: the code that is typed is the only credential
@public
def begin(lang: str) -> ResponseReturnValue:
    """Open the case that a code finds. A right code is never slowed."""
    own_site_only()
    form = ReturnForm()
    if not form.validate():
        return _code_page(form, lang), 422
    keys = queries.keys_of(form.digits)
    found = queries.case_of(keys)
    if found is None:
        return _not_found(form, lang)
    with transaction():
        visits.end_dead(now())
        cookie = visits.begin(found, keys)
    visit = visits.find(cookie)
    if visit is None:
        return _not_found(form, lang)
    response = guards.go_on(visit, lang)
    visits.set_cookie(response, cookie)
    return response


@blueprint.get(f"/{LANG}/case/details/{BLOCK}")
@complainant_required
def details(lang: str, block: str) -> ResponseReturnValue:
    """Show the questions of a block with the newest answers."""
    newest = queries.newest_version(current(), block)
    form = blocks.empty(block, current().case.country, newest.answers if newest else {})
    return _block_page(form, lang, block, newest.number if newest else 0)


@blueprint.post(f"/{LANG}/case/details/{BLOCK}")
@complainant_required
def answer(lang: str, block: str) -> ResponseReturnValue:
    """Save the answers to a block as a new version."""
    visit, form, base = current(), blocks.posted(block, current().case.country), request.form.get("base", "")
    if not form.validate():
        return _block_page(form, lang, block, base), 422
    answers = form.answers(base)
    settle(lambda: statements.seal_answers(visit, queries.living(visit), answers), statements.tell)
    flash(gettext("Saved."))
    return redirect(url_for("followup.case", lang=lang), 303)


@blueprint.get("/leave")
@public
def leave() -> ResponseReturnValue:
    """Forget the visit and go elsewhere, at once."""
    response = make_response(redirect(current_app.config["EXIT_URL"], 303))
    cookie = request.cookies.get(visits.cookie_name())
    if cookie:
        with transaction():
            visits.end(cookie)
        visits.drop_cookie(response)
    return response
