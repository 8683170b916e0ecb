"""Sending files for a case: a complainant's go to desk and complainant, a member's to the desk alone."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import update

from intake.cases import conversation, envelope, notices, outcome, queries
from intake.cases.envelope import Keys
from intake.cases.models import Case
from intake.cases.visits import Visit
from intake.evidence import completion, limits, receive, uploads
from intake.evidence import queries as evidence
from intake.evidence.models import File
from intake.evidence.queries import OpenedFile
from intake.evidence.receive import KeptFile, SealedFile
from intake.evidence.uploads import Arriving, Beginning, Sender, Wish
from intake.extensions import StaleError, db
from intake.i18n import now, to_ten_minutes
from intake.members import queries as members
from intake.members.sessions import Visitor
from intake.web.file_names import safe_name


class KnownError(Exception):
    """A file that arrived whole before: nobody needs to send it once more."""


@dataclass(frozen=True)
class Begun:
    """An upload ready to be saved, and the keys that it was sealed to."""

    sender: Sender
    keys: Keys
    beginning: Beginning


@dataclass(frozen=True)
class Whole:
    """A file that arrived whole, ready to be saved; without one it was saved already.

    ``newest`` is that of the case, from before it was looked whether the very same came before.
    """

    sender: Sender
    keys: Keys
    name: str
    file: SealedFile | None
    newest: tuple[int, int] | None = None


def sender(who: Visit | Visitor, case: Case) -> Sender:
    """Return who sends files for a case: its complainant, or a member who may open it."""
    if isinstance(who, Visit):
        return Sender(case.id, case.reference, who.opens, limits.of_complainant())
    return Sender(case.id, case.reference, queries.desk_opens(who), limits.of_member(), who.member.id)


def seal_wish(who: Visit | Visitor, case: Case, wish: Wish) -> Begun:
    """Seal what a new upload needs, or find the one of this very file that was begun before.

    Raises:
        KnownError: this very file arrived whole.
        limits.RefusedError: the file is not taken.
    """
    by, newest = sender(who, case), uploads.newest_of(case.id)
    if has(by, wish.neat()):
        raise KnownError
    keys = envelope.keys_of(case, desk_only=by.desk_only)
    return Begun(by, keys, uploads.prepare(by, wish, keys.desk_key_id, keys.recipients, newest))


def begin(begun: Begun) -> Arriving:
    """Save an upload, or go on with the one that is there.

    Raises:
        StaleError: a key changed meanwhile, or another upload was begun; seal it again.
        limits.RefusedError: what came meanwhile leaves no room for it.
        werkzeug.exceptions.NotFound: the member was locked out meanwhile.
    """
    members.hold_working(begun.sender.member_id)
    envelope.held_case(begun.keys)
    moment = now() if begun.sender.member_id else to_ten_minutes(now())
    return uploads.begin(begun.sender, begun.beginning, moment)


def seal_whole(who: Visit | Visitor, case: Case, name: str) -> Whole:
    """Read, hash and describe a file of which every chunk is there, sealed to the keys that the case has now.

    Raises:
        completion.UnfinishedError: chunks are missing.
        werkzeug.exceptions.NotFound: whoever asks has no such upload.
        sealing.SealError: a chunk was altered.
        OSError: a chunk cannot be read.
    """
    by = sender(who, case)
    keys = envelope.keys_of(case, desk_only=by.desk_only)
    if completion.is_finished(by, name):
        return Whole(by, keys, name, None)
    return Whole(by, keys, name, completion.sealed_file(by, name, keys.recipients))


def finish(whole: Whole) -> bool:
    """Save a file that arrived whole; the desk is told of what a complainant sends. Finished twice, it is one file.

    Returns:
        Whether it is new.

    Raises:
        StaleError: a key changed meanwhile; seal it again.
        werkzeug.exceptions.NotFound: it was given up meanwhile, or the member locked out.
    """
    case = _held(whole)
    if whole.file is None or not completion.close(whole.sender, whole.name):
        return False
    _save(whole, whole.file, case)
    return True


def seal_posted(who: Visit | Visitor, case: Case, file: KeptFile) -> Whole:
    """Describe a file that a form brought whole, unless its sender sent the very same before."""
    by, newest = sender(who, case), uploads.newest_of(case.id)
    keys = envelope.keys_of(case, desk_only=by.desk_only)
    if any((one.sha256, one.file_name) == (file.sha256, safe_name(file.file_name)) for one in files_of(by)):
        return Whole(by, keys, file.name, None)
    return Whole(by, keys, file.name, receive.describe(file, case.reference, keys.recipients), newest)


def take(whole: Whole) -> bool:
    """Save a file that a form brought; the desk is told of what a complainant sends.

    Returns:
        Whether it is new.

    Raises:
        StaleError: a key changed meanwhile, or another file came, perhaps this one; seal it again.
        limits.RefusedError: what came meanwhile leaves no room for it.
        werkzeug.exceptions.NotFound: the member was locked out meanwhile.
    """
    case = _held(whole)
    if whole.file is None:
        return False
    if uploads.newest_of(case.id) != whole.newest:
        raise StaleError
    uploads.check(whole.sender, whole.file.size)
    receive.note_chunks(whole.file)
    _save(whole, whole.file, case)
    return True


def has(by: Sender, wish: Wish) -> bool:
    """Return whether this very file arrived whole before, so that nobody needs to send it once more."""
    return bool(wish.mark) and wish in [Wish(one.file_name, one.size, one.mark) for one in files_of(by)]


def files_of(by: Sender) -> list[OpenedFile]:
    """Open the descriptions of the files that came from a sender, first to last: nothing spoken, no kept part.

    What one member added, all of the desk did.
    """
    own = [row for row in evidence.sealed_files(by.case_id) if (row.member_id is None) == (by.member_id is None)]
    opened = [evidence.described(row, by.reference, by.opens) for row in own]
    return [file for file in opened if file.is_attachment and not file.part]


def drop(who: Visit | Visitor, case: Case, name: str) -> bool:
    """Give an unfinished upload up.

    Returns:
        Whether it was there; then ``uploads.clear`` what came of it.
    """
    return uploads.drop(sender(who, case), name)


def mark_seen(case: Case, names: Collection[str]) -> None:
    """Note that the desk saw which files came: those that were shown, not one that came meanwhile.

    Args:
        case: the case.
        names: the names of the files that were shown.
    """
    if names:
        shown = update(File).where(File.case_id == case.id, File.name.in_(names), File.read_at.is_(None))
        db.session.execute(shown.values(read_at=now()))


def _held(whole: Whole) -> Case:
    members.hold_working(whole.sender.member_id)
    return envelope.held_case(whole.keys)


def _save(whole: Whole, file: SealedFile, case: Case) -> None:
    member_id = whole.sender.member_id
    moment = now() if member_id else to_ten_minutes(now())
    receive.save_sent(file, case.id, whole.keys.desk_key_id, moment, member_id)
    if member_id is None:
        conversation.leave_question(case)
        notices.files_arrived(case, moment)
    outcome.begin(case, moment)
