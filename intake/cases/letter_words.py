"""How the letters about a case are said to people."""

from flask_babel import lazy_gettext as _l

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
}


def kind(name: str) -> str:
    """Return what a letter tells; its name, where nobody gave it words."""
    return str(KINDS.get(name, name))


def to(name: str) -> str:
    """Return whom a letter of a kind goes to that goes to no member."""
    return str(_l("The complainant's reminder") if name == _REMINDER else _l("The newsroom"))
