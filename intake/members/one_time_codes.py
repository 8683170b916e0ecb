"""One-time codes (RFC 6238): six digits of an app, each good once. Their secret is sealed to the member."""

import base64
import binascii
from dataclasses import dataclass, field

import pyotp
import segno
from markupsafe import Markup
from sqlalchemy import update

from intake.extensions import db
from intake.i18n import now
from intake.members.models import ONE_TIME_CODE, Factor, Member
from intake.sealing import Identity, SealedBytes, seal_document, unseal_document

FACTOR = "factor/1"
APP_NAME = "Desk"  # how an app or a device lists the account: whoever takes the phone reads no other name
SECRET_LENGTH = 32  # letters of base32: the 160 bits that RFC 4226, section 4, recommends
STEP = 30  # seconds
EARLIER_AND_LATER = 1  # steps: a phone's clock may be half a minute wrong


@dataclass(frozen=True)
class NewCodes:
    """What makes one-time codes, ready to be saved, and the step that passed already when it was set up."""

    sealed: SealedBytes
    step: int


@dataclass(frozen=True)
class Passed:
    """A one-time code that was right: which factor made it, and in which step."""

    factor_id: int
    step: int


def new_secret() -> str:
    """Return a fresh secret in base32, as authenticator apps take it."""
    return pyotp.random_base32(SECRET_LENGTH)


def is_secret(text: str) -> bool:
    """Return whether a form brings back what ``new_secret`` made."""
    try:
        return len(text) == SECRET_LENGTH and len(base64.b32decode(text)) > 0
    except (binascii.Error, ValueError):
        return False


@dataclass(frozen=True)
class Enrolment:
    """A secret as a person takes it into an app: typed, or by the camera."""

    secret: str = field(repr=False)

    @property
    def groups(self) -> list[str]:
        """The secret in groups of four, to be typed."""
        return [self.secret[start : start + 4] for start in range(0, len(self.secret), 4)]

    @property
    def address(self) -> str:
        """The ``otpauth://`` address that apps read."""
        return pyotp.TOTP(self.secret, issuer=APP_NAME, name=APP_NAME).provisioning_uri()

    @property
    def picture(self) -> Markup:
        """The address as a QR code: an SVG picture in a data address."""
        return Markup(segno.make(self.address, error="m").svg_data_uri(scale=4, border=3))  # noqa: S704 our own picture


def digits_now(secret: str) -> str:
    """Return the six digits that an app shows at this moment: for a trial without a phone."""
    return pyotp.TOTP(secret).at(step_now() * STEP)


def step_now() -> int:
    """Return the number of this half minute."""
    return int(now().timestamp()) // STEP


def matching_step(secret: str, typed: str, after: int) -> int | None:
    """Return the step whose code was typed, if it is near enough to now and later than one that passed.

    Args:
        secret: in base32.
        typed: what was typed; spaces do not matter.
        after: the last step that passed.
    """
    digits = "".join(typed.split())
    codes, found = pyotp.TOTP(secret), None
    this = step_now()
    for step in range(this - EARLIER_AND_LATER, this + EARLIER_AND_LATER + 1):
        right = pyotp.utils.strings_equal(codes.at(step * STEP), digits)  # in constant time
        if right and step > after:
            found = step
    return found


def seal(secret: str, recipient: str, step: int) -> NewCodes:
    """Seal a secret to the member who uses it.

    Args:
        secret: in base32.
        recipient: the member's.
        step: the step whose code proved that the app has it; it is good no more.
    """
    return NewCodes(seal_document(FACTOR, {"secret": secret}, [recipient]), step)


def check(factor_id: int, sealed: SealedBytes, counter: int, identity: Identity, typed: str) -> Passed | None:
    """Return what passed if a code is right, for who opens the secret.

    Raises:
        sealing.SealError: the identity does not open it.
    """
    secret = str(unseal_document(FACTOR, sealed, identity)["secret"])
    step = matching_step(secret, typed, counter)
    return Passed(factor_id, step) if step is not None else None


def spend(passed: Passed) -> bool:
    """Note that a code was used. Return False if that step, or a later one, passed meanwhile: it is good once."""
    later = update(Factor).where(Factor.id == passed.factor_id, Factor.counter < passed.step)
    spent = db.session.execute(later.values(counter=passed.step, used_on=now().date()).returning(Factor.id))
    return spent.one_or_none() is not None


def save(new: NewCodes, member: Member) -> None:
    """Add what makes a member's codes."""
    db.session.add(Factor(member_id=member.id, kind=ONE_TIME_CODE, sealed=new.sealed, counter=new.step, added_at=now()))
