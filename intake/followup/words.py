"""What a case's status means for its complainant, in plain words, and what happens next."""

from typing import NamedTuple

from flask_babel import lazy_gettext as _l

from intake.cases.models import (
    ACKNOWLEDGED,
    CHECKING,
    CLOSED,
    NEEDS_ANSWER,
    NOT_A_COMPLAINT,
    PASSED_ON,
    PUBLISHED,
    RECEIVED,
)


class Meaning(NamedTuple):
    """A status in plain words: its name, what happens next, and what a member's words beside it are."""

    name: str
    next: str
    words: str = ""


MEANINGS = {
    RECEIVED: Meaning(
        _l("Received"),
        _l("A journalist will read it. Urgent messages are read first. Please come back in a day or two."),
    ),
    ACKNOWLEDGED: Meaning(
        _l("Read by a journalist"),
        _l("A journalist has taken up your message. They check what can be checked, and may ask you something here."),
    ),
    CHECKING: Meaning(
        _l("Being checked"),
        _l("Checking takes time: days, sometimes weeks. Please come back now and then: there may be a question."),
        _l("Why we work on it again"),
    ),
    NEEDS_ANSWER: Meaning(
        _l("Needs your answer"),
        _l("A journalist asked you something and waits for your answer. You find it under “Messages”."),
    ),
    PUBLISHED: Meaning(
        _l("Published"),
        _l("Your story is public. You can still write to us and change what may be done from now on."),
        _l("Where"),
    ),
    PASSED_ON: Meaning(
        _l("Passed on"),
        _l("Others work on it now, as you allowed. You can still write to us here."),
        _l("To whom"),
    ),
    CLOSED: Meaning(
        _l("Closed"),
        _l("We work on it no more. If something new happens, write to us here: it is read."),
        _l("Why"),
    ),
    NOT_A_COMPLAINT: Meaning(
        _l("Closed"),
        _l("We could not take this up. If we misunderstood you, or something happened, write to us here: it is read."),
        _l("Why"),
    ),
}
