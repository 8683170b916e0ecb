"""Blocks of details about what happened: to whom, when, what kind, who may have done it, who saw it, what was tried."""

from typing import Any

from babel import Locale
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from wtforms import ValidationError

from intake.followup.dates import PartialDate, earliest, latest
from intake.followup.questions import (
    BlockForm,
    Choice,
    Choices,
    Flag,
    Grouped,
    Long,
    Option,
    Select,
    Short,
    Year,
)
from intake.i18n import COUNTRY_NAMES, NEVER_SEEN_LANGUAGE, language_tag
from intake.reference.countries import COUNTRIES, OTHER, regions_of
from intake.reference.perpetrators import PERPETRATORS
from intake.reference.violations import GROUPS, VIOLATIONS

YES, NO, UNKNOWN = "yes", "no", "unknown"
YES_NO = (Option(YES, _l("Yes")), Option(NO, _l("No")))
YES_NO_UNKNOWN = (*YES_NO, Option(UNKNOWN, _l("I do not know")))
MOST_KINDS = 5
# Where people of the region most often go, or are kept: ISO 3166-1 alpha-2; the names are CLDR's.
ABROAD = ("AE", "AF", "AT", "BY", "CN", "CZ", "DE", "FR", "GE", "IR", "KR", "LT", "PL", "RU", "TR", "UA", "US")


class Region(Select):
    """A region of the country of the case."""

    def spoken(self, value: Any) -> str:  # noqa: ANN401 whatever was kept
        """Return the name of a region, whatever country it is of."""
        code = str(value)
        return dict(regions_of(code[:2], language_tag())).get(code, code)


class Country(Select):
    """A country where people of the region may be."""

    def spoken(self, value: Any) -> str:  # noqa: ANN401 whatever was kept
        """Return the name of a country."""
        return dict(_countries()).get(str(value), str(value))


class VictimForm(BlockForm):
    """Whom it happened to, and who tells."""

    block = "victim"
    reporter_role = Choice(
        _l("Who are you in this story?"),
        (
            ("me", _l("It happened to me")),
            ("relative", _l("A relative")),
            ("witness", _l("A witness")),
            ("lawyer", _l("A lawyer")),
            ("ngo", _l("From an NGO")),
            ("journalist", _l("A journalist")),
            ("other", _l("Someone else")),
        ),
        fact=_l("Who reports"),
    )
    relation = Short(
        _l("How are you related?"),
        100,
        hint=_l("For example: mother, brother, neighbour."),
        fact=_l("Relation to the person"),
    )
    victim_name = Short(
        _l("Name of the person it happened to"),
        200,
        hint=_l("Not needed. A name is needed only if you want the UN to take up the case."),
    )
    victim_birth_year = Year(_l("Year of birth"), 4, hint=_l("About is fine. For example: 1987."))
    victim_minor = Choice(_l("Is the person under 18?"), YES_NO_UNKNOWN, columns=3)
    victim_gender = Choice(
        _l("Gender"),
        (("woman", _l("Woman or girl")), ("man", _l("Man or boy")), ("other", _l("Other"))),
        columns=3,
    )
    victim_count = Choice(
        _l("How many people did it happen to?"),
        (
            ("1", _l("One")),
            ("2-10", _l("2 to 10")),
            ("11-100", _l("11 to 100")),
            ("more", _l("More than 100")),
            (UNKNOWN, _l("I do not know")),
        ),
        columns=3,
    )
    victim_consent = Choice(
        _l("If you write for someone else: do they agree?"),
        (
            ("agrees", _l("Yes, they agree")),
            (
                "could_not_ask",
                _l("I could not ask"),
                _l("For example: the person is detained, missing or dead, or is a small child."),
            ),
            ("does_not_know", _l("They do not know that I write")),
        ),
        columns=1,
        fact=_l("Does the person agree that this is reported?"),
    )


class WhenForm(BlockForm):
    """When and where it happened."""

    block = "when"
    date_from = PartialDate(
        _l("When did it happen, or begin?"),
        hint=_l("The year alone is fine, or month and year. For example: 3, 12, 2024."),
        fact=_l("Happened or began"),
    )
    date_to = PartialDate(
        _l("When did it end?"), hint=_l("Leave empty if it was one day, or goes on."), fact=_l("Ended")
    )
    date_type = Choice(
        _l("How sure are you of the dates?"),
        (("exact", _l("They are exact")), ("about", _l("About")), (UNKNOWN, _l("I am not sure"))),
        columns=3,
    )
    ongoing = Choice(_l("Is it still going on?"), YES_NO_UNKNOWN, columns=3)
    region = Region(_l("In which region?"), hint=_l("Skip this if few people live there and it could point to you."))
    place = Long(
        _l("Where was it, in your words?"),
        300,
        hint=_l("For example: a police station, a street, a village. Please never send map coordinates."),
        fact=_l("Place"),
    )
    where_now = Country(_l("In which country is the person now?"))

    def prepare(self) -> None:
        """Offer the regions of the country of the case, and no other's."""
        regions = regions_of(self.country, language_tag())
        self.region.options = [Option(code, name) for code, name in regions]
        self.region.shown = bool(regions)
        self.where_now.options = [Option(code, name) for code, name in _countries()]

    def validate_date_to(self, field: PartialDate) -> None:
        """Refuse an end that lies before the start even where both are read as kindly as can be."""
        start, end = self.date_from.data, field.data
        if start and end and latest(end) < earliest(start):
            raise ValidationError(gettext("The end is before the beginning. Please look at both dates."))


class KindForm(BlockForm):
    """What kind of violation it is."""

    block = "kind"
    categories = Grouped(
        _l("What happened?"),
        [
            (
                name,
                [Option(code, kind.name, kind.explained) for code, kind in VIOLATIONS.items() if kind.group == group],
            )
            for group, name in GROUPS.items()
        ],
        most=MOST_KINDS,
        columns=1,
        hint=_l("Tick up to five. A journalist looks at them again."),
        fact=_l("Kind of violation"),
    )
    reprisal = Flag(
        _l("This is punishment"),
        hint=_l("For complaining, for journalism, or for defending other people."),
        fact=_l("Punishment for complaining, journalism or defending others"),
    )


class WhoForm(BlockForm):
    """Who is alleged to have done it."""

    block = "who"
    perp_type = Choices(
        _l("Who, do you think, did it?"),
        PERPETRATORS.items(),
        most=MOST_KINDS,
        hint=_l("Tick up to five. Nobody is guilty because of this: we write “alleged” wherever it is shown."),
        fact=_l("Alleged perpetrators"),
    )
    perp_detail = Long(
        _l("What do you know about them?"),
        1000,
        hint=_l(
            "Office, name, rank, badge number, car, uniform. Only what you saw or know. We write “alleged” here too."
        ),
        fact=_l("About the alleged perpetrators"),
    )


class WitnessesForm(BlockForm):
    """Who saw it."""

    block = "witnesses"
    witnesses = Long(
        _l("Who saw or heard it?"),
        1000,
        hint=_l(
            "Initials are enough: “A. K., a neighbour, saw the car”. Do not write full names, telephone numbers or "
            "addresses of people who did not agree: it could put them in danger."
        ),
        fact=_l("Witnesses"),
    )


class StepsForm(BlockForm):
    """What was tried already."""

    block = "steps"
    complained_to = Choices(
        _l("Where did you complain already?"),
        (
            ("police", _l("Police")),
            ("prosecutor", _l("Prosecutor"), _l("Watches over police and investigators, and accuses in court.")),
            ("court", _l("Court")),
            ("ombudsman", _l("Ombudsman"), _l("An office that takes complaints about officials.")),
            ("president", _l("The president's portal or office")),
            ("lawyer", _l("A lawyer")),
            ("ngo", _l("An NGO"), _l("A group that helps people and does not belong to the state.")),
            ("un", _l("The UN"), _l("The United Nations: nearly all countries of the world.")),
            ("nobody", _l("Nowhere")),
        ),
        columns=3,
        fact=_l("Complained to"),
    )
    why_not = Long(
        _l("If nowhere: why not?"), 300, hint=_l("For example: I am afraid, or it is of no use."), fact=_l("Why not")
    )
    case_numbers = Long(_l("Numbers of cases or letters"), 500, hint=_l("As they stand on the papers."))
    outcome = Long(
        _l("What came of it?"),
        1000,
        hint=_l("For example: no answer came, they refused, or they promised to look into it."),
        fact=_l("Outcome"),
    )
    lawyer = Choice(
        _l("Is there a lawyer?"),
        YES_NO,
        hint=_l("A lawyer knows the laws, and defends people before police and court."),
    )
    lawyer_may_speak = Choice(_l("May we speak to the lawyer?"), YES_NO)
    lawyer_contact = Short(_l("How can the lawyer be reached?"), 200, fact=_l("The lawyer's contact"))


class DetentionForm(BlockForm):
    """What the UN Working Groups on arbitrary detention and on enforced disappearances need at least.

    Source: the model questionnaire and the form of communication of the two groups (OHCHR): identity, date and place of
    arrest or last sighting, forces held responsible, reasons given, steps taken, who submits.
    """

    block = "detention"
    full_name = Short(
        _l("Full name of the person"),
        200,
        hint=_l("The UN takes up a case only with a name. Skip it if that is not safe, or if you gave it already."),
    )
    taken = PartialDate(
        _l("When was the person taken, or seen last?"),
        hint=_l("Month and year are enough for the UN. Skip it if you gave it already."),
        fact=_l("Taken or last seen"),
    )
    taken_place = Long(
        _l("Where was that?"),
        300,
        hint=_l("For example: at home, at work, in the street, at the border."),
        fact=_l("Place of arrest or last seen"),
    )
    holder = Long(
        _l("Who holds the person, or who do you believe does?"),
        300,
        hint=_l("Which office or people, how they looked, what car. We write “alleged” wherever it is shown."),
        fact=_l("Alleged to hold the person"),
    )
    warrant = Choice(
        _l("Was a paper or a reason shown?"),
        (
            (
                "warrant",
                _l("Yes, a warrant or a court decision"),
                _l("A warrant is a paper that allows an arrest or a search."),
            ),
            ("reason", _l("No paper, but a reason was told")),
            ("nothing", _l("Nothing was shown or told")),
            (UNKNOWN, _l("I do not know")),
        ),
        fact=_l("Warrant or reason"),
    )
    where_held = Long(
        _l("Where is the person held now?"), 300, hint=_l("As far as you know, or were told."), fact=_l("Held at")
    )
    search = Long(
        _l("What did you do to find or free the person, and what was answered?"),
        1000,
        hint=_l("Where you asked, when, and what they said. “They deny it” is an important answer."),
        fact=_l("Search, and answers"),
    )
    reporter = Short(
        _l("Who are you to this person?"),
        200,
        hint=_l("For example: sister, lawyer. The UN asks who reports, and can keep it secret."),
        fact=_l("Who reports"),
    )


def _countries() -> list[tuple[str, str]]:
    """Return codes and names of countries in the language being written now: ours first, the others by name."""
    locale = get_locale() or Locale.parse(NEVER_SEEN_LANGUAGE)
    abroad = [(code, locale.territories.get(code, code)) for code in ABROAD]
    ours = [(code, str(COUNTRY_NAMES[code])) for code in COUNTRIES]
    return [
        *ours,
        *sorted(abroad, key=lambda country: country[1]),
        (OTHER, str(COUNTRY_NAMES[OTHER])),
        (UNKNOWN, gettext("I do not know")),
    ]
