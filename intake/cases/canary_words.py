"""How what came of a canary is said to people."""

from flask_babel import lazy_gettext as _l

# What was found wrong, by the code that is kept.
UNREACHABLE, REFUSED, NO_RECEIPT, NOT_MARKED = "unreachable", "refused", "no_receipt", "not_marked"
ADDRESSEES, NOT_ACCEPTED, NOT_ARRIVED, NOT_OPENED = "addressees", "not_accepted", "not_arrived", "not_opened"
BROKEN_OFF = "broken_off"
GOOD = ""
RESULTS = {
    GOOD: _l("All was right"),
    UNREACHABLE: _l("The web server did not answer"),
    REFUSED: _l("The complaint page did not take the complaint"),
    NO_RECEIPT: _l("The answer did not show code and case number"),
    NOT_MARKED: _l("The complaint was taken for a real one: look for it in the queue"),
    ADDRESSEES: _l("The letters were owed to others than they should be"),
    NOT_ACCEPTED: _l("The mail server did not take the letters in time"),
    NOT_ARRIVED: _l("The letters did not arrive in time"),
    NOT_OPENED: _l("The case did not open, or its words were others"),
    BROKEN_OFF: _l("No answer came, or whoever waited for it was stopped"),
}
KEPT = {what or "good": said for what, said in RESULTS.items()}  # as the audit has them
# What is waited for while a run is on its way, by the step that it reached.
STEPS = {
    "begun": _l("About to be sent"),
    "sending": _l("Being sent"),
    "sent": _l("Being sent"),
    "answered": _l("Waiting for the mail server to take the letters"),
    "delivered": _l("Waiting for the letters to arrive"),
    "arrived": _l("Waiting for the case to be opened"),
    "opened": _l("All was right"),
}


def result(what: str) -> str:
    """Return what came of a run; its code, where nobody gave it words."""
    return str(RESULTS.get(what, what))
