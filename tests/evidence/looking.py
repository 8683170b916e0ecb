"""Files that came with a case, and a box that does as it is told."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from intake.audit import AuditEntry
from intake.cases import queries as cases
from intake.cases.models import Case
from intake.desks.routing import destination_at
from intake.evidence import box, queries, receive, viewing
from intake.evidence.box import NoCopyError, Part
from intake.evidence.place import storage
from intake.evidence.queries import OpenedFile
from intake.evidence.viewing import Looked
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members.models import Member
from intake.storage.folder import Folder
from tests.factories import House, make_case, make_member, sign_in, token

PICTURE = b"\xff\xd8\xff" + b"what came from outside"
Told = tuple[str, str, bytes]  # a part: its kind, its type, its bytes
Given = tuple[Case, Member, str]


def attach(case: Case, content: bytes = PICTURE, file_name: str = "photo.jpg", member: Member | None = None) -> str:
    """Let a file of any kind come with a case; return its name."""
    to = destination_at(case.desk_id)
    kept = receive.keep_content(content, file_name)
    sealed = receive.describe(kept, case.reference, [to.recipient, cases.code_of(case)[1]])
    with transaction():
        receive.save(sealed, case.id, to.key_id, now(), member.id if member else None)
    return kept.name


def make_copy(file: OpenedFile, content: bytes = b"a safe picture") -> None:
    """Keep a picture as the viewing copy of a file."""
    part = Part(0, "picture", "image/jpeg", [content])
    kept = viewing._kept(part, file, [])  # noqa: SLF001 as the box brings it
    with transaction():
        assert viewing.keep(Looked(file.name, (kept,)))


def opened(house: House, member: Member, case: Case, name: str) -> OpenedFile:
    """Return a file as a member opens it."""
    db.session.rollback()
    return queries.opened_file(name, case.id, case.reference, cases.desk_opens(house.visitors[member.id]))


def path_of(case: Case, name: str, page: str = "look") -> str:
    """Return the address of a page of a file."""
    return f"/desk/cases/{case.reference}/files/{name}/{page}"


def look(client: FlaskClient, case: Case, name: str, page: str = "look") -> str:
    """Press a button of a file's page, or of the list; return the page that it leads to."""
    pressed = client.post(
        path_of(case, name, page), data={"csrf_token": token(client, f"/desk/cases/{case.reference}")}
    )
    assert pressed.status_code == 302, pressed.get_data(as_text=True)
    assert pressed.location == path_of(case, name)
    return client.get(pressed.location).get_data(as_text=True)


@dataclass
class Box:
    """A box that does as it is told.

    Attributes:
        parts: what it makes of a file.
        clues: what it reads in one.
        reason: why it makes nothing.
        given: the bytes that it was given.
    """

    parts: list[Told] = field(default_factory=lambda: [("picture", "image/jpeg", b"a safe picture")])
    clues: list[tuple[str, str]] = field(default_factory=list)
    reason: str = ""
    more: int = 0
    given: list[bytes] = field(default_factory=list)

    def look(self, _: str, pieces: Iterable[bytes], size: int) -> Iterator[Part]:
        """Make the parts; fail after the last of them, if there is a reason."""
        self.given.append(b"".join(pieces))
        assert len(self.given[-1]) == size
        for number, (kind, kind_of_part, content) in enumerate(self.parts):
            more = self.more if number == len(self.parts) - 1 else 0
            cut = len(content) // 2
            yield Part(number, kind, kind_of_part, iter([content[:cut], content[cut:]]), 640, 480, more)
        if self.reason:
            raise NoCopyError(self.reason)

    def read(self, *_: object) -> list[tuple[str, str]]:
        """Read the clues, or fail."""
        if self.reason:
            raise NoCopyError(self.reason)
        return self.clues


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Box:
    """Return a box that does as it is told, in the place of the real one."""
    told = Box()
    monkeypatch.setattr(box, "look", told.look)
    monkeypatch.setattr(box, "clues", told.read)
    return told


@pytest.fixture
def given(client: FlaskClient, house: House, made: Box) -> Given:
    """Return a case with a photo, and a member of its desk who is signed in."""
    case, _, _ = make_case("KZ")
    member = make_member(house, "KZ", name="Asel")
    sign_in(client, member)
    return case, member, attach(case)


def acts(case: Case, act: str) -> int:
    """Return how often something was done about a case."""
    db.session.rollback()
    of_case = select(AuditEntry.id).where(AuditEntry.case_id == case.id, AuditEntry.act == act)
    return len(db.session.scalars(of_case).all())


def names_kept() -> set[str]:
    """Return the names of all that lies in the storage."""
    return set(storage().older_than(now() + timedelta(days=1)))


def folder_of(name: str) -> Path:
    """Return the folder in which a file's chunks lie."""
    kept = storage()
    assert isinstance(kept, Folder)
    return kept.place_of(name)
