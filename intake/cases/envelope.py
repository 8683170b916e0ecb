"""What is about to be saved of a case: sealed outside the transaction, checked against the case inside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from intake.cases.models import DELETED, Case, ComplainantKey
from intake.desks.routing import destination_at
from intake.extensions import StaleError, db
from intake.i18n import now
from intake.sealing import SealedBytes, seal_document


@dataclass(frozen=True)
class Envelope:
    """A sealed document of a case, and the keys that it was sealed to."""

    case_id: int
    desk_key_id: int
    complainant_key_id: int | None
    sealed: SealedBytes


def seal(case: Case, kind: str, words: Mapping[str, Any], *, desk_only: bool = False) -> Envelope:
    """Seal a document to the case's desk and, unless it is the desk's alone, to the holder of the return code.

    Args:
        case: the case, whose reference and this moment are written into the document.
        kind: what document it is, such as ``message/1``.
        words: what it says.
        desk_only: leave the complainant out.
    """
    to = destination_at(case.desk_id)
    recipients = [to.recipient]
    key = db.session.get(ComplainantKey, case.complainant_key_id) if case.complainant_key_id else None
    if key is not None and not desk_only:
        recipients.append(key.recipient)
    document = {"reference": case.reference, "at": now().isoformat(), **words}
    return Envelope(case.id, to.key_id, case.complainant_key_id, seal_document(kind, document, recipients))


def held_case(envelope: Envelope) -> Case:
    """Return the envelope's case, its row held until the transaction ends.

    Raises:
        StaleError: the desk's or the complainant's key changed since it was sealed, or the case was deleted.
    """
    case = db.session.scalar(select(Case).where(Case.id == envelope.case_id).with_for_update())
    if case is None or case.status == DELETED or case.complainant_key_id != envelope.complainant_key_id:
        raise StaleError
    if destination_at(case.desk_id).key_id != envelope.desk_key_id:
        raise StaleError
    return case
