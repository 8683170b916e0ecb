"""Every form there is, whatever is posted to it: it answers with a sentence, and lets nothing pass that has no end.

The forms are found, not listed: a new one is tried by itself.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, request
from flask_wtf import FlaskForm
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import HiddenField
from wtforms.fields import Field

import intake
from intake.cases.coding_form import CodingForm
from intake.cases.forms import DraftForm, OfferForm, ToForm, TransferForm
from intake.cases.marking_forms import BoxForm
from intake.cases.search_form import SearchForm
from intake.cases.specimens import SpecimenForm
from intake.cases.wishes import wishes
from intake.desks.forms import AcceptanceForm
from intake.followup.questions import BlockForm
from intake.members.forms import ConfirmForm, SignInForm
from intake.web import forms
from intake.web.forms import Line, Text, clean_line, clean_text
from tests.strategies import examples, texts

MOST_BYTES = 10_000 * forms.BYTES_A_CHARACTER  # that any field of words lets pass: of the longest text there is
BASES = {forms.PublicForm, forms.SpokenForm, forms.DeskForm, BlockForm}
SHOWN_ALONE = {SpecimenForm}  # which nobody posts
# What is read as a number, or compared with what there is, and kept nowhere.
COMPARED = {
    "to before country": (ToForm, OfferForm, TransferForm),
    "x y w h": (BoxForm,),
    "number": (SearchForm,),
    "signed": (DraftForm,),
    "address code": (SignInForm,),
    "address code one_time": (AcceptanceForm,),
    "password": (SignInForm, ConfirmForm),
}


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database: what a form refuses, no database decides."""
    return str(request.param)


def every_form() -> list[type[FlaskForm]]:
    """Return every class of a form in the house."""
    for module in pkgutil.walk_packages(intake.__path__, "intake."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    return sorted(_below(FlaskForm), key=lambda form: (form.__module__, form.__name__))


def _below(base: type[FlaskForm]) -> Iterator[type[FlaskForm]]:
    for form in set(base.__subclasses__()):
        if form.__module__.startswith("intake.") and form not in BASES | SHOWN_ALONE:
            yield form
        yield from _below(form)


FORMS = list(dict.fromkeys(every_form()))


def posted_to(kind: type[FlaskForm]) -> Any:
    """Return a form that reads what was posted."""
    return kind(request.form) if issubclass(kind, BlockForm) else kind()


def parts_of(form: Any) -> Iterator[FlaskForm]:
    """Yield a form and those that are parts of it."""
    yield form
    for inner in vars(form).values():
        found = inner.values() if isinstance(inner, dict) else inner if isinstance(inner, list) else ()
        yield from (one for one in found if isinstance(one, FlaskForm))


def names_of(app: Flask, kind: type[FlaskForm]) -> list[str]:
    """Return what the fields of a form are called in a browser."""
    if kind not in _names:
        with app.test_request_context():
            fields = [field for one in parts_of(kind(None)) for field in one if "csrf_token" not in field.name]
            _names[kind] = [name for field in fields for name in names_in(field)]
    return _names[kind]


_names: dict[type[FlaskForm], list[str]] = {}


def names_in(field: Field) -> list[str]:
    """Return the names under which a browser sends a field: of a date, those of its parts."""
    return [f"{field.name}-{part}" for part in getattr(field, "parts", ())] or [field.name]


def test_the_walk_finds_forms_of_every_room() -> None:
    rooms = {form.__module__.split(".")[1] for form in FORMS}
    assert rooms == {"complaint", "followup", "cases", "desks", "members"}
    assert len(FORMS) > 50


@examples(2, 150)
@given(typed=st.lists(texts(), min_size=1, max_size=9), times=st.integers(1, 2))
@example(typed=["aa1" + "👩\u200d" * 45_000], times=1)  # four characters, and more than 300 kB
def test_whatever_is_posted_a_form_answers_with_a_sentence(app: Flask, typed: list[str], times: int) -> None:
    for place, kind in enumerate(FORMS):
        values = [(name, typed[(place + at) % len(typed)]) for at, name in enumerate(names_of(app, kind))]
        with app.test_request_context("/en/", method="POST"):
            request.form, request.files = ImmutableMultiDict(values * times), ImmutableMultiDict()
            form = posted_to(kind)
            if isinstance(form, CodingForm):
                form.allowed = wishes({}, "KZ")
            assert form.validate() in {True, False}
            for one in parts_of(form):
                compared, counts = compared_by(type(one)), not getattr(one, "is_empty", False)
                for field in one:
                    check(field, kept=counts and field.short_name not in compared)
            assert all(is_sentence(words) for words in form.form_errors)


def compared_by(kind: type[FlaskForm]) -> set[str]:
    """Return the fields of a form that are kept nowhere."""
    return {name for names, kinds in COMPARED.items() if kind in kinds for name in names.split()}


def check(field: Field, *, kept: bool) -> None:
    """See that a field says what is wrong in words, and that what it lets pass is clean and has an end."""
    assert all(is_sentence(words) for words in field.errors), (field.name, field.errors)
    if isinstance(field, Line | Text) and len(field.data or "") < 9_000:
        clean = clean_text if isinstance(field, Text) else clean_line
        assert clean(field.data) == (field.data or ""), field.name
    if kept and isinstance(field.data, str) and not field.errors and not isinstance(field, HiddenField):
        size = len(field.data.encode(errors="surrogatepass"))
        assert size <= MOST_BYTES, f"{field.name} of a form takes {size} bytes"


def is_sentence(words: Any) -> bool:
    """Return whether something is said in words, such as can stand on a page."""
    return isinstance(str(words), str) and len(str(words)) > 8
