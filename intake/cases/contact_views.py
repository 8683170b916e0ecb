"""How to reach a person: first their rules, and only after they were read the details."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from intake.cases import contact
from intake.cases.conversation import CONTACT
from intake.cases.forms import ContactForm
from intake.extensions import transaction
from intake.followup import blocks
from intake.i18n import language_tag
from intake.members.guards import current, member_required

blueprint = Blueprint("contact", __name__, url_prefix="/desk/cases/<reference>/contact")


@blueprint.get("")
@member_required
def rules(reference: str) -> ResponseReturnValue:
    """Show by which rules the person wants to be reached, and no detail."""
    return _page(contact.how_to_reach(current(), reference))


@blueprint.post("")
@member_required
def details(reference: str) -> ResponseReturnValue:
    """Show the details to who has read the rules as they are now, and write it down."""
    reach, form = contact.how_to_reach(current(), reference), ContactForm()
    if form.known.data != str(reach.known):
        return _page(reach, changed=True), 409
    with transaction():
        contact.note_opened(current(), reach)
    return _page(reach, opened=True)


def _page(reach: contact.Reach, *, opened: bool = False, changed: bool = False) -> str:
    return render_template(
        "cases/contact.html", reach=reach, case=reach.case, facts=_facts, opened=opened, changed=changed
    )


def _facts(answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return answers about reaching a person as lines to read."""
    return blocks.facts(CONTACT, answers, language_tag())
