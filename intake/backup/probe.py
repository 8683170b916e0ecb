"""The invented case of a backup: who comes back from it opens this case with its code, which lies in the backup alone.

It is marked as nobody's complaint, like the canaries: no member sees it, nothing counts it, no letter tells of it. Each
backup has one of its own; that of the one before is removed.
"""

import secrets
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select, update

from intake.backup.models import BackupRun
from intake.cases import queries, return_code
from intake.cases.models import CANARY, WEB, Case, ComplainantKey, Statement
from intake.complaint import canary_removal
from intake.complaint.submit import draw_reference
from intake.desks import setup
from intake.desks.routing import Destination, destination_for
from intake.extensions import StaleError, core, db, table
from intake.i18n import NEVER_SEEN_LANGUAGE, to_ten_minutes
from intake.reference.countries import OTHER
from intake.sealing import CodeKeys, SealedBytes, SealError, code_keys, seal_document


class Secret(NamedTuple):
    """What opens a probe, and what it must say: kept in the backup, sealed to the operator, and nowhere else."""

    code: str
    story: str


class Probe(NamedTuple):
    """A probe ready to be saved."""

    secret: Secret
    keys: CodeKeys
    to: Destination
    reference: str
    sealed: SealedBytes


def sealed(name: str, moment: datetime) -> Probe:
    """Seal a probe to the editors' desk and to a fresh code.

    Args:
        name: of the backup.
        moment: now.
    """
    code = return_code.mint()
    keys, to = code_keys(code, setup.code_salt()), destination_for(OTHER, NEVER_SEEN_LANGUAGE)
    secret = Secret(code, f"Invented, to try out backup {name}. Nothing happened ({secrets.token_hex(8)}).")
    reference = draw_reference(OTHER)
    told = {"reference": reference, "received_at": moment.isoformat(), "story": secret.story, "country": OTHER}
    document = seal_document(queries.STATEMENT, told, [to.recipient, keys.identity.recipient])
    return Probe(secret, keys, to, reference, document)


def save(probe: Probe, name: str, moment: datetime) -> Secret:
    """Save a probe as the case of a run that was begun, and remove those of earlier runs.

    Raises:
        StaleError: the desk's key or the reference was taken meanwhile; seal it again.
    """
    desk_id, key_id = probe.to.desk_id, probe.to.key_id
    if destination_for(OTHER, NEVER_SEEN_LANGUAGE).key_id != key_id:
        raise StaleError
    if db.session.scalar(select(Case.id).where(Case.reference == probe.reference)) is not None:
        raise StaleError
    _remove_earlier(moment)
    at = to_ten_minutes(moment)
    key = {"tag": probe.keys.tag, "recipient": probe.keys.identity.recipient}
    holder = core().scalar(insert(table(ComplainantKey)).returning(table(ComplainantKey).c.id), key)
    plain = {"country": OTHER, "language": NEVER_SEEN_LANGUAGE, "channel": WEB, "urgent": False, "reachable": False}
    plain |= {"status": CANARY, "not_for_publication": True}
    case = {"reference": probe.reference, "desk_id": desk_id, "complainant_key_id": holder, "received_at": at}
    case_id = core().scalar(insert(table(Case)).returning(table(Case).c.id), {**case, **plain})
    words = {"case_id": case_id, "number": 1, "desk_key_id": key_id, "digest": secrets.token_bytes(32)}
    core().execute(insert(table(Statement)), {**words, "sealed": probe.sealed, "received_at": at, "read_at": at})
    db.session.execute(update(BackupRun).where(BackupRun.name == name).values(case_id=case_id))
    return probe.secret


def opens(secret: Secret) -> bool:
    """Return whether a code finds its probe, opens it, and the probe says what it said when it was made."""
    keys = code_keys(secret.code, setup.code_salt())
    case = queries.by_tag(keys.tag)
    if case is None:
        return False
    try:
        told = queries.read_statements(case, lambda _: keys.identity)
    except SealError:
        return False
    return [one.words.get("story") for one in told] == [secret.story]


def _remove_earlier(moment: datetime) -> None:
    earlier = list(db.session.scalars(select(BackupRun.case_id).where(BackupRun.case_id.is_not(None))))
    db.session.execute(update(BackupRun).where(BackupRun.case_id.is_not(None)).values(case_id=None))
    for case_id in earlier:
        if case_id is not None:
            canary_removal.remove(case_id, moment)
