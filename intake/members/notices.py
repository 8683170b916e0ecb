"""The letters that members' accounts cause."""

from flask import current_app, render_template

from intake.i18n import NEVER_SEEN_LANGUAGE, day, now, speaking
from intake.members import queries
from intake.members.letter_choices import addressee
from intake.members.models import Member
from intake.outbox import sealed_letters
from intake.outbox.enqueue import Addressee, enqueue
from intake.outbox.models import Certificate
from intake.outbox.sealed_letters import Report
from intake.sealing import SealedBytes


def secrets_changed(member: Member) -> int:
    """Tell a member that how they sign in was changed: whoever did not do it must speak up.

    Returns:
        How many letters are owed: one.
    """
    link = f"{current_app.config['DESK_URL']}/desk/account"
    return enqueue("secrets_changed", [addressee(member)], now(), fills={"link": link}, urgent=True)


def certificate_changed(certificate: Certificate, member: Member | None, *, removed: bool) -> int:
    """Tell that what letters are sealed to was changed: the member, or of the newsroom's the editors and itself.

    Args:
        certificate: the new one, or the one that was removed.
        member: whose it is; None for the newsroom's.
        removed: whether it was removed.

    Returns:
        How many letters are owed.
    """
    fills = {"fingerprint": certificate.fingerprint, "link": _link(member)}
    told = _owners(member)
    facts = {"newsroom": member is None, "removed": removed}
    return enqueue("certificate_changed", told, now(), fills=fills, urgent=True, **facts)


def certificate_ends(certificate: Certificate, member: Member | None) -> int:
    """Tell that what letters are sealed to ends soon: the member, or of the newsroom's the editors and itself.

    Returns:
        How many letters are owed.
    """
    owners = _owners(member)
    for owner in owners:
        with speaking(owner.language):
            fills = {"day": day(certificate.ends_at or now()), "link": _link(member)}
        enqueue("certificate_ends", [owner], now(), fills=fills, newsroom=member is None)
    return len(owners)


def sealed_test(certificate: Certificate, member: Member | None) -> Report:
    """Return the words of a test, sealed as reports are.

    Raises:
        sealing.SealError: nothing can be sealed to the certificate.
    """
    with speaking(member.language if member else NEVER_SEEN_LANGUAGE):
        subject = render_template("email/certificate_test/subject.txt").strip()
        facts = {"sealed": True, "fingerprint": certificate.fingerprint}
        text = render_template("email/certificate_test/body.txt", **facts).strip()
    return sealed_letters.seal(certificate, subject, text + "\n")


def certificate_test(certificate: Certificate, member: Member | None, sealed: SealedBytes) -> int:
    """Send a sealed test to the member, or to the newsroom.

    Returns:
        How many letters are owed: one.
    """
    to = (_newsroom() if member is None else addressee(member))._replace(sealed_report=sealed)
    fills = {"fingerprint": certificate.fingerprint}
    return enqueue("certificate_test", [to], now(), fills=fills, urgent=True, sealed=False)


def _owners(member: Member | None) -> list[Addressee]:
    return [_newsroom(), *map(addressee, queries.editors())] if member is None else [addressee(member)]


def _link(member: Member | None) -> str:
    page = "letters/newsroom-certificate" if member is None else "account/certificate"
    return f"{current_app.config['DESK_URL']}/desk/{page}"


def _newsroom() -> Addressee:
    return Addressee(current_app.config["NEWSROOM_ADDRESS"], NEVER_SEEN_LANGUAGE)
