"""What inviting, accepting, seating, making desks and routing ask."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    ValidationError,
)
from wtforms.validators import AnyOf, InputRequired

from intake.desks.invitations import Place
from intake.desks.models import EDITORS, OTHERS, Desk
from intake.desks.new_desk import LONGEST_NAME as LONGEST_DESK_NAME
from intake.desks.new_desk import RESERVED
from intake.desks.rights import Rights
from intake.i18n import COUNTRY_NAMES, NEVER_SEEN_LANGUAGE, TAGS, day, now
from intake.members import passkeys, reads, secrets
from intake.members.cover import LONGEST, Away, Days
from intake.members.models import EDITOR, JOURNALIST, ROLES
from intake.members.new_secrets import check_enrolment, check_password
from intake.members.queries import is_taken
from intake.members.secrets import NewIdentity
from intake.reference.countries import COUNTRIES, OTHER
from intake.web.forms import Characters, DeskForm, Line, SpokenForm, character_count, row_number

LONGEST_NAME = 80
LONGEST_ADDRESS = 254  # RFC 5321, section 4.5.3.1.3, without the brackets

ROLE_NAMES = {JOURNALIST: _l("Journalist"), EDITOR: _l("Editor")}
NO_ROLE = "none"  # of an admin who reads nothing
_TRANSLATED = {**COUNTRY_NAMES, EDITORS: _l("Editors")}


def desk_name(desk: Desk) -> Any:  # noqa: ANN401 a lazy string, or text
    """Return a desk's name as people read it: of a country or the editors in their language, else its own words."""
    return _TRANSLATED.get(desk.name, desk.name)


def check_address(form: DeskForm, field: Line) -> None:  # noqa: ARG001 the signature is WTForms'
    """Refuse what is not an e-mail address, without asking any name server."""
    typed, words = field.data or "", gettext("This is not an e-mail address. It looks like name@example.org.")
    if len(typed) > LONGEST_ADDRESS:  # the library would read a megabyte of it, letter by letter
        raise ValidationError(words)
    try:
        address = validate_email(typed, check_deliverability=False, allow_smtputf8=False)
        field.data = address.ascii_email  # what a mail server understands
    except EmailNotValidError as error:
        raise ValidationError(words) from error


class InvitationForm(DeskForm):
    """Whom to invite, as what, to which desks."""

    address = Line(validators=[check_address])
    role = Line(default=JOURNALIST, validators=[AnyOf((*ROLES, NO_ROLE), message=_l("Choose one of the roles."))])
    is_admin = BooleanField()
    language = Line(validators=[AnyOf(TAGS, message=_l("Choose one of the languages."))])
    desks = SelectMultipleField(choices=[], coerce=row_number, validate_choice=False)
    offered: Sequence[Desk] = ()

    def validate_address(self, field: Line) -> None:
        """Refuse who is a member already."""
        if is_taken(field.data or ""):
            raise ValidationError(gettext("A member with this address is here already. Please take another address."))

    def place(self) -> Place:
        """Return what is offered, once it is valid."""
        return Place(
            role=None if self.role.data == NO_ROLE else self.role.data,
            is_admin=bool(self.is_admin.data),
            language=self.language.data or NEVER_SEEN_LANGUAGE,
            address=self.address.data,
        )

    def validate_is_admin(self, field: BooleanField) -> None:
        """Refuse somebody who could do nothing."""
        if self.role.data == NO_ROLE and not field.data:
            raise ValidationError(gettext("Without a role, they need the rights of an admin."))

    def validate_desks(self, field: SelectMultipleField) -> None:
        """Refuse a journalist without a desk."""
        chosen = {desk.id for desk in self.offered}.intersection(field.data or ())
        if self.role.data == JOURNALIST and not chosen:
            raise ValidationError(gettext("Choose at least one desk: a journalist without one can read nothing."))


class AcceptanceForm(SpokenForm, DeskForm):
    """What a newcomer says of themselves."""

    code = Line(validators=[InputRequired(_l("Type the invitation code that you were told."))])
    name = Line(
        validators=[
            Characters(1, LONGEST_NAME, 4 * LONGEST_NAME, _l("Say how colleagues shall see you; a pseudonym will do."))
        ]
    )
    address = Line()
    password = PasswordField()
    secret = HiddenField()
    one_time = Line()

    passkey = HiddenField()
    challenge = HiddenField()
    prf = HiddenField()

    needs_address = False
    step = 0  # of the one-time code that was typed

    def validate_address(self, field: Line) -> None:
        """Ask for an address where the invitation names none."""
        if self.needs_address:
            check_address(self, field)

    def validate_password(self, field: PasswordField) -> None:
        """Refuse a password that can be guessed."""
        check_password(field, self.name.data or "", self.address.data or "")

    def validate_one_time(self, field: Line) -> None:
        """Ask for a code of the app, so that nobody is locked out by an app that was not set up; or for a passkey."""
        if not self.passkey.data:
            self.step = check_enrolment(self.secret, field)

    def identity(self, device: str) -> NewIdentity:
        """Return the newcomer's identity, sealed to the secrets that they chose, once they are valid.

        Args:
            device: what they know a passkey of this browser by.

        Raises:
            members.passkeys.PasskeyError: the passkey is not right.
            members.secrets.BusyError: press again.
        """
        password = self.password.data or ""
        if self.passkey.data:
            made = passkeys.read_new(self.passkey.data, self.challenge.data or "", self.prf.data or "")
            return secrets.make_identity(password, passkey=(made, device))
        return secrets.make_identity(password, self.secret.data, self.step)


class RightsForm(DeskForm):
    """What a member is and may do."""

    role = Line()
    is_admin = BooleanField()

    def validate_role(self, field: Line) -> None:
        """Refuse what is no role; without one, somebody manages people and desks alone."""
        if field.data and field.data not in ROLES:
            raise ValidationError(gettext("Choose journalist or editor."))

    def chosen(self) -> Rights:
        """Return what was chosen, once it is valid."""
        return Rights(self.role.data or None, bool(self.is_admin.data))


class SeatForm(DeskForm):
    """Whom to seat."""

    member = SelectField(choices=[], coerce=row_number, validate_choice=False)


class DeskNameForm(DeskForm):
    """What to call a desk."""

    name = Line()

    def validate_name(self, field: Line) -> None:
        """Refuse no name, a very long one, and one that means a country or the editors."""
        name = field.data or ""
        if not 1 <= character_count(name) <= LONGEST_DESK_NAME or len(name) > 4 * LONGEST_DESK_NAME:
            raise ValidationError(gettext("A name has 1 to %(most)d characters.", most=LONGEST_DESK_NAME))
        if name.casefold() in RESERVED | {str(shown).casefold() for shown in _TRANSLATED.values()}:
            raise ValidationError(self.taken())

    @staticmethod
    def taken() -> str:
        """Return what to say of a name that means another desk."""
        return str(gettext("Another desk is called so. Please take another name."))


class RouteForm(DeskForm):
    """Which complaints go where."""

    country = Line(validators=[AnyOf((*COUNTRIES, OTHER))])
    language = Line(default=OTHERS, validators=[AnyOf((OTHERS, *TAGS))])
    desk = SelectField(choices=[], coerce=row_number, validate_choice=False)


class LanguagesForm(DeskForm):
    """What a member reads."""

    reads = SelectMultipleField(choices=[], validate_choice=False)

    def validate_reads(self, field: SelectMultipleField) -> None:
        """Refuse what is none of the languages."""
        try:
            reads.tags(" ".join(field.data or ()))
        except ValueError as error:
            raise ValidationError(gettext("Choose one of the languages.")) from error


class RotationForm(DeskForm):
    """Which generation of a desk's key shall be replaced."""

    generation = SelectField(choices=[], coerce=row_number, validate_choice=False)


class AwayForm(DeskForm):
    """From when until when a member is away, and who stands in."""

    first = Line()
    last = Line()
    stand_in = Line()
    days: Days
    stand_in_id: int | None = None

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Check the fields, and the days together."""
        if not super().validate(extra_validators):
            return False
        self.days = Days(_day(self.first), _day(self.last))
        if self.days.last < self.days.first:
            return self._refuse(self.last, gettext("The last day is before the first."))
        if self.days.last - self.days.first >= LONGEST:
            return self._refuse(self.last, gettext("This is longer than a year: a year is the most at once."))
        return True

    def validate_first(self, field: Line) -> None:
        """Refuse a day that is over, or too far ahead."""
        first, today = _day(field), now().date()
        if first < today:
            raise ValidationError(gettext("This day is over. Take today, or a later day."))
        if first - today > LONGEST:
            raise ValidationError(gettext("This is more than a year ahead."))

    def validate_last(self, field: Line) -> None:
        """Refuse what is no day."""
        _day(field)

    def validate_stand_in(self, field: Line) -> None:
        """Read who stands in; whether they may, the verb knows."""
        try:
            self.stand_in_id = row_number(field.data) if field.data else None
        except ValueError as error:
            raise ValidationError(_nobody_who_may()) from error

    def refuse_stand_in(self) -> None:
        """Say that this is nobody who may stand in."""
        self._refuse(self.stand_in, _nobody_who_may())

    def refuse_overlap(self, away: Away) -> None:
        """Say that these days are taken already."""
        words = gettext(
            "An absence from %(first)s to %(last)s is entered already. End it first, or choose other days.",
            first=day(away.from_at),
            last=day(away.last_day),
        )
        self._refuse(self.first, words)

    def _refuse(self, field: Line, words: str) -> bool:
        field.errors = [*field.errors, words]
        return False


def _nobody_who_may() -> str:
    return gettext("Choose one of these colleagues, or nobody in particular.")


def _day(field: Line) -> date:
    """Return the day that a field holds.

    Raises:
        ValidationError: it is none.
    """
    try:
        return date.fromisoformat(field.data or "")
    except ValueError as error:
        raise ValidationError(gettext("Choose a day, or write it as year-month-day: 2027-02-28.")) from error
