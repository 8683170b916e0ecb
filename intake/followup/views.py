"""The return page."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.extensions import csrf
from intake.followup import queries
from intake.followup.forms import ReturnForm
from intake.i18n import TAGS
from intake.web.access import own_site_only, public
from intake.web.slowing import Limit

blueprint = Blueprint("followup", __name__)
LANG = f"<any({','.join(TAGS)}):lang>"
WRONG_CODES = Limit("wrong-code", "10 per minute")


@blueprint.get(f"/{LANG}/case")
@public
def case(lang: str) -> ResponseReturnValue:
    """Ask for the code."""
    return render_template("followup/case.html", lang=lang, form=ReturnForm(None))


@blueprint.post(f"/{LANG}/case")
@csrf.exempt  # no session and nothing changed: the code that is typed is the only credential
@public
def status(lang: str) -> ResponseReturnValue:
    """Show the status of the case that a code finds. A right code is never slowed."""
    own_site_only()
    form = ReturnForm()
    if not form.validate():
        return render_template("followup/case.html", lang=lang, form=form), 422
    found = queries.status_of(form.digits)
    if found:
        return render_template("followup/status.html", lang=lang, status=found)
    return _not_found(form, lang)


def _not_found(form: ReturnForm, lang: str) -> ResponseReturnValue:
    slow = WRONG_CODES.reached()
    WRONG_CODES.failed()
    words = (
        gettext(
            "Too many codes were wrong. Please wait a minute, compare the digits with what you wrote down, try again."
        )
        if slow
        else gettext(
            "We found no case with this code. Please compare the digits with what you wrote down, four by four."
        )
    )
    form.code.errors = [words]
    return render_template("followup/case.html", lang=lang, form=form), 429 if slow else 422
