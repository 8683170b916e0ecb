"""How the letters about a case are said to people."""

from flask_babel import lazy_gettext as _l

from intake.outbox.threads import MAIL_RECEIVED

_REMINDER = "nudge"
KINDS = {
    "new_case": _l("New case"),
    "further_words": _l("Something was added"),
    "consent_changed": _l("Contact or consent changed"),
    "new_message": _l("The complainant wrote"),
    "code_renewed": _l("The complainant took a new code"),
    "deletion_asked": _l("Deletion asked"),
    "assigned": _l("The case is yours now"),
    "handover": _l("A colleague offers the case"),
    "handover_refused": _l("The offer was refused"),
    "given_up": _l("Nobody answers for the case"),
    "urgency_changed": _l("Urgency changed"),
    "due": _l("The day has come"),
    _REMINDER: _l("There is something new"),
    MAIL_RECEIVED: _l("Your mail came, and safer ways to write"),
}

_TO = {_REMINDER: _l("The complainant's reminder"), MAIL_RECEIVED: _l("Who wrote the mail")}


def kind(name: str) -> str:
    """Return what a letter tells; its name, where nobody gave it words."""
    return str(KINDS.get(name, name))


def to(name: str) -> str:
    """Return whom a letter of a kind goes to that goes to no member."""
    return str(_TO.get(name, _l("The newsroom")))
