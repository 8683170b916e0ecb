"""What inviting, accepting and seating ask."""

import re
from collections.abc import Sequence
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
from intake.desks.models import Desk
from intake.desks.rights import Rights
from intake.i18n import COUNTRY_NAMES, NEVER_SEEN_LANGUAGE, TAGS
from intake.members.models import EDITOR, JOURNALIST, ROLES
from intake.members.new_secrets import check_enrolment, check_password
from intake.members.queries import is_taken
from intake.web.forms import Characters, DeskForm, Line, row_number

LONGEST_NAME = 80
LONGEST_ADDRESS = 200
_TAGS = r"(\w{2,3}([_-]\w{2,8})*([ ,]+|$))*"  # of languages, spaces or commas between them

ROLE_NAMES = {JOURNALIST: _l("Journalist"), EDITOR: _l("Editor")}


def desk_name(desk: Desk) -> Any:  # noqa: ANN401 a lazy string
    """Return a desk's name as people read it."""
    return COUNTRY_NAMES.get(desk.name) or _l("Editors")


def check_address(form: DeskForm, field: Line) -> None:  # noqa: ARG001 the signature is WTForms'
    """Refuse what is not an e-mail address, without asking any name server."""
    try:
        address = validate_email(field.data or "", check_deliverability=False, allow_smtputf8=False)
        field.data = address.ascii_email  # what a mail server understands
    except EmailNotValidError as error:
        raise ValidationError(gettext("This is not an e-mail address. It looks like name@example.org.")) from error


class InvitationForm(DeskForm):
    """Whom to invite, as what, to which desks."""

    address = Line(validators=[check_address])
    role = Line(default=JOURNALIST, validators=[AnyOf(ROLES, message=_l("Choose journalist or editor."))])
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
            role=self.role.data,
            is_admin=bool(self.is_admin.data),
            language=self.language.data or NEVER_SEEN_LANGUAGE,
            address=self.address.data,
        )

    def validate_desks(self, field: SelectMultipleField) -> None:
        """Refuse a journalist without a desk."""
        chosen = {desk.id for desk in self.offered}.intersection(field.data or ())
        if self.role.data == JOURNALIST and not chosen:
            raise ValidationError(gettext("Choose at least one desk: a journalist without one can read nothing."))


class AcceptanceForm(DeskForm):
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
        """Ask for a code of the app, so that nobody is locked out by an app that was not set up."""
        self.step = check_enrolment(self.secret, field)


class RightsForm(DeskForm):
    """What a member is and may do, and what they read."""

    role = Line()
    is_admin = BooleanField()
    reads = Line(default="")

    def validate_role(self, field: Line) -> None:
        """Refuse what is no role; without one, somebody manages people and desks alone."""
        if field.data and field.data not in ROLES:
            raise ValidationError(gettext("Choose journalist or editor."))

    def validate_reads(self, field: Line) -> None:
        """Refuse what does not look like tags of languages."""
        if len(field.data or "") > LONGEST_ADDRESS or not re.fullmatch(_TAGS, field.data or ""):
            raise ValidationError(gettext("Write the short names of languages, such as %(tags)s.", tags="ru kk"))

    def chosen(self) -> Rights:
        """Return what was chosen, once it is valid."""
        tags = re.split(r"[ ,]+", self.reads.data or "")
        return Rights(self.role.data or None, bool(self.is_admin.data), " ".join(filter(None, tags)))


class SeatForm(DeskForm):
    """Whom to seat."""

    member = SelectField(choices=[], coerce=row_number, validate_choice=False)
