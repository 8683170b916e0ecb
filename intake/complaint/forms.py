"""What the complaint page asks."""

from dataclasses import replace

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, ValidationError
from wtforms.validators import AnyOf, InputRequired

from intake.cases.models import ENTERED
from intake.cases.words import LONGEST_CONTACT, SHORTEST_CONTACT, WAYS, WITHOUT_VALUE
from intake.complaint.submit import ORAL, Complaint
from intake.i18n import TAGS
from intake.reference.countries import COUNTRIES, OTHER
from intake.web.forms import Characters, DeskForm, Line, PublicForm, Text, character_count, is_longer
from intake.web.recordings import Recording

SHORTEST_STORY = 20
LONGEST_STORY = 10_000
MOST_BYTES = 100_000
_HINTS = {
    "code": _l("The safest way. We show you the code after you send; you see here whether it was read."),
    "none": _l("You can still come back with the code if you change your mind."),
}
CONTACT_MODES = tuple((mode, name, _HINTS.get(mode, "")) for mode, name in WAYS)
MODES = tuple(mode for mode, _, _ in CONTACT_MODES)
CHOICES = (*COUNTRIES, OTHER)


class ComplaintForm(PublicForm):
    """The short path: country, story, how to reach the person, urgency, consent. What nobody types is no field."""

    country = Line(validators=[AnyOf(CHOICES, message=_l("Choose the country where it happened."))])
    story = Text(
        validators=[
            Characters(SHORTEST_STORY, LONGEST_STORY, MOST_BYTES, _l("Tell us what happened: at least 20 characters."))
        ]
    )
    contact_mode = Line(
        default="code",
        validators=[AnyOf(MODES, message=_l("Choose how we can reach you, or that we should not."))],
    )
    contact_value = Line()
    urgent = BooleanField()
    consent = BooleanField(
        validators=[InputRequired(_l("Tick the box that lets our journalists read what you send: else nobody may."))]
    )

    def validate_contact_value(self, field: Line) -> None:
        """Ask for the address, number or name of the channel that was chosen."""
        if self.contact_mode.data in WITHOUT_VALUE:
            field.data = ""  # the field was hidden: what stands in it was not meant to be sent
            return
        if not _is_contact(field.data or ""):
            raise ValidationError(
                str(_l("Write the address, number or name to reach you by: 3 to 120 characters. Or choose the code."))
            )

    def complaint(self, language: str) -> Complaint:
        """Return what was sent, once it is valid."""
        return Complaint(
            language=language,
            story=self.story.data or "",
            urgent=bool(self.urgent.data),
            country=self.country.data,
            contact_mode=self.contact_mode.data,
            contact_value=self.contact_value.data or "",
            consent=bool(self.consent.data),
        )


class VoiceForm(ComplaintForm):
    """The short path with a recording in place of the story, or beside it."""

    recording = Recording()
    story = Text(
        validators=[
            Characters(
                SHORTEST_STORY,
                LONGEST_STORY,
                MOST_BYTES,
                _l("Record or choose a voice message, or tell us here what happened: at least 20 characters."),
                instead="recording",
            )
        ]
    )

    def complaint(self, language: str) -> Complaint:
        """Return what was sent, once it is valid."""
        return replace(super().complaint(language), recording=self.recording.data)


class FurtherWordsForm(PublicForm):
    """The box on the answer page: more words under the same code."""

    story = Text(
        validators=[Characters(1, LONGEST_STORY, MOST_BYTES, _l("Write what you want to add, then press the button."))]
    )
    urgent = BooleanField()

    def complaint(self, language: str) -> Complaint:
        """Return the further words, once they are valid."""
        return Complaint(language=language, story=self.story.data or "", urgent=bool(self.urgent.data))


class EntryForm(DeskForm):
    """What a member asks a person on the phone, or reads on their paper."""

    channel = Line(validators=[AnyOf(ENTERED, message=_l("Choose how it was told."))])
    country = Line(validators=[AnyOf(CHOICES, message=_l("Choose the country where it happened."))])
    language = Line(validators=[AnyOf(TAGS, message=_l("Choose one of the languages."))])
    story = Text(
        validators=[
            Characters(SHORTEST_STORY, LONGEST_STORY, MOST_BYTES, _l("Write what happened: at least 20 characters."))
        ]
    )
    contact_mode = Line(
        default="code",
        validators=[AnyOf(MODES, message=_l("Choose how the person can be reached, or that they must not be."))],
    )
    contact_value = Line()
    urgent = BooleanField()
    consent = BooleanField(
        validators=[InputRequired(_l("Ask the person, and tick the box if they agree: else nothing may be kept."))]
    )
    code = HiddenField()

    def validate_contact_value(self, field: Line) -> None:
        """Ask for the address, number or name of the channel that was chosen."""
        if self.contact_mode.data in WITHOUT_VALUE:
            if field.data:
                raise ValidationError(str(_l("Choose what this address or number is, or leave the field empty.")))
        elif not _is_contact(field.data or ""):
            raise ValidationError(str(_l("Write the address, number or name: 3 to 120 characters.")))

    def complaint(self, member_id: int) -> Complaint:
        """Return what was entered, once it is valid.

        Args:
            member_id: who entered it.
        """
        return Complaint(
            language=self.language.data or "",
            story=self.story.data or "",
            urgent=bool(self.urgent.data),
            country=self.country.data,
            contact_mode=self.contact_mode.data,
            contact_value=self.contact_value.data or "",
            consent=ORAL,
            channel=self.channel.data or "",
            entered_by=member_id,
        )


def _is_contact(text: str) -> bool:
    return character_count(text) >= SHORTEST_CONTACT and not is_longer(text, LONGEST_CONTACT)
