"""What became of a test letter, in words: what was reached, or what to check."""

from flask_babel import gettext

from intake.outbox.rehearsal import State, Trial

_NOW_REFUSED = range(400, 500)  # for now (RFC 5321, 4.2.1)
_SIGN_IN = frozenset({454, 530, 534, 535, 538})  # what a server says who does not let us sign in (RFC 4954, 6)


def said(trial: Trial) -> str:
    """Return what became of a test letter, in a sentence or two."""
    if trial.state is State.WAITING:
        return gettext("The letter is on its way to the mail server. This page looks again by itself.")
    if trial.state is State.LATE:
        return gettext(
            "For two minutes nobody has tried to send it: the process that sends letters is not running. "
            "Tell the operator to start it."
        )
    if trial.state is State.TAKEN:
        return _taken(trial)
    return _refused(trial) if trial.state is State.REFUSED else _unreached(trial)


def _taken(trial: Trial) -> str:
    if trial.smtp_code is None:
        return gettext(
            "The letter was written into a folder: this instance has no mail server, and no letter leaves it."
        )
    return gettext(
        "The mail server took the letter. If it is not in the mailbox in a few minutes, look among the spam; if it is "
        "not there either, the provider of the mailbox holds it back."
    )


def _refused(trial: Trial) -> str:
    if trial.smtp_code in _SIGN_IN:
        return gettext(
            "The mail server does not let us sign in. The operator checks user and password in INTAKE_MAIL_URL."
        )
    if trial.smtp_code in _NOW_REFUSED:
        return gettext(
            "The mail server does not take the letter for now. It may be busy, or know us too little: try again in a "
            "quarter of an hour."
        )
    return gettext(
        "The mail server refused the letter. Its words below say why: often the address has a slip in it, or the "
        "server may not send for the newsroom's address."
    )


def _unreached(trial: Trial) -> str:
    if "CERTIFICATE" in trial.answer.upper():
        return gettext(
            "The mail server was reached, but its certificate is not trusted, so nothing was sent. The operator checks "
            "the server's name in INTAKE_MAIL_URL, and whether its certificate has run out."
        )
    return gettext(
        "No mail server answered. The operator checks whether it runs, and host and port in INTAKE_MAIL_URL."
    )
