"""What is asked about a claim, its sources, the checklist, and a sign-off."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, ValidationError
from wtforms.validators import AnyOf

from intake.cases.conversation import LONGEST_MESSAGE, MOST_BYTES
from intake.cases.paper_form import AtMost, PaperForm
from intake.cases.verification import KINDS, RELIABILITIES, STATES, UNCHECKED, UNKNOWN, Claim, Source, Tick
from intake.i18n import now
from intake.reference.verification_checklists import ITEMS
from intake.web.forms import Characters, DeskForm, FormMeta, Line, Text, row_number

LONGEST_CLAIM, LONGEST_WHO, LONGEST_WORD = 1_000, 500, 1_000
MOST_SOURCES = 20  # of one claim
_EARLIEST = date(1990, 1, 1)


class VersionForm(PaperForm):
    """A form that knows which version it showed."""

    @property
    def base(self) -> int:
        """The number of that version; 0 where it is none."""
        return _number(self.kept.data)


class PartForm(DeskForm):
    """A part of a form that has the token already."""

    class Meta(FormMeta):
        """No token of its own."""

        csrf = False


class SourceForm(PartForm):
    """A source of a claim."""

    key = HiddenField()
    kind = Line(validators=[AnyOf(KINDS, message=_l("Choose what kind of source it is."))])
    who = Text(validators=[AtMost(LONGEST_WHO)])
    how = Text(validators=[AtMost(LONGEST_MESSAGE)])
    reliability = Line(
        default=UNKNOWN, validators=[AnyOf(RELIABILITIES, message=_l("Choose how reliable the source is."))]
    )
    day = Line()
    gone = BooleanField()
    checked_on: date | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in it, or it shall be taken out."""
        return bool(self.gone.data) or not (self.who.data or self.how.data or self.day.data)

    def validate_who(self, field: Text) -> None:
        """Ask who or what it is."""
        if not field.data:
            raise ValidationError(gettext("Write who or what the source is."))

    def validate_day(self, field: Line) -> None:
        """Refuse what is no day, or a day on which nobody can have checked anything."""
        try:
            self.checked_on = date.fromisoformat(field.data) if field.data else None
        except ValueError as error:
            raise ValidationError(gettext("Choose a day, or write it as year-month-day: 2027-02-28.")) from error
        tomorrow = now().date() + timedelta(days=1)  # it may have begun where the member is
        if self.checked_on is not None and not _EARLIEST <= self.checked_on <= tomorrow:
            raise ValidationError(gettext("Choose a day that is not ahead."))

    def source(self) -> Source:
        """Return the source, once it is valid."""
        kind, who, how = self.kind.data or "", self.who.data or "", self.how.data or ""
        return Source(_number(self.key.data), kind, who, how, self.reliability.data or UNKNOWN, self.checked_on)


class ClaimForm(VersionForm):
    """A claim with its sources: those that it has, and one more."""

    text = Text(validators=[AtMost(LONGEST_CLAIM)])
    state = Line(default=UNCHECKED, validators=[AnyOf(STATES, message=_l("Choose how sure it is."))])
    more = BooleanField()

    def __init__(self, *args: Any, known: Claim | None = None, **kwargs: Any) -> None:  # noqa: ANN401 WTForms'
        """Read what was posted, or show a claim.

        Args:
            args: as of every form.
            known: the claim that is shown, if nothing was posted.
            kwargs: as of every form.
        """
        super().__init__(*args, **kwargs)
        if known is None:
            posted = (_prefix(place) for place in range(MOST_SOURCES) if f"{_prefix(place)}who" in request.form)
            self.sources = [SourceForm(prefix=prefix) for prefix in posted]
        else:
            self.sources = [_shown(place, source) for place, source in enumerate(known.sources)]
        self.offer_more()

    def offer_more(self) -> None:
        """Show one more source than there are, while there is room."""
        taken = {one.who.name for one in self.sources}
        free = [prefix for prefix in map(_prefix, range(MOST_SOURCES)) if f"{prefix}who" not in taken]
        if free and not any(one.is_empty and not one.gone.data for one in self.sources):
            self.sources.append(SourceForm(None, prefix=free[0]))

    def validate_text(self, field: Text) -> None:
        """Ask for a sentence."""
        if not field.data:
            raise ValidationError(gettext("Write in a sentence what is said to have happened."))

    def validate_more(self, field: BooleanField) -> None:  # noqa: ARG002 the signature is WTForms'
        """Check the sources, but not those that are empty or go."""
        valid = [one.validate() for one in self.sources if not one.is_empty]
        if not all(valid):
            raise ValidationError(gettext("Look at the sources again."))

    def claim(self) -> Claim:
        """Return the claim, once it is valid."""
        sources = tuple(one.source() for one in self.sources if not one.is_empty)
        return Claim(self.text.data or "", self.state.data or UNCHECKED, sources)


class TickForm(PartForm):
    """An item of the checklist."""

    done = BooleanField()
    word = Text(validators=[AtMost(LONGEST_WORD)])


class ChecklistForm(VersionForm):
    """The checklist: those items that the page showed."""

    def __init__(self, *args: Any, known: Mapping[str, Tick] | None = None, **kwargs: Any) -> None:  # noqa: ANN401 WTForms'
        """Read what was posted, or show ticks.

        Args:
            args: as of every form.
            known: the ticks that are shown, if nothing was posted.
            kwargs: as of every form.
        """
        super().__init__(*args, **kwargs)
        if known is None:
            self.parts = {item: TickForm(prefix=f"{item}-") for item in ITEMS if f"{item}-word" in request.form}
        else:
            self.parts = {
                item: TickForm(None, prefix=f"{item}-", done=tick.done, word=tick.word) for item, tick in known.items()
            }

    def validate_kept(self, field: HiddenField) -> None:  # noqa: ARG002 the signature is WTForms'
        """Check the items."""
        valid = [part.validate() for part in self.parts.values()]
        if not all(valid):
            raise ValidationError(gettext("Look at the checklist again."))

    def ticks(self) -> dict[str, Tick]:
        """Return what was ticked and said, once it is valid."""
        return {item: Tick(bool(part.done.data), part.word.data or "") for item, part in self.parts.items()}


class SignOffForm(DeskForm):
    """An editor's word about what they sign off, and what that is."""

    word = Text(validators=[Characters(1, LONGEST_WORD, MOST_BYTES, _l("Write a word about what you sign off."))])
    up_to = HiddenField()

    @property
    def number(self) -> int:
        """The number of the record that the form showed; one that none has where it is no number."""
        return _number(self.up_to.data)


def _prefix(place: int) -> str:
    return f"source{place}-"


def _shown(place: int, source: Source) -> SourceForm:
    said = {"key": source.key, "kind": source.kind, "who": source.who, "how": source.how}
    day = source.day.isoformat() if source.day else ""
    return SourceForm(None, prefix=_prefix(place), **said, reliability=source.reliability, day=day)


def _number(text: str | None) -> int:
    try:
        return row_number(text or "")
    except ValueError:
        return 0
