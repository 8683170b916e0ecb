"""Where each text is said: the page, the letter, or the form and its answers; and the pictures of it, where taken."""

import functools
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg

from tests.catalogues.reading import FOLDER, ROOT, Key, key, messages

MAPPING = FOLDER / "mapping.cfg"
PICTURES = ROOT / "instance" / "pictures"  # where `make pictures` puts those of every language
# The beginnings of the names of pictures that show something of a room.
_SHOWN = {"complaint": ("complaint", "answer"), "followup": ("case", "details", "code", "answer"), "cases": ("desk",)}


@functools.cache
def extracted(root: Path) -> Catalog:
    """Return what pages, letters and code under a folder say, each text with the files that say it."""
    with MAPPING.open() as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]
    catalog = Catalog()
    for file, line, text, _, context in extract_from_dir(root, methods, options, keywords=DEFAULT_KEYWORDS):
        catalog.add(text, locations=[(file, line)], context=context)
    return catalog


@functools.cache
def files_of_texts() -> dict[Key, tuple[str, ...]]:
    """Return the files that say each text."""
    return {
        key(message): tuple(sorted({file for file, _ in message.locations})) for message in messages(extracted(ROOT))
    }


def place(file: str) -> str:
    """Return in words what a file is to a reader."""
    path = PurePosixPath(file)
    match path.parts:
        case ("templates", "email", *_, letter, part):
            return f"letter {letter}, {PurePosixPath(part).stem}"
        case ("templates", *rooms):
            return f"page {PurePosixPath(*rooms).with_suffix('')}"
        case (_, *rooms):
            return f"words of {PurePosixPath(*rooms).with_suffix('')}"
        case _:
            return file


def pictures_of(files: Iterable[str], taken: list[str]) -> list[str]:
    """Return the names, of pictures that were taken, that show what files say, best first, three at most."""
    found: list[list[str]] = [[], [], []]
    for path in map(PurePosixPath, files):
        room, stem = path.parts[-2] if len(path.parts) > 1 else "", path.stem.replace("_", "-")
        for name in taken:
            if stem in (name, name.removeprefix("desk-"), name.removeprefix("case-")):
                found[0].append(name)
            elif name.startswith((f"{stem}-", f"desk-{stem}-")):
                found[1].append(name)
            elif name.startswith(_SHOWN.get(room, ("\0",))):
                found[2].append(name)
    return list(dict.fromkeys(found[0] + found[1] or found[2]))[:3]
