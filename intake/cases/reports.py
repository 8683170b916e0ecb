"""Reports: what was told, sealed to who hears of it, while it is at hand. Made only where the newsroom wishes it.

A report has the story and the plain facts; never the contact, the code or a file. Whoever has no certificate that can
be used gets the notice, as does everybody who hears of the case later.
"""

import logging
from dataclasses import dataclass, field

from flask import current_app, render_template

from intake.cases import notices
from intake.cases.models import Case
from intake.desks.routing import Destination
from intake.i18n import NEVER_SEEN_LANGUAGE, now, speaking
from intake.outbox import certificates, sealed_letters
from intake.outbox.sealed_letters import Report, Reports
from intake.sealing import SealError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Told:
    """What a report says.

    Attributes:
        reference: the case.
        country: where it happened.
        language: in which it was told.
        urgent: whether it was called urgent.
        story: the words.
        recording: whether a recording came with them.
    """

    reference: str
    country: str
    language: str
    urgent: bool
    story: str = field(repr=False)
    recording: bool


def sealed(told: Told, to: Destination, case: Case | None) -> Reports:
    """Return a report for each who will hear of it and has a certificate, and for the newsroom if it has one.

    Where the newsroom wishes none, nothing is asked of the database.

    Args:
        told: what was told.
        to: its desk, and who is told there.
        case: the case that it adds to, if there is one.
    """
    if not current_app.config["SEALED_LETTERS"]:
        return {}
    languages: dict[int | None, str] = {one.id: one.language for one in notices.hearers(to, case)}
    languages[certificates.NEWSROOM] = NEVER_SEEN_LANGUAGE
    usable = certificates.usable({number for number in languages if number is not None}, now())
    written = {tag: _written(told, tag, more=case is not None) for tag in {languages[number] for number in usable}}
    made: dict[int | None, Report] = {}
    for number, certificate in usable.items():
        try:
            made[number] = sealed_letters.seal(certificate, *written[languages[number]])
        except (SealError, ValueError):  # a complaint is taken whatever is wrong with a certificate
            log.warning("certificate %d seals nothing; its owner gets a notice", certificate.id)
    return made


def _written(told: Told, language: str, *, more: bool) -> tuple[str, str]:
    """Return the subject and the words of a report in one language."""
    facts = {**vars(told), "more": more, "link": f"{current_app.config['DESK_URL']}/desk/cases/{told.reference}"}
    with speaking(language):
        subject = " ".join(render_template("email/report/subject.txt", **facts).split())
        return subject, render_template("email/report/body.txt", **facts).strip() + "\n"
