"""What a member's letters, or the newsroom's, are sealed to: added, tested, removed. Whoever it concerns is told."""

from datetime import datetime
from typing import NamedTuple

from werkzeug.exceptions import NotFound

from intake import audit
from intake.i18n import now
from intake.members import notices, queries
from intake.members.models import EDITOR, Member
from intake.members.sessions import Visitor
from intake.outbox import certificates, sealed_letters
from intake.outbox.certificates import NEWSROOM
from intake.outbox.models import Certificate
from intake.outbox.sealed_letters import Report
from intake.readers import Reader


class Trial(NamedTuple):
    """A letter by which somebody tries whether they can open what is sealed to a certificate."""

    certificate: Certificate
    report: Report


def seals_newsroom(member: Member) -> bool:
    """Return whether a member says what the newsroom's letters are sealed to.

    An editor who is an admin: an admin alone may not come to read what is told, an editor alone does not let people in.
    """
    return member.is_admin and member.role == EDITOR


def add(visitor: Visitor, reader: Reader, *, newsroom: bool) -> None:
    """Seal letters to a certificate from now on, in place of the one before.

    Args:
        visitor: who adds it.
        reader: the certificate.
        newsroom: whether it is for letters to the newsroom, not to the visitor.

    Raises:
        werkzeug.exceptions.NotFound: the visitor was locked out meanwhile, or may not do it any more.
    """
    member, owner = _held(visitor, newsroom=newsroom)
    certificate = certificates.put(reader, owner, now())
    audit.record(
        "newsroom.certificate_added" if newsroom else "member.certificate_added",
        member_id=member.id,
        kind=certificate.kind,
    )
    notices.certificate_changed(certificate, None if newsroom else member, removed=False)


def remove(visitor: Visitor, *, newsroom: bool) -> None:
    """Seal letters to nothing any more; where they are sealed to nothing, nothing happens.

    Raises:
        werkzeug.exceptions.NotFound: the visitor was locked out meanwhile, or may not do it any more.
    """
    member, owner = _held(visitor, newsroom=newsroom)
    certificate = certificates.current(owner)
    if certificate is None or not certificates.forget(owner, now()):
        return
    audit.record(
        "newsroom.certificate_removed" if newsroom else "member.certificate_removed",
        member_id=member.id,
        kind=certificate.kind,
    )
    notices.certificate_changed(certificate, None if newsroom else member, removed=True)


def seal_test(visitor: Visitor, *, newsroom: bool) -> Trial | None:
    """Seal a few words as reports are; nothing where there is no certificate that can be used.

    Raises:
        sealing.SealError: nothing can be sealed to it.
    """
    owner = NEWSROOM if newsroom else visitor.member.id
    certificate = certificates.usable([visitor.member.id], now()).get(owner)
    if certificate is None:
        return None
    return Trial(certificate, notices.sealed_test(certificate, None if newsroom else visitor.member))


def send_test(visitor: Visitor, trial: Trial, *, newsroom: bool) -> bool:
    """Owe the letter of a test.

    Returns:
        Whether it is owed: not if the certificate was replaced meanwhile.

    Raises:
        werkzeug.exceptions.NotFound: the visitor was locked out meanwhile, or may not do it any more.
    """
    member, owner = _held(visitor, newsroom=newsroom)
    sealed = sealed_letters.standing({owner: trial.report}).get(owner)
    if sealed is not None:
        notices.certificate_test(trial.certificate, None if newsroom else member, sealed)
    return sealed is not None


def warn(moment: datetime) -> int:
    """Tell the owners of certificates that end soon, once each.

    Returns:
        How many were told of.
    """
    ending = certificates.ending(moment)
    for certificate in ending:
        certificates.warn(certificate, moment)
        owner = queries.by_id(certificate.member_id) if certificate.member_id is not None else None
        if certificate.member_id is None or owner is not None:
            notices.certificate_ends(certificate, owner)
    return len(ending)


def _held(visitor: Visitor, *, newsroom: bool) -> tuple[Member, int | None]:
    """Return the member who acts, held so that nobody locks them out meanwhile, and whose letters are meant."""
    member = queries.by_id(visitor.member.id, held=True)
    if member is None or (newsroom and not seals_newsroom(member)):
        raise NotFound
    return member, NEWSROOM if newsroom else member.id
