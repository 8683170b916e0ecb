"""Blocks of details about the person who tells: what threatens, how to reach them, what may be done with the case."""

from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask import current_app
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import ValidationError

from intake.cases.words import LONGEST_CONTACT, REPLY_LANGUAGES, SHORTEST_CONTACT, WAYS, WITHOUT_VALUE
from intake.followup.case_blocks import NO, YES, YES_NO
from intake.followup.dates import Moment, clock_name
from intake.followup.questions import BlockForm, Choice, Choices, Flag, Long, Option, Select, Short
from intake.i18n import language_tag
from intake.web.forms import character_count

NEVER = "never"
ASK_FIRST = "ask_first"
LONGEST_ADDRESS = 254  # RFC 5321, section 4.5.3.1.3, without the brackets


class DangerForm(BlockForm):
    """The clock of urgency."""

    block = "danger"
    again = True
    now = Flag(
        _l("Someone is in danger now"),
        hint=_l("For example: someone is locked up, may be tortured or killed, or is threatened."),
        urgent=True,
    )
    kinds = Choices(
        _l("What could happen?"),
        (
            ("torture", _l("Torture or beating")),
            ("deportation", _l("Deportation"), _l("The person is made to leave the country.")),
            (
                "extradition",
                _l("Handing over to another country"),
                _l("The police of another country take the person away. This is called extradition."),
            ),
            ("trial", _l("A court hearing")),
            (
                "order",
                _l("An order or a sentence is carried out"),
                _l("For example: people are put out of their home, or someone is taken to prison."),
            ),
            ("other", _l("Something else")),
        ),
    )
    deadline = Moment(_l("On what day, and at what hour?"), fact=_l("Day and hour"))
    passed = Flag(_l("Yes, this moment has passed. Keep it."), fact=_l("It had passed already when it was written"))

    def prepare(self) -> None:
        """Say whose clock is meant; ask about a passed moment only where there is one."""
        self.deadline.clock = self.country
        self.deadline.description = gettext(
            "Leave the hour empty if you do not know it. The hour is read as %(clock)s.", clock=clock_name(self.country)
        )
        self.passed.shown = bool(self.passed.data)

    def validate_deadline(self, field: Moment) -> None:
        """Ask back about a moment that has passed, or is very far away."""
        if field.is_too_far:
            raise ValidationError(gettext("This is more than two years ahead. Please look at the year."))
        if field.has_passed and not self.passed.data:
            self.passed.shown = True
            raise ValidationError(
                gettext("This moment has passed already. Correct it, or tick the box below it to keep it.")
            )

    def words(self) -> dict[str, Any]:
        """Return what was answered; that a moment has passed only where it has."""
        words = super().words()
        if not self.deadline.has_passed:
            words.pop("passed", None)
        return words

    def plain(self) -> dict[str, Any]:
        """Return urgency and alarm. A passed moment alone makes nothing urgent; clearing everything lifts both."""
        ahead = bool(self.kinds.data or self.deadline.data) and not self.deadline.has_passed
        return {"urgent": bool(self.now.data) or ahead, "alarm_at": self.deadline.in_utc()}


class ContactForm(BlockForm):
    """How to reach the person safely."""

    block = "contact"
    consents = True
    contact_mode = Choice(_l("How can we reach you?"), WAYS, fact=_l("How to reach the person"))
    contact_value = Short(
        _l("Your address, number or @name"),
        LONGEST_CONTACT,
        hint=_l("Only if you chose a way that needs one. Not a work mailbox, not a phone that others can open."),
        fact=_l("Address, number or name"),
    )
    safe_times = Long(
        _l("When is it safe to reach you?"),
        300,
        hint=_l("For example: weekdays after 8 in the evening."),
        fact=_l("When it is safe"),
    )
    message_ok = Choice(_l("May we leave a message if you do not answer?"), YES_NO, fact=_l("May a message be left?"))
    shared_device = Choice(
        _l("Can someone else see your phone or mailbox?"), YES_NO, fact=_l("Can someone else see the phone or mailbox?")
    )
    say_you_are = Long(
        _l("Who should we say we are, if someone else answers?"),
        300,
        hint=_l("For example: a delivery, a school friend."),
        fact=_l("Who to say we are, if someone else answers"),
    )
    fallback_person = Short(
        _l("Whom may we ask if you fall silent?"),
        200,
        hint=_l("Someone who knows that you write to us and agreed. A name or initials, and how to reach them."),
        fact=_l("Whom to ask if the person falls silent"),
    )
    reply_lang = Select(_l("In which language shall we answer?"), REPLY_LANGUAGES, fact=_l("Answer in"))
    reminder_address = Short(
        _l("E-mail for a reminder"),
        LONGEST_ADDRESS,
        fact=_l("Reminders without content go to (write nothing else there)"),
    )

    def prepare(self) -> None:
        """Say honestly what a reminder gives away."""
        self.reminder_address.input_mode = "email"
        self.reminder_address.description = gettext(
            "If you want, we write there when a journalist has answered. The letter comes from %(address)s. It says "
            "only that there is something new: no link, nothing of your case. But your mail provider, and whoever "
            "opens your mailbox, can see that it came. We keep the address encrypted. Empty the field to stop the "
            "reminders.",
            address=current_app.config["REMINDER_ADDRESS"],
        )

    def validate_contact_value(self, field: Short) -> None:
        """Ask for what the chosen way needs, and for the way that an address needs."""
        if self.contact_mode.errors:
            return
        count, mode = character_count(field.data or ""), self.contact_mode.data
        if not mode and count:
            raise ValidationError(gettext("Please choose above how we shall use this: e-mail, phone or a messenger."))
        if mode and mode not in WITHOUT_VALUE and not SHORTEST_CONTACT <= count <= LONGEST_CONTACT:
            raise ValidationError(
                gettext("Write the address, number or name to reach you by: 3 to 120 characters. Or choose the code.")
            )

    def validate_reminder_address(self, field: Short) -> None:
        """Refuse what is no e-mail address; one that is too long was refused, and is not even looked at."""
        if not field.data or field.errors:
            return
        try:
            checked = validate_email(field.data, check_deliverability=False, allow_smtputf8=False)
        except EmailNotValidError as error:
            raise ValidationError(gettext("This is no e-mail address. Please look at it again.")) from error
        field.data = checked.normalized

    def words(self) -> dict[str, Any]:
        """Return what was answered: an address only for a way that needs one, a reminder with its language."""
        words = super().words()
        if words.get("contact_mode") in WITHOUT_VALUE:
            words.pop("contact_value", None)
        if "reminder_address" in words:
            words["reminder_language"] = language_tag()
        return words

    def plain(self) -> dict[str, Any]:
        """Return whether the person may be reached, if they said."""
        return {"reachable": self.contact_mode.data != "none"} if self.contact_mode.data else {}


class PublicationForm(BlockForm):
    """What may be published."""

    block = "publication"
    consents = True
    pub_level = Choice(
        _l("May we publish your story?"),
        (
            (ASK_FIRST, _l("Ask me first"), _l("If we cannot ask you, we publish nothing.")),
            ("with_name", _l("Yes, with the name"), _l("Where someone could be harmed by it, we ask once more.")),
            ("without_name", _l("Yes, without the name"), _l("We leave out or change what points to people.")),
            (NEVER, _l("No, never"), _l("It only helps us to understand, to count and to act.")),
        ),
        columns=1,
        unanswered=ASK_FIRST,
        hint=_l("You can change this at any time. What is published already we can take down; copies we cannot."),
        fact=_l("May it be published?"),
    )
    pub_details = Choices(
        _l("If we publish: what may be shown?"),
        (("photo", _l("Photos")), ("voice", _l("Voice")), ("place", _l("The place")), ("documents", _l("Documents"))),
        hint=_l("What you do not tick we do not show."),
        fact=_l("What may be shown"),
    )

    def plain(self) -> dict[str, Any]:
        """Return whether publication is ruled out."""
        return {"not_for_publication": self.pub_level.data == NEVER}


class SharingForm(BlockForm):
    """To whom the case may be handed."""

    block = "sharing"
    consents = True
    share_with = Choices(
        _l("To whom may we show your case?"),
        (
            Option("lawyers", _l("Lawyers"), _l("Who could help you or others.")),
            Option("ngos", _l("Human-rights NGOs"), _l("Who document and help.")),
            Option(
                "un", _l("UN bodies"), _l("The UN takes no reports without a name. It must know who the person is.")
            ),
        ),
        columns=1,
        hint=_l("Each is a separate answer. What was handed over already cannot be called back."),
        none=_l("Nobody"),
        fact=_l("May be shown to"),
    )


class ConsentForm(BlockForm):
    """Whether the case may be kept, and the person contacted."""

    block = "consent"
    consents = True
    keep = Choice(
        _l("May we keep your case and check it?"),
        (
            (YES, _l("Yes")),
            (
                NO,
                _l("No, I take this back"),
                _l(
                    "We stop working on it. What was read, published or handed over before cannot be undone. To have "
                    "the case deleted, go back to your case and ask for it there."
                ),
            ),
        ),
        columns=1,
    )
    contact = Choice(
        _l("May we contact you?"),
        (
            (YES, _l("Yes")),
            (NO, _l("No, I take this back"), _l("You can still come here with your code and read what we write.")),
        ),
        columns=1,
    )

    def plain(self) -> dict[str, Any]:
        """Return whether the person may be reached, and what can no more be published, if they said."""
        plain = {"reachable": self.contact.data == YES} if self.contact.data else {}
        return {**plain, "not_for_publication": True} if self.keep.data == NO else plain
