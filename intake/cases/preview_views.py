"""What every letter says, for editors: read before it is ever sent."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from intake.cases import letter_words
from intake.i18n import LANGUAGES
from intake.members.guards import current, editor_required
from intake.outbox import message, previews

blueprint = Blueprint("previews", __name__, url_prefix="/desk/letters/templates")


@blueprint.get("")
@editor_required
def page() -> ResponseReturnValue:
    """Show every letter in one language."""
    tags = [language.tag for language in LANGUAGES]
    asked = request.args.get("language", "")
    chosen = asked if asked in tags else current().member.language
    return render_template(
        "cases/previews.html",
        previews=previews.all_of(chosen),
        headers={"From": message.sender(), **message.newsroom_headers()},
        chosen=chosen,
        languages=LANGUAGES,
        kind_words=letter_words.kind,
    )
