"""The kinds of question that a block of details asks: each may be skipped, none trusts what a browser sends."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NamedTuple

from flask_babel import gettext
from wtforms import BooleanField, ValidationError
from wtforms.fields import Field

from intake.cases.statements import Answers
from intake.i18n import now, number
from intake.reference.countries import OTHER
from intake.web.forms import BYTES_A_CHARACTER, Line, PublicForm, Text, character_count, clean_line, row_number

EARLIEST_YEAR = 1900


class Option(NamedTuple):
    """An answer to choose: how it is kept, how it is said, and what explains it."""

    code: str
    label: str
    explained: str = ""


class Asked(Field):
    """A question.

    Args:
        label: the question, as the person reads it.
        hint: what helps to answer it.
        fact: what stands before the answer where it is shown again; the question itself if left out.
    """

    kind: ClassVar[str]  # which macro of components/questions.html shows it
    shown = True

    def __init__(self, label: str, *, hint: str = "", fact: str = "", **rest: Any) -> None:  # noqa: ANN401 WTForms' own
        """Keep the words."""
        super().__init__(label, description=hint, **rest)
        self.fact = fact or label

    def answer(self) -> Any:  # noqa: ANN401 whatever JSON can hold
        """Return the answer as it is kept; None if the question was skipped."""
        return self.data or None

    def spoken(self, value: Any) -> str:  # noqa: ANN401 whatever was kept, perhaps by an older form
        """Return a kept answer in words."""
        return said(value)


class Short(Asked, Line):
    """A line of words."""

    kind = "line"
    input_mode = ""

    def __init__(self, label: str, most: int, **rest: Any) -> None:  # noqa: ANN401 WTForms' own
        """Keep how many characters it may have."""
        super().__init__(label, **rest)
        self.most = most

    def process_data(self, value: Any) -> None:  # noqa: ANN401 whatever was kept
        """Take a kept answer."""
        self.data = str(value) if isinstance(value, str | int) else ""

    def pre_validate(self, form: Any) -> None:  # noqa: ANN401, ARG002 the signature is WTForms'
        """Refuse what is too long."""
        _bound(self.data or "", self.most)


class Long(Asked, Text):
    """A text of many lines."""

    kind = "text"

    def __init__(self, label: str, most: int, **rest: Any) -> None:  # noqa: ANN401 WTForms' own
        """Keep how many characters it may have."""
        super().__init__(label, **rest)
        self.most = most

    def process_data(self, value: Any) -> None:  # noqa: ANN401 whatever was kept
        """Take a kept answer."""
        self.data = value if isinstance(value, str) else ""

    def pre_validate(self, form: Any) -> None:  # noqa: ANN401, ARG002 the signature is WTForms'
        """Refuse what is too long."""
        _bound(self.data or "", self.most)


class Year(Short):
    """A year from 1900 to this one."""

    input_mode = "numeric"

    def pre_validate(self, form: Any) -> None:  # noqa: ANN401, ARG002 the signature is WTForms'
        """Refuse what is no such year."""
        if self.data and year_of(self.data) is None:
            raise ValidationError(year_wanted())

    def answer(self) -> int | None:
        """Return the year as a number."""
        return year_of(self.data or "")


class Choice(Asked, Line):
    """One of several answers.

    Args:
        label: the question.
        options: the answers that may be chosen.
        columns: how many stand side by side where there is room.
        unanswered: the answer that holds while none is chosen; without it, the question can be left unanswered.
    """

    kind = "choice"

    def __init__(
        self,
        label: str,
        options: Iterable[tuple[str, ...]] = (),
        *,
        columns: int = 2,
        unanswered: str = "",
        **rest: Any,  # noqa: ANN401 WTForms' own
    ) -> None:
        """Keep the answers."""
        super().__init__(label, default=unanswered, **rest)
        self.options = [Option(*option) for option in options]
        self.columns, self.unanswered = columns, unanswered

    def process_data(self, value: Any) -> None:  # noqa: ANN401 whatever was kept
        """Take a kept answer."""
        self.data = value if isinstance(value, str) else self.unanswered

    def pre_validate(self, form: Any) -> None:  # noqa: ANN401, ARG002 the signature is WTForms'
        """Refuse an answer that was not offered."""
        self.data = self.data or self.unanswered
        if self.data and self.data not in {option.code for option in self.options}:
            raise ValidationError(not_offered())

    def spoken(self, value: Any) -> str:  # noqa: ANN401 whatever was kept
        """Return the words of a kept answer, or its code if it is offered no more."""
        return _labels(self.options).get(said(value), said(value))


class Select(Choice):
    """One of many answers, in a list that unfolds."""

    kind = "select"


class Choices(Asked):
    """Several of several answers.

    Args:
        label: the question.
        options: the answers that may be chosen.
        most: how many may be chosen.
        columns: how many stand side by side where there is room.
        none: what it means that none is chosen, where that is an answer too.
    """

    kind = "choices"

    def __init__(
        self,
        label: str,
        options: Iterable[tuple[str, ...]] = (),
        *,
        most: int | None = None,
        columns: int = 2,
        none: str = "",
        **rest: Any,  # noqa: ANN401 WTForms' own
    ) -> None:
        """Keep the answers."""
        super().__init__(label, **rest)
        self.groups = [("", [Option(*option) for option in options])]
        self.most, self.columns, self.none = most, columns, none

    @property
    def options(self) -> list[Option]:
        """The answers of all groups."""
        return [option for _, options in self.groups for option in options]

    def process_data(self, value: Any) -> None:  # noqa: ANN401 whatever was kept
        """Take kept answers."""
        self.data = [code for code in value if isinstance(code, str)] if isinstance(value, list) else []

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was ticked, each once."""
        self.data = list(dict.fromkeys(filter(None, map(clean_line, valuelist))))

    def pre_validate(self, form: Any) -> None:  # noqa: ANN401, ARG002 the signature is WTForms'
        """Refuse answers that were not offered, and too many."""
        if not {option.code for option in self.options}.issuperset(self.data):
            raise ValidationError(not_offered())
        if self.most is not None and len(self.data) > self.most:
            raise ValidationError(gettext("Please tick %(most)s at most.", most=number(self.most)))

    def answer(self) -> list[str] | None:
        """Return the codes of what was ticked."""
        return list(self.data) if self.data or self.none else None

    def spoken(self, value: Any) -> str:  # noqa: ANN401 whatever was kept
        """Return the words of kept answers."""
        known = _labels(self.options)
        codes = value if isinstance(value, list) else [value]
        return "; ".join(known.get(said(code), said(code)) for code in codes) or str(self.none)


class Grouped(Choices):
    """Several answers of several groups, each group with its name."""

    def __init__(self, label: str, groups: Iterable[tuple[str, list[Option]]], **rest: Any) -> None:  # noqa: ANN401 WTForms' own
        """Keep the groups."""
        super().__init__(label, **rest)
        self.groups = list(groups)


class Flag(Asked, BooleanField):
    """A box to tick."""

    kind = "flag"

    def __init__(self, label: str, *, urgent: bool = False, **rest: Any) -> None:  # noqa: ANN401 WTForms' own
        """Keep whether it tells of danger."""
        super().__init__(label, **rest)
        self.urgent = urgent

    def process_data(self, value: Any) -> None:  # noqa: ANN401 whatever was kept
        """Take a kept answer."""
        self.data = value is True


class BlockForm(PublicForm):
    """The questions of a block.

    Args:
        formdata: what a browser sent; None for a form that is shown first.
        country: the country of the case.
        saved: the newest answers.
    """

    block: ClassVar[str]
    consents: ClassVar[bool] = False  # whether the answers say what may be done with the case
    again: ClassVar[bool] = False  # whether everybody hears of danger anew

    def __init__(self, formdata: Any, country: str = OTHER, saved: Mapping[str, Any] | None = None) -> None:  # noqa: ANN401 any multi-dictionary
        """Read what was sent, or show what was saved."""
        self.country = country
        super().__init__(formdata, data=dict(saved or {}))
        self.prepare()

    @property
    def questions(self) -> list[Asked]:
        """The questions, first to last."""
        return [field for field in self if isinstance(field, Asked)]

    def prepare(self) -> None:
        """Fit the questions to country and language."""

    def words(self) -> dict[str, Any]:
        """Return what was answered, by question."""
        answers = {question.name: question.answer() for question in self.questions}
        return {name: value for name, value in answers.items() if value is not None}

    def plain(self) -> dict[str, Any]:
        """Return the plain columns of the case that change by the answers."""
        return {}

    def answers(self, base: int | str) -> Answers:
        """Return the answers, once they are valid.

        Args:
            base: the number of the version that the form showed; what is no number counts as none.
        """
        try:
            number_of_base = row_number(str(base))
        except ValueError:
            number_of_base = 0
        plain = self.plain()
        again = self.again and bool(plain.get("urgent"))
        return Answers(self.block, self.words(), number_of_base, plain, self.consents, again)


def said(value: Any) -> str:  # noqa: ANN401 whatever was kept
    """Return any kept answer in words, even one that no form asks for any more."""
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list):
        return "; ".join(map(said, value))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {said(part)}" for name, part in value.items())
    return "" if value is None else str(value)


def year_of(text: str) -> int | None:
    """Return a year from 1900 to this one, or None."""
    year = int(text) if text.isdecimal() and len(text) == len("2026") else 0
    return year if EARLIEST_YEAR <= year <= now().year else None


def year_wanted() -> str:
    """Say what a year must be."""
    return gettext(
        "The year must be a number from %(first)s to %(last)s, such as 2024.",
        first=str(EARLIEST_YEAR),
        last=str(now().year),
    )


def not_offered() -> str:
    """Say that an answer was not among those offered."""
    return gettext("Please choose one of the answers on this page.")


def _labels(options: list[Option]) -> dict[str, str]:
    return {option.code: str(option.label) for option in options}


def _bound(text: str, most: int) -> None:
    """Refuse a text that is too long, saying by how much unless nobody can count it."""
    if len(text.encode()) > most * BYTES_A_CHARACTER:
        raise ValidationError(gettext("This is too long. There is room for %(most)s characters.", most=number(most)))
    count = character_count(text)
    if count > most:
        raise ValidationError(
            gettext(
                "This has %(count)s characters, and there is room for %(most)s. Please shorten it.",
                count=number(count),
                most=number(most),
            )
        )
