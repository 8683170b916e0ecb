"""Canned replies: editors write them for all."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.cases import replies
from intake.cases.forms import ReplyForm, places
from intake.cases.words import REPLY_LANGUAGES
from intake.extensions import transaction
from intake.members.guards import current, editor_required
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("replies", __name__, url_prefix="/desk/replies")
REPLY_ID = f"<int(max={LARGEST_NUMBER}):reply_id>"


@blueprint.get("")
@editor_required
def page() -> ResponseReturnValue:
    """List the replies, and offer a new one."""
    return _list_page(ReplyForm(None, language=current().member.language))


@blueprint.post("")
@editor_required
def add() -> ResponseReturnValue:
    """Keep a new reply."""
    form = ReplyForm()
    if not form.validate():
        return _list_page(form), 422
    _save(form)
    return redirect(url_for("replies.page"))


@blueprint.get(f"/{REPLY_ID}")
@editor_required
def reply(reply_id: int) -> ResponseReturnValue:
    """Show a reply, to be changed."""
    return _reply_page(reply_id, ReplyForm(None, obj=replies.one(reply_id)))


@blueprint.post(f"/{REPLY_ID}")
@editor_required
def change(reply_id: int) -> ResponseReturnValue:
    """Keep another text of a reply."""
    replies.one(reply_id)
    form = ReplyForm()
    if not form.validate():
        return _reply_page(reply_id, form), 422
    _save(form, reply_id)
    return redirect(url_for("replies.page"))


@blueprint.post(f"/{REPLY_ID}/remove")
@editor_required
def remove(reply_id: int) -> ResponseReturnValue:
    """Remove a reply."""
    with transaction():
        replies.remove(current().member, reply_id)
    flash(gettext("The reply was removed."))
    return redirect(url_for("replies.page"))


def _save(form: ReplyForm, reply_id: int | None = None) -> None:
    with transaction():
        replies.save(current().member, form.language.data or "", form.title.data or "", form.text.data or "", reply_id)
    flash(gettext("The reply was kept."))


def _list_page(form: ReplyForm) -> str:
    found = replies.listed(current().member.language)
    return render_template("cases/replies.html", form=form, found=found, languages=REPLY_LANGUAGES, places=places())


def _reply_page(reply_id: int, form: ReplyForm) -> str:
    return render_template("cases/reply.html", form=form, reply_id=reply_id, languages=REPLY_LANGUAGES, places=places())
