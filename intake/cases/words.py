"""How what is kept as a code is said to people, and the ways in which a complainant can be reached."""

from flask_babel import lazy_gettext as _l

from intake.cases.feedback import QUESTIONS
from intake.cases.indexing import ANSWER, CONTACT, MESSAGE, NOTE, STATUS, STORY
from intake.cases.models import (
    ACKNOWLEDGED,
    CHECKING,
    CLOSED,
    DELETED,
    DEMO,
    IN_PERSON,
    NEEDS_ANSWER,
    PAPER,
    PASSED_ON,
    PHONE,
    PUBLISHED,
    RECEIVED,
    WEB,
)

ACTS = {
    "case.received": _l("Received"),
    "case.added_to": _l("Something was added"),
    "case.opened": _l("Opened"),
    "case.acknowledged": _l("Acknowledged"),
    "case.message": _l("Message"),
    "case.status": _l("Status given"),
    "case.consent_changed": _l("The complainant changed contact or consent"),
    "case.deletion_asked": _l("The complainant asked for deletion"),
    "case.kept": _l("Kept, although deletion was asked"),
    "case.destroyed": _l("Destroyed, as the complainant asked"),
    "case.feedback": _l("Feedback"),
    "evidence.opened": _l("A recording was opened"),
    "case.code_renewed": _l("A new code was given"),
    "case.searched": _l("The desk's cases were searched"),
}
STATUSES = {
    RECEIVED: _l("Not acknowledged"),
    ACKNOWLEDGED: _l("Acknowledged"),
    CHECKING: _l("Being checked"),
    NEEDS_ANSWER: _l("Needs an answer"),
    PUBLISHED: _l("Published"),
    PASSED_ON: _l("Passed on"),
    CLOSED: _l("Closed"),
    DELETED: _l("Deleted"),
}
GIVEN = {
    CHECKING: (_l("Being checked"), ""),
    NEEDS_ANSWER: (_l("Needs an answer"), _l("from the complainant")),
    PUBLISHED: (_l("Published"), _l("write the link below")),
    PASSED_ON: (_l("Passed on"), _l("write to whom")),
    CLOSED: (_l("Closed"), _l("write why")),
}
TABS = {
    RECEIVED: (_l("Not acknowledged"), _l("No new cases")),
    "work": (_l("In work"), _l("No case is in work")),
    NEEDS_ANSWER: (_l("Needs an answer"), _l("No complainant is asked for an answer")),
    "done": (_l("Done"), _l("No case is done yet")),
    DELETED: (_l("Deleted"), _l("No case was deleted")),
}
FOUND_IN = {
    STORY: _l("In the story"),
    ANSWER: _l("In the answers"),
    CONTACT: _l("In the contact details"),
    MESSAGE: _l("In a message"),
    NOTE: _l("In a note"),
    STATUS: _l("In the words of a status"),
}
CHANNELS = {
    WEB: _l("This site"),
    DEMO: _l("Invented, for trying out"),
    PHONE: _l("By phone"),
    PAPER: _l("On paper"),
    IN_PERSON: _l("In person"),
}
REASONS = {
    "forced": _l("Somebody forced the person to ask for it"),
    "stranger": _l("Somebody else had the code"),
}
CHECKS = {
    "details": _l("They knew details of the case that only they know"),
    "channel": _l("They wrote from the address or number that we know"),
    "in_person": _l("They came in person"),
}
RATED = QUESTIONS  # what a complainant may rate, from 1 to 5
FEEDBACK = {
    "relevance": _l("Did our help fit what you needed?"),
    "usefulness": _l("Was it useful to you?"),
    "good": _l("What was good?"),
    "bad": _l("What was not?"),
}
CONTACT_MODES = {
    "code": _l("Comes back with the code"),
    "none": _l("Must not be contacted"),
    "email": _l("E-mail"),
    "phone": _l("Phone call"),
    "signal": "Signal",
    "telegram": "Telegram",
    "whatsapp": "WhatsApp",
}
# As the complainant chooses among them.
WAYS = (
    ("code", _l("I will come back with my code")),
    ("none", _l("Do not contact me")),
    ("email", _l("E-mail")),
    ("phone", _l("Phone call")),
    ("signal", "Signal"),
    ("telegram", "Telegram"),
    ("whatsapp", "WhatsApp"),
)
WITHOUT_VALUE = frozenset({"code", "none"})  # the ways that need no address
SHORTEST_CONTACT, LONGEST_CONTACT = 3, 120  # characters of an address, number or name
