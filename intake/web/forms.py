"""The base of every form: it strips, normalises and bounds its text, so that nobody has to remember."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import regex
from flask import request
from flask_babel import gettext
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, FileStorage, MultiDict
from wtforms import StringField, TextAreaField, ValidationError
from wtforms.fields import Field
from wtforms.widgets import FileInput

from intake.i18n import number as grouped
from intake.web import choosing
from intake.web.composed import composed
from intake.web.recordings import Recording
from intake.web.uploads import SmallFile, brought_files

# Overrides and embeddings (U+202A to U+202E) and isolates (U+2066 to U+2069) can make a text read otherwise than it is.
_DECEPTIVE = regex.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
_CONTROLS = regex.compile(r"[\p{Cc}\p{Cs}--[\n\t]]", regex.VERSION1)
# Latin, Greek, Cyrillic, Armenian, punctuation and signs: none of them joins another, so there is no cluster to find.
_EACH_ALONE = re.compile(
    "[\t\n -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u058f\u2010-\u2027\u2030-\u205e\u20a0-\u20cf\u2100-\u2bff]*"
)
_CLUSTER = regex.compile(r"\X")
BYTES_A_CHARACTER = 30  # more than any honest script needs; a text beyond is not even counted


def clean_text(text: str | None) -> str:
    """Return text in NFC with bare line feeds, without control characters, surrogates and bidirectional tricks."""
    text = (text or "").replace("\r\n", "\n").replace("\r", "\n")
    return composed(_DECEPTIVE.sub("", _CONTROLS.sub("", text))).strip()


def clean_line(text: str | None) -> str:
    """Return one line: as ``clean_text``, every run of white space one space."""
    return " ".join(clean_text(text).split())


def character_count(text: str) -> int:
    """Return how many characters a person sees: extended grapheme clusters (Unicode Standard Annex 29)."""
    return len(text) if _EACH_ALONE.fullmatch(text) else sum(1 for _ in _CLUSTER.finditer(text))


def is_longer(text: str, most: int) -> bool:
    """Return whether a text is longer than so many characters, or takes more bytes than any honest ones do.

    A letter may bear thousands of marks, and still be one character.
    """
    return len(text.encode()) > most * BYTES_A_CHARACTER or character_count(text) > most


def _typed(values: Sequence[Any], default: str | None) -> str | None:
    """Return the first value that is text: a file under a text field's name is none."""
    return next((value for value in values if isinstance(value, str)), default)


class Line(StringField):
    """A field of one line."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Clean what was typed; where nothing was sent, the default stands."""
        self.data = clean_line(_typed(valuelist, self.data))


class Text(TextAreaField):
    """A field of many lines."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Clean what was typed; where nothing was sent, the default stands."""
        self.data = clean_text(_typed(valuelist, self.data))


class SmallFileField(Field):
    """A field for a small file. Its data is the file, in memory, or None."""

    widget = FileInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the file that came with the form."""
        streams = [value.stream for value in valuelist if isinstance(value, FileStorage)]
        self.data = next((stream for stream in streams if isinstance(stream, SmallFile)), None)


LARGEST_NUMBER = 2**31 - 1


def row_number(text: str) -> int:
    """Return the number of a row, as databases count them.

    Raises:
        ValueError: it is none.
    """
    number = int(text)
    if not 0 <= number <= LARGEST_NUMBER:
        message = "no row has this number"
        raise ValueError(message)
    return number


class Characters:
    """Bounds on how many characters a person sees, and on the bytes they take.

    Args:
        least: the fewest characters.
        most: the most characters.
        most_bytes: the most bytes of UTF-8.
        too_short: what to say below ``least``.
        instead: a field that may be answered instead; then there is no least.
    """

    field_flags: ClassVar[dict[str, bool]] = {}

    def __init__(self, least: int, most: int, most_bytes: int, too_short: Any, *, instead: str = "") -> None:  # noqa: ANN401 a lazy string
        """Keep the bounds."""
        self.least, self.most, self.most_bytes, self.too_short = least, most, most_bytes, too_short
        self.instead = instead

    def __call__(self, form: FlaskForm, field: Field) -> None:
        """Refuse a text outside the bounds, saying by how much."""
        size = len(field.data.encode())
        count = character_count(field.data) if size <= self.most_bytes else None
        least = 0 if self.instead and form[self.instead].data else self.least
        if count is not None and count < least:
            raise ValidationError(str(self.too_short))
        if count is None:
            raise ValidationError(
                gettext(
                    "This text is longer than we can take at once. Send the first part now, up to %(most)s characters, "
                    "and add the rest on the next page.",
                    most=grouped(self.most),
                )
            )
        if count > self.most:
            raise ValidationError(
                gettext(
                    "This text has %(count)s characters, and we can take %(most)s at once. Send the first part now and "
                    "add the rest on the next page.",
                    count=grouped(count),
                    most=grouped(self.most),
                )
            )


class FormMeta(FlaskForm.Meta):
    """What was posted as a form, nothing else: Flask-WTF would read JSON too, whose values are no text."""

    def wrap_formdata(self, form: Any, formdata: Any) -> Any:  # noqa: ANN401, ARG002 the signature is Flask-WTF's
        """Return what was posted, empty or not, with the files."""
        if formdata is None or isinstance(formdata, Mapping | MultiDict):
            return formdata
        if request.method != "POST":
            return None
        return CombinedMultiDict((request.files, request.form)) if request.files else request.form


class PublicForm(FlaskForm):
    """A form of the complainant: its signed code, or the code that is typed, stands for the anti-forgery token."""

    class Meta(FormMeta):
        """No token: a stranger's page has no code that we signed, and nothing is gained by posting without."""

        csrf = False

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Check the fields, and refuse files that no field asks for; say nothing to whoever only chose a language."""
        if choosing.is_asked():
            return False
        valid = bool(super().validate(extra_validators))
        if not brought_files([field.name for field in self if isinstance(field, Recording)]):
            return valid
        self.form_errors.append(
            gettext(
                "Files cannot be sent here yet, and yours was not kept. Send your words alone: a journalist will ask."
            )
        )
        return False


class SpokenForm(FlaskForm):
    """A form of the desk that may be sent only to be shown in another language: nobody is signed in who has one."""

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Check the fields; say nothing to whoever only chose a language."""
        return not choosing.is_asked() and bool(super().validate(extra_validators))


class DeskForm(FlaskForm):
    """A form of the desk, with Flask-WTF's token."""

    class Meta(FormMeta):
        """Forms alone."""
