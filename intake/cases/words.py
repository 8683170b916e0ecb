"""How what is kept as a code is said to people, and the ways in which a complainant can be reached."""

from flask_babel import lazy_gettext as _l

ACTS = {
    "case.received": _l("Received"),
    "case.added_to": _l("The complainant added something"),
    "case.opened": _l("Opened"),
    "case.acknowledged": _l("Acknowledged"),
    "case.message": _l("Message"),
    "case.status": _l("Status given"),
    "case.consent_changed": _l("The complainant changed what may be done"),
    "case.deletion_asked": _l("The complainant asked for deletion"),
    "case.kept": _l("Kept, although deletion was asked"),
    "case.destroyed": _l("Destroyed, as the complainant asked"),
    "case.feedback": _l("Feedback"),
    "case.code_renewed": _l("A new code was given"),
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
