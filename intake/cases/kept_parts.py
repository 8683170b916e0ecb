"""Keeping what arrived of a file that may never come whole: whoever sent it may have been stopped."""

from dataclasses import dataclass

from flask_babel import gettext
from sqlalchemy import func, select

from intake.cases import envelope, outcome, queries
from intake.cases.envelope import Keys
from intake.cases.models import Case
from intake.evidence import parts, receive, underway
from intake.evidence import queries as evidence
from intake.evidence.models import File, Upload
from intake.evidence.receive import KeptBy, KeptFile, SealedFile
from intake.evidence.underway import UnderWay
from intake.extensions import StaleError, db
from intake.i18n import now
from intake.members import queries as members
from intake.members.sessions import Visitor


class GoneError(Exception):
    """A file that is not on its way: it arrived whole, was removed, or is another case's."""


@dataclass(frozen=True)
class Keeping:
    """A part ready to be saved; without a file as much was kept before.

    Attributes:
        by: who keeps it, and of which upload.
        newest: the case's newest file when that was looked at.
    """

    keys: Keys
    by: KeptBy
    file: SealedFile | None
    newest: int


def copied(visitor: Visitor, case: Case, name: str) -> KeptFile | None:
    """Keep the beginning of a file on its way once more, unless as much was kept before. No row says so yet.

    Args:
        visitor: who keeps it.
        case: a living case of a desk where they are seated.
        name: the upload's name.

    Raises:
        GoneError: there is no such upload.
        parts.NoBeginningError: its first chunk is missing.
        parts.BusyError, limits.RefusedError, sealing.SealError, OSError: as ``parts.copy`` does.
    """
    upload = _upload(visitor, case, name)
    count = parts.length(upload)
    if not count:
        raise parts.NoBeginningError
    if _is_known(visitor, case, name, parts.size(upload, count)):
        return None
    db.session.rollback()  # no connection is held while a large file is copied
    return parts.copy(upload, count, gettext("part of %(name)s", name=upload.file_name))


def seal(visitor: Visitor, case: Case, file: KeptFile) -> Keeping:
    """Describe a part that is kept, sealed to the keys that the case has now, for whom the upload was.

    Raises:
        GoneError: the upload was finished or removed meanwhile.
    """
    of, newest = file.part.of if file.part else "", _newest(case.id)
    upload = _upload(visitor, case, of)
    keys = envelope.keys_of(case, desk_only=upload.desk_only)
    known = _is_known(visitor, case, of, file.size)
    sealed = None if known else receive.describe(file, case.reference, keys.recipients)
    return Keeping(keys, KeptBy(visitor.member.id, of, upload.desk_only), sealed, newest)


def keep(keeping: Keeping) -> bool:
    """Save a part as a file of the case, and write down that a member kept it. The upload stays as it is.

    Returns:
        Whether it is new: not where as much was kept before.

    Raises:
        StaleError: a key changed meanwhile, or another file came; seal it again.
        GoneError: the upload was finished or removed meanwhile.
        werkzeug.exceptions.NotFound: the member was locked out meanwhile.
    """
    members.hold_working(keeping.by.member_id)
    case, moment = envelope.held_case(keeping.keys), now()
    if _newest(case.id) != keeping.newest:
        raise StaleError
    if keeping.file is None:
        return False
    going = select(Upload.id).where(Upload.case_id == case.id, Upload.name == keeping.by.of)
    if db.session.scalar(going.with_for_update(read=True)) is None:
        raise GoneError
    receive.save_part(keeping.file, case.id, keeping.keys.desk_key_id, moment, keeping.by)
    outcome.begin(case, moment)
    return True


def _upload(visitor: Visitor, case: Case, name: str) -> UnderWay:
    found = underway.find(name, case.id, case.reference, queries.desk_opens(visitor))
    if found is None:
        raise GoneError
    return found


def _is_known(visitor: Visitor, case: Case, of: str, size: int) -> bool:
    """Return whether a part of an upload was kept that has as many bytes, or more."""
    files = evidence.opened_files(case.id, case.reference, queries.desk_opens(visitor))
    return any(file.part and file.part.of == of and file.size >= size for file in files)


def _newest(case_id: int) -> int:
    return db.session.scalar(select(func.max(File.id)).where(File.case_id == case_id)) or 0
