"""Searching the cases of one's desks. What is searched for travels by POST alone: never in an address or a log."""

import contextlib

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.cases import indexing, queries, saved_searches, search, search_pages, words
from intake.cases.search import Results
from intake.cases.search_form import SearchForm
from intake.desks import queries as desks
from intake.desks.forms import desk_name
from intake.extensions import StaleError, settle, transaction
from intake.followup import blocks
from intake.i18n import COUNTRY_NAMES, number
from intake.members.guards import current, member_required
from intake.web.forms import LARGEST_NUMBER

blueprint = Blueprint("search", __name__, url_prefix="/desk/search")
A_STEP = 2.0  # seconds: a page should come back before somebody wonders
BEFORE_A_SEARCH = 0.2  # seconds: what came since the last one is found


@blueprint.get("")
@member_required
def page() -> ResponseReturnValue:
    """Ask what to search for; say how much is searchable."""
    return _page(_offered(SearchForm(None)))


@blueprint.post("")
@member_required
def find() -> ResponseReturnValue:
    """Search; write down that it was done, never for what. A reference leads to its case."""
    form = _offered(SearchForm())
    if not form.validate():
        return _page(form), 422
    named = queries.seen_by(current(), (form.words.data or "").upper())
    if named:
        return redirect(url_for("cases.case", reference=named.reference))
    with contextlib.suppress(StaleError):  # a colleague is at it: what is there already is searched
        _index(BEFORE_A_SEARCH)
    results = search.find(current(), form.terms(), form.filters(), form.page())
    with transaction():
        search.note(current(), form.filters(), results.broken)
    return _page(form, results)


@blueprint.post("/step")
@member_required
def step() -> ResponseReturnValue:
    """Make searchable for two seconds what is not yet."""
    try:
        saved = _index(A_STEP)
    except StaleError:
        saved = 0
    return redirect(url_for("search.page", paused=None if saved else 1))


@blueprint.post("/saved")
@member_required
def save() -> ResponseReturnValue:
    """Keep a search, sealed to the member."""
    form = _offered(SearchForm())
    if not form.validate():
        return _page(form), 422
    sealed = saved_searches.sealed(current(), form.words.data or "", form.desk.data or "", form.country.data or "")
    try:
        with transaction():
            saved_searches.save(current(), sealed)
    except saved_searches.TooManyError:
        form.words.errors = [gettext("You have 50 saved searches. Delete one first.")]
        return _page(form), 422
    flash(gettext("The search is saved. Only you can read it."))
    return redirect(url_for("search.page"))


@blueprint.post(f"/saved/<int(max={LARGEST_NUMBER}):search_id>/delete")
@member_required
def remove(search_id: int) -> ResponseReturnValue:
    """Delete a saved search of one's own."""
    with transaction():
        saved_searches.remove(current(), search_id)
    return redirect(url_for("search.page"))


def _index(seconds: float) -> int:
    return sum(settle(write, indexing.save) for write in indexing.turns(current(), seconds, blocks.typed))


def _offered(form: SearchForm) -> SearchForm:
    own_desks = [(str(own.desk.id), desk_name(own.desk)) for own in desks.desks_of(current().member)]
    return form.offer(own_desks, COUNTRY_NAMES)


def _page(form: SearchForm, results: Results | None = None) -> str:
    lacking, total = search_pages.count(current().member)
    return render_template(
        "cases/search.html",
        form=form,
        results=results,
        lacking=lacking,
        total=total,
        number=number,
        paused="paused" in request.args,
        saved=saved_searches.all_of(current()),
        found_in=words.FOUND_IN,
        statuses=words.STATUSES,
    )
