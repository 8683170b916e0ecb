"""In which form the list of the queue is taken along."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField
from wtforms.validators import AnyOf

from intake.cases import copy_words
from intake.web.forms import DeskForm, Line


class ListForm(DeskForm):
    """In which form the list is taken along, and the filter as the queue's address says it."""

    form = Line(default=copy_words.CSV, validators=[AnyOf(copy_words.LIST_FORMS, message=_l("Choose a form."))])
    query = HiddenField()
