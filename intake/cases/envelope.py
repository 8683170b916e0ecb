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


@dataclass(frozen=True)
class Keys:
    """The keys to which something of a case is sealed: the desk's, and that of the holder of the return code."""

    case_id: int
    desk_key_id: int
    complainant_key_id: int | None
    recipients: tuple[str, ...]


def keys_of(case: Case, *, desk_only: bool = False) -> Keys:
    """Return the keys of a case, to seal to.

    Args:
        case: the case.
        desk_only: leave the complainant out.
    """
    to, key_id = destination_at(case.desk_id), case.complainant_key_id
    key = db.session.get(ComplainantKey, key_id) if key_id and not desk_only else None
    return Keys(case.id, to.key_id, key_id, (to.recipient, *([key.recipient] if key else [])))


def seal(case: Case, kind: str, words: Mapping[str, Any], *, desk_only: bool = False) -> Envelope:
    """Seal a document to the case's desk and, unless it is the desk's alone, to the holder of the return code.

    Args:
        case: the case, whose reference and this moment are written into the document.
        kind: what document it is, such as ``message/1``.
        words: what it says.
        desk_only: leave the complainant out.
    """
    keys = keys_of(case, desk_only=desk_only)
    document = {"reference": case.reference, "at": now().isoformat(), **words}
    return Envelope(case.id, keys.desk_key_id, keys.complainant_key_id, seal_document(kind, document, keys.recipients))


def held_case(envelope: Envelope | Keys) -> Case:
    """Return the case of an envelope, or of keys, its row held until the transaction ends.

    Raises:
        StaleError: the desk's or the complainant's key changed since it was sealed, or the case was deleted.
    """
    case = db.session.scalar(select(Case).where(Case.id == envelope.case_id).with_for_update())
    if case is None or case.status == DELETED or case.complainant_key_id != envelope.complainant_key_id:
        raise StaleError
    if destination_at(case.desk_id).key_id != envelope.desk_key_id:
        raise StaleError
    return case
