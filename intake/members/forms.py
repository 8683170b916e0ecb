"""What signing in asks, and asking for the password again."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField, ValidationError
from wtforms.validators import AnyOf, InputRequired

from intake.i18n import TAGS, now
from intake.members.new_secrets import check_enrolment, check_password
from intake.members.sign_in import Offered
from intake.readers import (
    ENDED,
    PRIVATE,
    REVOKED,
    SEALS_NOTHING,
    SEVERAL,
    UNREADABLE,
    CertificateError,
    Reader,
    reader_of,
    text_of,
)
from intake.web.forms import Characters, DeskForm, Line, SmallFileField, SpokenForm, Text

LONGEST_CODE = 60  # characters
LONGEST_LABEL = 60
LARGEST_CERTIFICATE = 64 * 1024  # characters: without strangers' signatures a certificate has a few thousand
WRONG_CERTIFICATE = {
    PRIVATE: _l(
        "This is a private key: it opens letters, and nobody but you may have it. We kept nothing of it. If anybody "
        "else may have seen it, make a new one. What we need is the public key."
    ),
    UNREADABLE: _l(
        "This is no key that we can read. Paste an OpenPGP public key, from its first line of dashes to its last, or "
        "an age recipient, which begins with age1."
    ),
    SEVERAL: _l("These are several keys. Paste one."),
    REVOKED: _l("This key was revoked by its owner. Paste the one in use."),
    ENDED: _l("This key has ended. Make it last longer where you made it, export it again and paste that."),
    SEALS_NOTHING: _l("Nothing can be sealed to this key. Add an encryption key to it, and export it again."),
}


class SignInForm(SpokenForm, DeskForm):
    """Address, and two of password, second factor and recovery code; or a passkey that opens by itself."""

    address = Line()
    password = PasswordField()
    code = Line()
    recovery = Line()
    passkey = HiddenField()
    challenge = HiddenField()
    prf = HiddenField()
    next = HiddenField()

    @property
    def alone(self) -> bool:
        """Whether a passkey is to open by itself."""
        return bool(self.passkey.data and self.prf.data and not self.password.data and not self.recovery.data)

    def validate_address(self, field: Line) -> None:
        """Ask for the address, unless a passkey tells who it is."""
        if not field.data and not self.alone:
            raise ValidationError(gettext("Type the e-mail address that your colleagues know you by."))

    def validate_password(self, field: PasswordField) -> None:
        """Ask for the password, unless a recovery code stands in for it, or a passkey opens by itself."""
        if field.data or self.recovery.data or self.alone:
            return
        if self.passkey.data:
            raise ValidationError(
                gettext("This passkey does not open by itself. Type your password, then take the passkey again.")
            )
        raise ValidationError(gettext("Type your password."))

    def validate_code(self, field: Line) -> None:
        """Ask for the code, unless a passkey or a recovery code stands in for it."""
        if not field.data and not self.recovery.data and not self.passkey.data:
            raise ValidationError(gettext("Type the six digits that your app shows now."))

    def validate_recovery(self, field: Line) -> None:
        """Refuse a recovery code that stands in for nothing, or for both."""
        second = self.code.data or self.passkey.data
        if field.data and not self.password.data and not second:
            raise ValidationError(
                gettext("A recovery code stands in for the password or for the six digits, never for both.")
            )
        if field.data and self.password.data and second:
            raise ValidationError(
                gettext("Leave empty what the recovery code stands in for: the password or the six digits.")
            )

    def offered(self) -> Offered:
        """Return what was typed, once it is valid."""
        return Offered(
            self.address.data or "",
            self.password.data or "",
            (self.code.data or "")[:LONGEST_CODE],
            (self.recovery.data or "")[:LONGEST_CODE],
            self.passkey.data or "",
            self.challenge.data or "",
            self.prf.data or "",
        )

    def local_next(self) -> str | None:
        """Return the desk page to go on to; None where it leads anywhere else."""
        return local(self.next.data)


class ConfirmForm(DeskForm):
    """The password again, before something grave."""

    password = PasswordField(validators=[InputRequired(_l("Type your password."))])
    next = HiddenField()

    def local_next(self) -> str | None:
        """Return the desk page to go on to; None where it leads anywhere else."""
        return local(self.next.data)


def local(next_path: Any) -> str | None:  # noqa: ANN401 what a hidden field may hold
    """Return a path if it leads to a page of the desk."""
    path = next_path or ""
    safe = path.startswith("/desk/") and not path.startswith("//") and "\\" not in path and ":" not in path
    return path if safe else None


class LanguageForm(DeskForm):
    """The language of a member's pages and letters, and the page where they chose it."""

    language = Line(validators=[AnyOf(TAGS, message=_l("Choose one of the languages."))])
    next = HiddenField()

    def local_next(self) -> str | None:
        """Return the desk page to go on to; None where it leads anywhere else."""
        return local(self.next.data)


class PasswordForm(DeskForm):
    """A new password."""

    password = PasswordField()
    about: tuple[str, ...] = ()

    def validate_password(self, field: PasswordField) -> None:
        """Refuse a password that can be guessed."""
        check_password(field, *self.about)


class CodesForm(DeskForm):
    """The secret that an app took, and a code that proves it."""

    secret = HiddenField()
    one_time = Line()
    step = 0  # of the code that was typed

    def validate_one_time(self, field: Line) -> None:
        """Ask for a code of the app."""
        self.step = check_enrolment(self.secret, field)


class PasskeyForm(DeskForm):
    """A passkey that the browser made, and what its member calls it."""

    label = Line(validators=[Characters(1, LONGEST_LABEL, 4 * LONGEST_LABEL, _l("Say how you know this passkey."))])
    passkey = HiddenField()
    challenge = HiddenField()
    prf = HiddenField()


class CertificateForm(DeskForm):
    """What letters shall be sealed to."""

    text = Text()
    file = SmallFileField()
    reader: Reader

    def validate_text(self, field: Text) -> None:
        """Refuse what nothing can be sealed to; a private key is not shown again, not even to its owner."""
        file = self.file.data
        text = field.data or (text_of(file.content) if file else "")
        if not text and not (file and file.too_large):
            raise ValidationError(gettext("Paste your public key, or choose its file."))
        if len(text) > LARGEST_CERTIFICATE or not text:
            field.data = ""
            raise ValidationError(
                gettext("This is longer than a key needs to be. Export it without the signatures of others.")
            )
        try:
            self.reader = reader_of(text, now())
        except CertificateError as error:
            if error.reason == PRIVATE:
                field.data = ""
            raise ValidationError(str(WRONG_CERTIFICATE[error.reason])) from None
