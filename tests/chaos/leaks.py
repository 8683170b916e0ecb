"""Words and codes that lie somewhere in plain: in databases, journals, stores, letters, logs, temporary files."""

import base64
import mmap
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select

from intake.extensions import db
from tests.chaos.people import MARK

_CODE = re.compile(rb"(?:\d{4}[ -]?){6}")
_SPACE = re.compile(rb"[ -]")


def forms(mark: str) -> list[bytes]:
    """Return a word in the encodings in which it might lie somewhere."""
    plain = mark.encode()
    based = [base64.b64encode(b"\0" * shift + plain)[4:-4] for shift in range(3)]
    return [plain, mark.lower().encode(), plain.hex().encode(), mark.encode("utf-16-le"), *based]


class Searched:
    """What is looked for."""

    def __init__(self, codes: Iterable[str]) -> None:
        """Look for the mark that begins every story's and file's own, and for the codes that people hold."""
        self._forms, self._codes = forms(MARK), {code.encode() for code in codes}

    def found_in(self, content: bytes | mmap.mmap) -> bool:
        """Return whether some bytes hold a word or a code."""
        if any(content.find(form) >= 0 for form in self._forms):
            return True
        return any(_SPACE.sub(b"", found[0]) in self._codes for found in _CODE.finditer(content))

    def in_files(self, places: Iterable[Path]) -> Iterator[str]:
        """Yield the files that hold some, by name or content, and whatever looks like the memory of a process."""
        for path in _files(places):
            if path.name.startswith("core") or self.found_in(path.name.encode()):
                yield str(path)
                continue
            with suppress(FileNotFoundError), path.open("rb") as file:  # a server that still runs removed it
                if path.stat().st_size == 0:
                    continue
                with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
                    if self.found_in(content):
                        yield str(path)

    def in_rows(self) -> Iterator[str]:
        """Yield the tables of which a row holds some, as a dump would have it."""
        for table in db.metadata.sorted_tables:
            rows = db.session.execute(select(table)).yield_per(500)
            if any(self.found_in(repr(tuple(row)).encode()) for row in rows):
                yield f"table {table.name}"


def dumping_cores(numbers: Iterable[int]) -> list[str]:
    """Return the processes that would write their memory to the disk when they fall."""
    found = []
    for number in numbers:
        with suppress(FileNotFoundError):
            limits = Path(f"/proc/{number}/limits").read_text()
            if not re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE):
                found.append(f"process {number} may dump its core")
    return found


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        yield from (path for path in [place, *place.rglob("*")] if path.is_file() and not path.is_symlink())
