"""Sending a complaint: sealed outside the transaction, saved, routed and told of inside it."""

import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from intake.cases import detection, queries, reports, triage
from intake.cases.models import WEB, Case
from intake.complaint import canary_mark
from intake.desks.routing import Destination, destination_at, destination_for, destination_seen
from intake.evidence import receive
from intake.extensions import StaleError, db
from intake.i18n import now
from intake.outbox.sealed_letters import Reports
from intake.sealing import CodeKeys, digest, seal_document
from intake.web.uploads import SealedUpload

_REFERENCE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_PREFIX_OF_OTHERS = "XX"
ORAL = "oral"  # consent that was given aloud, or on paper, to the member who entered the case


class DeadCodeError(Exception):
    """The code of a form opens nothing any more: its case was given another code, or its deletion was asked."""


@dataclass(frozen=True)
class Complaint:
    """What a person sent, cleaned and checked. Further words have a story and perhaps urgency, nothing else.

    What a member entered for a person names the member in ``entered_by``, and has the consent ``ORAL``. A canary names
    its run in ``canary``.
    """

    language: str
    story: str = field(repr=False)
    urgent: bool
    country: str | None = None
    contact_mode: str | None = None
    contact_value: str | None = field(default=None, repr=False)
    consent: bool | str | None = None
    channel: str = WEB
    entered_by: int | None = None
    recording: SealedUpload | None = field(default=None, repr=False)
    canary: int | None = None


@dataclass(frozen=True)
class SealedComplaint:
    """A complaint ready to be saved: nothing in it can be read but what is plain."""

    plain: triage.Plain
    keys: CodeKeys
    to: Destination
    statement: triage.SealedStatement
    adds_to: int | None
    canary: int | None = None


@dataclass(frozen=True)
class Receipt:
    """What the answer page says."""

    reference: str
    number: int
    urgent: bool

    @property
    def added(self) -> bool:
        """Whether these were further words of a case that was there."""
        return self.number > 1


def sealing_of(complaint: Complaint, keys: CodeKeys) -> Callable[[], SealedComplaint]:
    """Return what seals a complaint: at first, and again as often as ``submit`` refuses it.

    Nearly every code is new and desks seldom change, so a first attempt asks nothing of the database: ``submit``
    refuses what was sealed for a code that has a case, or to a key that is no longer its desk's.
    """
    attempts = itertools.count()
    return lambda: seal(complaint, keys, supposed_new=next(attempts) == 0 and complaint.recording is None)


def seal(complaint: Complaint, keys: CodeKeys, *, supposed_new: bool = False) -> SealedComplaint:
    """Seal a complaint to the desk that answers for it and to its own return code.

    Args:
        complaint: what was sent.
        keys: what the return code opens.
        supposed_new: do not look whether the code has a case, nor whether the desk's key is still the same.

    Raises:
        DeadCodeError: the code opens nothing any more, or further words have no case.
    """
    case = None if supposed_new and complaint.country else queries.by_tag(keys.tag)
    if case is None and (complaint.country is None or (not supposed_new and queries.is_dead(keys.tag))):
        raise DeadCodeError
    to = destination_at(case.desk_id) if case else _destination(complaint, seen=supposed_new)
    reference = case.reference if case else draw_reference(complaint.country or "")
    canary = _awaited(complaint, case)
    words, recipients = _words(complaint), _recipients(to, keys, canary)
    told = {"reference": reference, "received_at": now().isoformat(), **words}
    known_by = digest(keys.digest_key, words)
    return SealedComplaint(
        plain=_plain(complaint, case),
        keys=keys,
        to=to,
        statement=triage.SealedStatement(
            reference,
            to.key_id,
            known_by,
            seal_document(queries.STATEMENT, told, recipients),
            complaint.entered_by,
            _kept(complaint.recording, reference, recipients) if _is_new(case, known_by) else None,
            {} if canary else _reports(complaint, reference, to, case),
        ),
        adds_to=case.id if case else None,
        canary=canary,
    )


def submit(sealed: SealedComplaint) -> Receipt:
    """Save a sealed complaint: a new case with its letters, or a further statement of the case that its code finds.

    The same words again change nothing and give the same receipt.

    Raises:
        StaleError: the desk, its key, the case or the reference changed since it was sealed; seal it again.
    """
    plain = sealed.plain
    to = destination_at(sealed.to.desk_id) if sealed.adds_to else destination_for(plain.country, plain.language)
    if to != sealed.to:
        raise StaleError
    if sealed.adds_to is None:
        return _opened(sealed)
    case = db.session.get(Case, sealed.adds_to)
    if case is None:
        raise StaleError
    number = triage.add_statement(case, plain, sealed.keys.tag, sealed.statement)
    if case.desk_id != to.desk_id:
        raise StaleError  # it was moved to another desk meanwhile
    return Receipt(case.reference, number, case.urgent)


def receipt_of(keys: CodeKeys) -> Receipt | None:
    """Return the receipt of the case that a code finds."""
    case = queries.by_tag(keys.tag)
    return Receipt(case.reference, 1, case.urgent) if case else None


def draw_reference(country: str) -> str:
    """Return a random reference such as ``KZ-7Q4M-K2``: 30^6 are possible, so they cannot be counted."""
    letters = "".join(secrets.choice(_REFERENCE_LETTERS) for _ in range(6))
    return f"{country if len(country) == len(_PREFIX_OF_OTHERS) else _PREFIX_OF_OTHERS}-{letters[:4]}-{letters[4:]}"


def _opened(sealed: SealedComplaint) -> Receipt:
    """Open the case.

    Raises:
        StaleError: the code has a case already; or it is a canary that nobody awaits any more.
    """
    keys, canary, reference = sealed.keys, sealed.canary, sealed.statement.reference
    recipient = keys.identity.recipient
    is_new = triage.open_case(
        sealed.to, sealed.plain, keys.tag, recipient, sealed.statement, is_canary=canary is not None
    )
    if not is_new or (canary is not None and not canary_mark.take(canary, reference)):
        raise StaleError
    return Receipt(reference, 1, sealed.plain.urgent)


def _plain(complaint: Complaint, case: Case | None) -> triage.Plain:
    return triage.Plain(
        country=case.country if case else complaint.country or "",
        language=complaint.language,
        channel=complaint.channel,
        urgent=complaint.urgent,
        reachable=None if complaint.contact_mode is None else complaint.contact_mode != "none",
        detected=detection.detected(complaint.story),
    )


def _words(complaint: Complaint) -> dict[str, Any]:
    """Return the visible fields that were answered: what is sealed, and what is recognised when it comes twice."""
    words = {name: value for name, value in vars(complaint).items() if value is not None}
    del words["channel"], words["language"]
    words.pop("canary", None)
    if complaint.recording is not None:
        words["recording"] = complaint.recording.sha256
    return words


def _destination(complaint: Complaint, *, seen: bool) -> Destination:
    find = destination_seen if seen else destination_for
    return find(complaint.country or "", complaint.language)


def _reports(complaint: Complaint, reference: str, to: Destination, case: Case | None) -> Reports:
    """Return what was told, sealed to who hears of it, where the newsroom wishes it."""
    told = reports.Told(
        reference,
        case.country if case else complaint.country or "",
        complaint.language,
        complaint.urgent,
        complaint.story,
        complaint.recording is not None,
    )
    return reports.sealed(told, to, case)


def _awaited(complaint: Complaint, case: Case | None) -> int | None:
    """Return the run of a canary, if that awaits its case; else it is a complaint like any other."""
    return complaint.canary if case is None and canary_mark.is_awaited(complaint.canary) else None


def _recipients(to: Destination, keys: CodeKeys, canary: int | None) -> list[str]:
    return [to.recipient, keys.identity.recipient, *([canary_mark.recipient()] if canary else [])]


def _is_new(case: Case | None, known_by: bytes) -> bool:
    return case is None or not queries.has_statement(case.id, known_by)


def _kept(recording: SealedUpload | None, reference: str, recipients: list[str]) -> receive.SealedFile | None:
    return receive.keep(recording, reference, recipients) if recording else None
