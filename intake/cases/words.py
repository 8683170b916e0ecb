"""How what is kept as a code is said to people, and the ways in which a complainant can be reached."""

from flask_babel import lazy_gettext as _l

from intake.cases.feedback import QUESTIONS
from intake.cases.indexing import ANSWER, CONTACT, MESSAGE, NOTE, STATUS, STORY
from intake.cases.links import DUPLICATE, RELATED, SAME_EVENT
from intake.cases.merges import LEADS, UNDER
from intake.cases.models import (
    ACKNOWLEDGED,
    CHECKING,
    CLOSED,
    DELETED,
    DEMO,
    EMAIL,
    IN_PERSON,
    NEEDS_ANSWER,
    NOT_A_COMPLAINT,
    PAPER,
    PASSED_ON,
    PHONE,
    PUBLISHED,
    RECEIVED,
    WEB,
)
from intake.cases.wishes import ASK_FIRST, NEVER, WITH_NAME, WITHOUT_NAME

STATUSES = {
    RECEIVED: _l("Not acknowledged"),
    ACKNOWLEDGED: _l("Acknowledged"),
    CHECKING: _l("Being checked"),
    NEEDS_ANSWER: _l("Needs an answer"),
    PUBLISHED: _l("Published"),
    PASSED_ON: _l("Passed on"),
    CLOSED: _l("Closed"),
    NOT_A_COMPLAINT: _l("Not a complaint"),
    DELETED: _l("Deleted"),
}
GIVEN = {
    CHECKING: (_l("Being checked"), ""),
    NEEDS_ANSWER: (_l("Needs an answer"), _l("from the complainant")),
    PUBLISHED: (_l("Published"), _l("write the link below")),
    PASSED_ON: (_l("Passed on"), _l("write to whom")),
    CLOSED: (_l("Closed"), _l("write why")),
    NOT_A_COMPLAINT: (_l("Not a complaint"), _l("write why, kindly")),
}
TABS = {
    RECEIVED: (_l("Not acknowledged"), _l("No new cases")),
    "mine": (_l("Mine"), _l("You answer for no open case")),
    "open": (_l("My desks"), _l("No case is open")),
    "overdue": (_l("Overdue"), _l("No case is overdue")),
    NEEDS_ANSWER: (_l("Needs an answer"), _l("No complainant is asked for an answer")),
    "done": (_l("Done"), _l("No case is done yet")),
    NOT_A_COMPLAINT: (_l("Not a complaint"), _l("Nothing was put aside")),
    "ending": (_l("Ending soon"), _l("No case ends soon")),
    DELETED: (_l("Deleted"), _l("No case was deleted")),
    "all": (_l("All"), _l("There is no case yet")),
}
SORTS = {
    "urgency": _l("The most urgent first"),
    "deadline": _l("The next deadline first"),
    "newest": _l("The newest first"),
    "oldest": _l("The oldest first"),
}
FILTERS = {
    "tab": _l("Tab"),
    "sort": _l("Order"),
    "desk": _l("Desk"),
    "country": _l("Country"),
    "status": _l("Status"),
    "urgent": _l("Urgency"),
    "assignee": _l("Who answers for it"),
    "language": _l("Language of the form"),
    "detected": _l("Language of the words"),
    "label": _l("Label"),
    "since": _l("Received from"),
    "until": _l("Received until"),
    "files": _l("Files"),
    "channel": _l("How it came"),
    "code": _l("Violation"),
    "region": _l("Region"),
    "publish": _l("May be published"),
    "share": _l("May be shown to"),
}
PUBLISH = {
    WITH_NAME: _l("With the name"),
    WITHOUT_NAME: _l("Without the name"),
    ASK_FIRST: _l("Ask first"),
    NEVER: _l("Never"),
}
SHARE = {
    "lawyers": _l("Lawyers"),
    "ngos": _l("Human-rights NGOs"),
    "un": _l("UN bodies"),
    "nobody": _l("Nobody"),
}
KEYS = (
    (("j", "k"), _l("the next case, the one before")),
    (("o", "Enter"), _l("open it")),
    (("x",), _l("tick it")),
    (("a",), _l("acknowledge it")),
    (("/",), _l("to the filter")),
    (("?",), _l("these keys")),
)
# On the page of a case: the key, where it goes, and what that is. A key whose place a page lacks does nothing.
CASE_KEYS = (
    ("a", "form[action$='/acknowledge'] button", _l("acknowledge the case")),
    ("m", "#text", _l("write to the complainant")),
    ("n", "#note", _l("write a note for the desk")),
    ("p", "#personal", _l("write a note for yourself")),
    ("s", "#case-status details", _l("change the status")),
    ("g", "#work details", _l("assign it to somebody")),
    ("h", "#work a[href$='/hand-over']", _l("hand it over")),
    ("t", "#work a[href$='/transfer']", _l("move it to another desk")),
    ("d", "#due details", _l("set the day")),
    ("c", "a[href$='/coding']", _l("say which rights it is about")),
    ("v", "#verification a", _l("to the verification")),
    ("l", "a[href$='/links']", _l("to links and cases like it")),
    ("e", "a[href$='/export']", _l("take a copy")),
    ("u", ".crumb a", _l("back to the cases")),
)
BULK = {
    "assign": _l("Who answers for it"),
    "label": _l("Label"),
    "unlabel": _l("Label taken off"),
    "urgent": _l("Urgent"),
    "calm": _l("Not urgent"),
    "check": _l("Being checked"),
    "put_aside": _l("Not a complaint"),
}
FOUND_IN = {
    STORY: _l("In the story"),
    ANSWER: _l("In the answers"),
    CONTACT: _l("In the contact details"),
    MESSAGE: _l("In a message"),
    NOTE: _l("In a note"),
    STATUS: _l("In the words of a status"),
}
LINKS = {
    RELATED: _l("Related"),
    SAME_EVENT: _l("The same event"),
    DUPLICATE: _l("A duplicate"),
}
MERGES = {
    UNDER: (_l("Work on this case with the other one"), _l("the other one leads")),
    LEADS: (_l("Work on the other case with this one"), _l("this one leads")),
}
CHANNELS = {
    WEB: _l("This site"),
    DEMO: _l("Invented, for trying out"),
    EMAIL: _l("By e-mail"),
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
CLAIM_STATES = {
    "unchecked": _l("Not checked yet"),
    "confirmed": _l("Confirmed"),
    "partly": _l("Confirmed in part"),
    "not_confirmed": _l("Could not be confirmed"),
    "refuted": _l("Refuted"),
}
SOURCES = {
    "complainant": _l("The complainant"),
    "witness": _l("A witness"),
    "official": _l("An official"),
    "document": _l("A document"),
    "picture": _l("A photo or video"),
    "open_source": _l("An open source"),
    "lawyer": _l("A lawyer"),
    "other": _l("Something else"),
}
RELIABILITIES = {
    "highly": _l("Very reliable"),
    "fairly": _l("Rather reliable"),
    "little": _l("Less reliable"),
    "not": _l("Not reliable"),
    "unknown": _l("Cannot be judged yet"),
}
STANDINGS = {
    "missing": _l("Not signed off"),
    "stands": _l("Signed off"),
    "changed": _l("Changed since it was signed off"),
    "withdrawn": _l("Sign-off withdrawn"),
    "moved": _l("Signed off at another desk only"),
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
# The languages in which complainants may be answered, by their own names for themselves, which no catalogue translates.
REPLY_LANGUAGES = (
    ("kk", "Қазақша"),
    ("ky", "Кыргызча"),
    ("tg", "Тоҷикӣ"),
    ("tk", "Türkmençe"),
    ("uz", "Oʻzbekcha / Ўзбекча"),
    ("kaa", "Qaraqalpaqsha"),
    ("ru", "Русский"),
    ("en", "English"),
)
WITHOUT_VALUE = frozenset({"code", "none"})  # the ways that need no address
SHORTEST_CONTACT, LONGEST_CONTACT = 3, 120  # characters of an address, number or name
