"""A native reader's way through a catalogue: ``python -m tests.catalogues.review write|take|sign``; see `make help`."""

import argparse
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from intake.i18n import LANGUAGE_NAMES
from tests.catalogues import cyrillic, signatures
from tests.catalogues.finish import faults_of_finish, faults_of_language, faults_of_markup, faults_of_placeholders
from tests.catalogues.letters import LETTERS
from tests.catalogues.reading import ROOT, TRANSLATED, forms, messages, path_of
from tests.catalogues.table import Line, lines, name_of, read, write_csv, write_page, write_xlsx
from tests.catalogues.terms import faults_of_terms
from tests.catalogues.wording import WORDING

FOLDER = ROOT / "instance" / "review"  # git keeps nothing of it
MADE = "uz-Cyrl"  # out of another catalogue
RULES: tuple[Callable[[Catalog], list[str]], ...] = (
    *(faults_of_finish, faults_of_placeholders, faults_of_markup, faults_of_language),
    *LETTERS,
    *WORDING,
    faults_of_terms,
)


def write(tag: str, folder: Path = FOLDER) -> Path:
    """Write what a reader of a language needs: a page, and the same as XLSX and CSV to write into."""
    place, table = folder / tag, lines(tag)
    place.mkdir(parents=True, exist_ok=True)
    write_page(tag, LANGUAGE_NAMES[tag], table, place)
    write_xlsx(table, place / "review.xlsx")
    write_csv(table, place / "review.csv")
    return place


def corrected(catalog: Catalog, table: Iterable[Line]) -> tuple[int, list[str]]:
    """Put a reader's corrections into a catalogue.

    Args:
        catalog: what is corrected.
        table: what the reader sent.

    Returns:
        How many were put in, and the faults: corrections of texts that are gone or were changed meanwhile, and all that
        is wrong with the catalogue as it stands then.
    """
    held, faults, count = {name_of(message): message for message in messages(catalog)}, [], 0
    for line in table:
        correction = line.correction.strip()
        if not correction or correction == line.translation:
            continue
        message = held.get(line.text)
        said = list(forms(message)) if message else []
        if message is None or line.form >= len(said):
            faults.append(f"no longer said: {line.english!r}")
        elif said[line.form] not in (line.translation, correction):
            faults.append(f"changed meanwhile to {said[line.form]!r}: {line.english!r}")
        elif said[line.form] != correction:
            said[line.form] = correction
            message.string = tuple(said) if message.pluralizable else said[0]
            count += 1
    return count, faults + [fault for rule in RULES for fault in rule(catalog)]


def read_as(catalog: Catalog, table: Iterable[Line]) -> list[str]:
    """Return the digests of the texts that a reader saw as they stand now, or corrected so, without a remark left."""
    seen = {(line.text, line.form): line for line in table}
    return [
        signatures.digest(message)
        for message in messages(catalog)
        if all(_stands(form, seen.get((name_of(message), at))) for at, form in enumerate(forms(message)))
    ]


def _stands(form: str, line: Line | None) -> bool:
    """Say whether a form is what the reader saw, or wrote, and left without a remark."""
    return line is not None and not line.remark.strip() and form == (line.correction.strip() or line.translation)


def take(tag: str, table: Path) -> int:
    """Put the corrections of a table into the catalogue, if it is sound then; return 0 if so."""
    if tag == MADE:
        sys.stderr.write("This catalogue is made: correct the one of uz, or tests/catalogues/uzbek_words.json.\n")
        return 1
    catalog = _read(tag)
    count, faults = corrected(catalog, read(table))
    if faults:
        sys.stderr.write("\n".join([f"Nothing was changed. {len(faults)} to put right in {table}:", *faults, ""]))
        return 1
    with path_of(tag).open("wb") as file:
        write_po(file, catalog, width=0)
    if tag == "uz":
        cyrillic.write()
    sys.stdout.write(f"{count} texts were corrected in {path_of(tag).relative_to(ROOT)}\n")
    return 0


def sign(tag: str, table: Path, who: str) -> int:
    """Write down that the reader of a table answers for what they read; return 0."""
    catalog = _read(tag)
    texts = read_as(catalog, read(table))
    signatures.sign(tag, who, texts, datetime.now(UTC).date())
    left = len(signatures.unsigned(catalog, signatures.signatures(tag)))
    sys.stdout.write(f"{len(texts)} texts are signed; nobody answers for {left} others.\n")
    return 0


def main() -> int:
    """Do what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.catalogues.review", description=__doc__)
    parser.add_argument("what", choices=("write", "take", "sign"))
    parser.add_argument("language", choices=TRANSLATED)
    parser.add_argument("--table", type=Path, help="what the reader sent back, XLSX or CSV")
    parser.add_argument("--name", default="", help="who signs: a name or a pseudonym")
    asked = parser.parse_args()
    if asked.what == "write":
        sys.stdout.write(f"Give the reader the folder {write(asked.language).relative_to(ROOT)}\n")
        return 0
    if not asked.table or (asked.what == "sign" and not asked.name.strip()):
        parser.error("name the TABLE that the reader sent back, and to sign it the NAME of who read it")
    return take(asked.language, asked.table) if asked.what == "take" else sign(asked.language, asked.table, asked.name)


def _read(tag: str) -> Catalog:
    with path_of(tag).open("rb") as file:
        return read_po(file, abort_invalid=True)


if __name__ == "__main__":
    sys.exit(main())
