"""The files of a case as its page lists them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from intake.evidence import kinds, look_words, viewing
from intake.evidence.queries import OpenedFile


@dataclass(frozen=True)
class Listed:
    """A line of the list.

    Attributes:
        called: how whoever sent it called it; what kind it is, where they did not.
        part: how much of a file it is; empty where it is whole.
        is_dangerous: whether files of its kind can take over the computer that opens them.
        has_copy: whether its viewing copy is there already.
    """

    name: str
    called: str
    kind: str
    size: int
    part: str
    received_at: datetime
    is_dangerous: bool
    has_copy: bool


def of(files: Collection[OpenedFile], case_id: int) -> list[Listed]:
    """Return the lines of a list; one statement, however many there are.

    Args:
        files: files of the case.
        case_id: the case.
    """
    copied = viewing.with_copy(case_id) if files else frozenset()
    return [
        Listed(
            file.name,
            file.file_name or look_words.kind(file.content_type),
            look_words.kind(file.content_type),
            file.size,
            look_words.part(file.part, file.size),
            file.received_at,
            kinds.is_dangerous(file.content_type, file.file_name),
            file.name in copied,
        )
        for file in files
    ]
