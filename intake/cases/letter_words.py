"""How letters are said to people: what they tell, whom they go to, how far they came."""

from flask_babel import lazy_gettext as _l

from intake.outbox.threads import MAIL_RECEIVED

REMINDER, INVITATION = "nudge", "invitation"
_NOT_MEMBERS = {
    REMINDER: _l("The complainant's reminder"),
    INVITATION: _l("Who was invited"),
    MAIL_RECEIVED: _l("Who wrote the mail"),
}
KINDS = {
    "new_case": _l("New case"),
    "further_words": _l("Something was added"),
    "consent_changed": _l("Contact or consent changed"),
    "new_message": _l("The complainant wrote"),
    "files_arrived": _l("The complainant sent files"),
    "code_renewed": _l("The complainant took a new code"),
    "deletion_asked": _l("Deletion asked"),
    "assigned": _l("The case is yours now"),
    "handover": _l("A colleague offers the case"),
    "handover_refused": _l("The offer was refused"),
    "given_up": _l("Nobody answers for the case"),
    "urgency_changed": _l("Urgency changed"),
    "answer_by_mail": _l("An answer by e-mail"),
    "due": _l("The day has come"),
    "overdue": _l("Nobody has acknowledged it"),
    REMINDER: _l("There is something new"),
    MAIL_RECEIVED: _l("Your mail came, and safer ways to write"),
}

OWED, FAILING, WITHDRAWN, ACCEPTED, BOUNCED, OPENED, CLAIMED = STAGES = (
    *("owed", "failing", "withdrawn", "accepted", "bounced", "opened", "claimed"),
)
STAGE_NAMES = {
    OWED: _l("Not sent yet"),
    FAILING: _l("Not accepted so far"),
    WITHDRAWN: _l("Withdrawn"),
    ACCEPTED: _l("Accepted"),
    BOUNCED: _l("Came back"),
    OPENED: _l("Opened"),
    CLAIMED: _l("Acknowledged"),
}
# What a letter tells that is about no case, or about several.
OF_THE_HOUSE = {
    "certificate_changed": _l("A key for sealed letters was changed"),
    "certificate_ends": _l("A key for sealed letters ends"),
    "certificate_test": _l("A sealed test letter"),
    "digest": _l("Letters that came together"),
    "ending": _l("Cases end"),
    INVITATION: _l("An invitation"),
    "member_locked": _l("An account was locked or removed"),
    "seat_promised": _l("A seat was promised"),
    "seated": _l("Somebody was seated"),
    "report": _l("What a sealed letter carries"),
    "secrets_changed": _l("How a member signs in was changed"),
    "stand_in": _l("Standing in for a colleague"),
    "summary": _l("The daily summary"),
    "test": _l("A test letter"),
}


def kind(name: str) -> str:
    """Return what a letter tells; its name, where nobody gave it words."""
    return str(KINDS.get(name) or OF_THE_HOUSE.get(name, name))


def to(name: str) -> str:
    """Return whom a letter of a kind goes to that goes to no member."""
    return str(_NOT_MEMBERS.get(name, _l("The newsroom")))
