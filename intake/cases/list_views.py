"""Taking the list of the queue along."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from intake.cases import copy_words, fact_filter, list_export, queue, queue_filter
from intake.cases.list_form import ListForm
from intake.desks.forms import desk_name
from intake.extensions import settle
from intake.i18n import now
from intake.members.guards import current, member_required, password_again
from intake.web.attachment import attachment

blueprint = Blueprint("lists", __name__, url_prefix="/desk")
TYPES = {
    copy_words.CSV: "text/csv; charset=utf-8",
    copy_words.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@blueprint.get("/queue/export")
@member_required
@password_again
def ask() -> ResponseReturnValue:
    """Say what the list has, and ask in which form it is wanted."""
    chosen = queue_filter.read(request.args, queue.choices(current()))
    return _list_page(ListForm(None, data={"query": chosen.query}))


@blueprint.post("/queue/export")
@member_required
@password_again
def take() -> ResponseReturnValue:
    """Answer with the list, and write down who took it."""
    form, visitor = ListForm(), current()
    if not form.validate():
        return _list_page(form), 422
    chosen = queue_filter.read_query(form.query.data or "", queue.choices(visitor))
    written = form.form.data or ""

    def note(made: list_export.List) -> list_export.List:
        list_export.note_taken(visitor, made, written)
        return made

    taken = settle(lambda: list_export.make(visitor, chosen, desk_name), note)
    body = list_export.as_csv(taken) if written == copy_words.CSV else list_export.as_xlsx(taken)
    return attachment(body, f"cases-{now():%Y-%m-%d}.{written}", TYPES[written])


def _list_page(form: ListForm) -> str:
    chosen = queue_filter.read_query(form.query.data or "", queue.choices(current()))
    meant = fact_filter.looked_up(current(), chosen)
    count = queue.how_many(current(), chosen, list_export.MOST + 1, meant.case_ids if meant else None)
    return render_template(
        "cases/list_export.html",
        form=form,
        chosen=chosen,
        unread=meant.unread if meant else 0,
        count=min(count, list_export.MOST),
        is_cut=count > list_export.MOST,
        most=list_export.MOST,
        forms=[(name, copy_words.FORM_NAMES[name]) for name in copy_words.LIST_FORMS],
    )
