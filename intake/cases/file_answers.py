"""What is answered to whoever sends files: to the script that sends chunks, and to a form that brings them whole.

Complainants and members come by doors of their own, where it is seen to who they are; behind them it is the same.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec

from flask import after_this_request, g, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.exc import DataError, SQLAlchemyError
from werkzeug.exceptions import ClientDisconnected, NotFound, ServiceUnavailable
from werkzeug.wrappers import Response

from intake.cases import sent_files
from intake.cases.models import Case
from intake.cases.sent_files import KnownError
from intake.cases.visits import Visit
from intake.evidence import chunks, completion, limits, uploads
from intake.evidence.chunks import Hash, MisfitError
from intake.evidence.completion import UnfinishedError
from intake.evidence.limits import Limits, RefusedError
from intake.evidence.posted import PostedFile, Room
from intake.evidence.uploads import Arriving, Sender, Wish
from intake.extensions import StaleError, db, settle, transaction
from intake.members.sessions import Visitor
from intake.sealing import SealError
from intake.web.file_names import safe_name
from intake.web.uploads import take_line

P = ParamSpec("P")
CaseNow = Callable[[], Case]  # the case as it is now, for who may open it
LARGEST_NUMBER = 10**18  # bytes: what a device may say of a file


@dataclass(frozen=True)
class Outcome:
    """What became of a file that a form brought."""

    file_name: str
    size: int
    refusal: str = ""
    known: bool = False


@dataclass(frozen=True)
class Begun:
    """An unfinished file, as its sender's page shows it."""

    name: str
    file_name: str
    size: int
    arrived: int


def answers_script(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let a view answer a script: what goes wrong is said in a way that it understands, and can show."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        try:
            return view(*args, **kwargs)
        except (NotFound, MisfitError, UnfinishedError, DataError):  # the last: a name that no column can hold
            db.session.rollback()
            return {"again": True}, 404  # it asks which chunks are there, and goes on
        except SealError:
            db.session.rollback()
            return {"said": gettext("What came of this file was damaged here. Remove it and send it once more.")}, 422
        except (SQLAlchemyError, StaleError, OSError, ServiceUnavailable):
            db.session.rollback()
            return {"said": gettext("Our server is busy. It goes on by itself.")}, 503

    return answered


def begin(who: Visit | Visitor, case_now: CaseNow) -> ResponseReturnValue:
    """Begin a file, or go on with it: the script learns its name, how long its chunks are, and which are there."""
    wish = Wish(request.form.get("name", ""), _number(request.form.get("size")), request.form.get("mark", ""))
    try:
        arriving = settle(lambda: sent_files.seal_wish(who, case_now(), wish), sent_files.begin)
    except KnownError:
        return {"done": True}
    except RefusedError as error:
        return _refused(who, error)
    if lost := uploads.lost(arriving.name):
        with transaction():
            uploads.forget_lost(arriving.name, lost)
    return {"name": arriving.name, "chunk": arriving.chunk, "kept": uploads.kept(arriving.name)}


def take(who: Visit | Visitor, case_now: CaseNow, name: str, first: int) -> ResponseReturnValue:
    """Take the chunks that a body brings; those that came whole stay, wherever it was cut."""
    by, length = sent_files.sender(who, case_now()), request.content_length or 0
    with _another_may_finish(by, name) as finished:
        arriving = uploads.find(by, name)
        chunks.check(arriving, first, length)
        try:
            limits.check_disk(length)
        except RefusedError as error:
            return _refused(who, error)
        db.session.rollback()  # no connection is held while the line takes its time
        kept: list[Hash] = []
        with _on_a_line(), _noting(arriving, kept):
            for one in chunks.keep(arriving, first, request.stream):
                kept.append(one)  # noqa: PERF402 what was kept counts, whatever becomes of the next
        if uploads.kept(name) != [(0, arriving.chunks)]:
            return {"kept": [first, first + len(kept)]}
        settle(lambda: sent_files.seal_whole(who, case_now(), name), sent_files.finish)  # whoever sent it may be gone
    return finished


def finish(who: Visit | Visitor, case_now: CaseNow, name: str) -> ResponseReturnValue:
    """Take a file as whole, once all of its chunks are there."""
    with _another_may_finish(sent_files.sender(who, case_now()), name) as finished:
        settle(lambda: sent_files.seal_whole(who, case_now(), name), sent_files.finish)
    return finished


def drop(who: Visit | Visitor, case_now: CaseNow, name: str) -> None:
    """Give an unfinished file up; what came of it is removed once nothing says any more that it is there.

    A store that is away changes nothing for who asks: nothing opens what is left, and it is swept.
    """
    with transaction():
        was_there = sent_files.drop(who, case_now(), name)
    if was_there:
        with suppress(OSError):
            uploads.clear(name)


def make_ready(who: Visit | Visitor | None, case: Case | None) -> None:
    """See to it that the files of a form are sealed while they come, before a byte of it is read.

    Args:
        who: who sends them; nobody where that is not known: then they go nowhere.
        case: the case.

    Raises:
        werkzeug.exceptions.ServiceUnavailable: too many send files at this moment.
    """
    if who is None or case is None:
        request.max_content_length = Room(limits.of_complainant(), limits.Used(), uploads.grid(0)).largest_body
        return
    by = sent_files.sender(who, case)
    used = limits.used(by.case_id, by_member=by.member_id is not None)
    room = Room(by.limits, used, uploads.grid(request.content_length or 0))
    request.max_content_length = room.largest_body
    g.file_line, g.file_sink, g.file_room = take_line(), room.sink, room
    after_this_request(_clear)
    db.session.rollback()  # no connection is held while the line takes its time


def outcomes(who: Visit | Visitor, case_now: CaseNow) -> list[Outcome]:
    """Save the files that came with a form, each by itself, and return what became of them.

    Raises:
        werkzeug.exceptions.ClientDisconnected: the form was cut off; nothing of it is saved.
    """
    room: Room | None = g.get("file_room")
    if room and not _came_whole(room):
        raise ClientDisconnected
    return [_outcome(who, case_now, room.limits, file) for file in room.files] if room else []


def unfinished(by: Sender) -> list[Begun]:
    """Return the files that somebody began to send, and how much of them is there."""
    return [Begun(one.name, one.wish.file_name, one.size, uploads.arrived(one)) for one in uploads.unfinished(by)]


def _came_whole(room: Room) -> bool:
    """Return whether a form came to its end: what is shorter than it says is refused, see ``SinkRequest``."""
    return request.content_length is not None and all(file.whole for file in room.files)


def _outcome(who: Visit | Visitor, case_now: CaseNow, allowed: Limits, file: PostedFile) -> Outcome:
    name = safe_name(file.file_name)
    if not file.refused:
        file.saved = True  # unless it is known that it is not: the answer to a commit may be lost, and the row be there
        try:
            known = not settle(lambda: sent_files.seal_posted(who, case_now(), file.kept()), sent_files.take)
            file.saved = not known
            return Outcome(name, file.size, known=known)
        except RefusedError as error:
            file.refuse(error.reason)
    return Outcome(name, file.size, allowed.refusal(file.refused))


@contextmanager
def _on_a_line() -> Iterator[None]:
    leave = take_line()
    try:
        yield
    finally:
        leave()


@contextmanager
def _noting(arriving: Arriving, kept: list[Hash]) -> Iterator[None]:
    """Write down what was kept, also where it ended early."""
    try:
        yield
    finally:
        with transaction():
            uploads.note(arriving, kept)


@contextmanager
def _another_may_finish(by: Sender, name: str) -> Iterator[dict[str, bool]]:
    """Let it be no fault that a file is whole already: another page of the same sender finished it meanwhile."""
    try:
        yield {"done": True}
    except NotFound:
        db.session.rollback()
        if not completion.is_finished(by, name):
            raise


def _refused(who: Visit | Visitor, error: RefusedError) -> ResponseReturnValue:
    allowed = limits.of_complainant() if isinstance(who, Visit) else limits.of_member()
    return {"said": allowed.refusal(error.reason)}, 422


def _number(text: str | None) -> int:
    """Return a number of bytes; 0 where there is none such."""
    digits = (text or "").strip()
    return min(int(digits), LARGEST_NUMBER) if digits.isascii() and digits.isdigit() and len(digits) < 30 else 0  # noqa: PLR2004


def _clear(response: Response) -> Response:
    try:
        g.file_room.clear()
    finally:
        g.file_line()  # whatever happens: there are few of them
    return response
