"""Who answers for which texts of a language: a signature covers a text as it was read, until the text changes."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from babel.messages.catalog import Catalog, Message

from intake.i18n import NEVER_SEEN_LANGUAGE
from tests.catalogues.reading import FOLDER, ROOT, TRANSLATED, catalogue, forms, key, messages

SIGNED = FOLDER / "signed"  # a file for each language that somebody signed
PAGE = ROOT / "docs" / "translations.md"
BEGIN, END = "<!-- written by `make translations` -->\n", "<!-- end -->\n"
DIGITS = 12  # of a digest: 48 bits, so that no changed text passes for the one that was read
ENGLISH_NAMES = {
    "ru": "Russian",
    "kk": "Kazakh",
    "ky": "Kyrgyz",
    "uz": "Uzbek in Latin letters",
    "uz-Cyrl": "Uzbek in Cyrillic letters",
    "tg": "Tajik",
    "tk": "Turkmen",
    "en": "English",
}


@dataclass(frozen=True)
class Signature:
    """What somebody read and found good: their name or pseudonym, the day (ISO 8601), digests of the texts."""

    who: str
    day: str
    texts: tuple[str, ...]


def digest(message: Message) -> str:
    """Return the digest of a text as it was read: its English and all forms of its translation."""
    return sha256("\0".join([*key(message), "", *forms(message)]).encode()).hexdigest()[:DIGITS]


def signatures(tag: str, folder: Path = SIGNED) -> list[Signature]:
    """Return the signatures of a language, the oldest first."""
    path = folder / f"{tag}.json"
    if not path.is_file():
        return []
    return [
        Signature(each["who"], each["day"], tuple(each["texts"].split()))
        for each in json.loads(path.read_text("utf-8"))
    ]


def sign(tag: str, who: str, texts: Collection[str], day: date, folder: Path = SIGNED) -> None:
    """Write down that somebody answers for texts of a language.

    Args:
        tag: the language.
        who: a name or a pseudonym.
        texts: the digests of what they read.
        day: when.
        folder: where signatures are kept.
    """
    said = [*signatures(tag, folder), Signature(who, day.isoformat(), tuple(sorted(texts)))]
    folder.mkdir(exist_ok=True)
    kept = [{**asdict(each), "texts": " ".join(each.texts)} for each in said]
    (folder / f"{tag}.json").write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")


def unsigned(catalog: Catalog, said: list[Signature]) -> list[Message]:
    """Return the texts of a catalogue that nobody answers for as they stand now."""
    good = {text for each in said for text in each.texts}
    return [message for message in messages(catalog) if digest(message) not in good]


def table() -> str:
    """Return the state of every language, as docs/translations.md shows it."""
    rows = ["| Language | State | Texts signed | By |", "|---|---|---|---|"]
    rows.append(f"| `{NEVER_SEEN_LANGUAGE}` {ENGLISH_NAMES[NEVER_SEEN_LANGUAGE]} | source | not needed | |")
    for tag in TRANSLATED:
        said, catalog = signatures(tag), catalogue(tag)
        count, left = sum(1 for _ in messages(catalog)), len(unsigned(catalog, said))
        state = "signed" if not left else "complete draft, signed in part" if left < count else "complete draft"
        by = ", ".join(dict.fromkeys(f"{each.who} ({each.day})" for each in said)) or "**nobody yet**"
        rows.append(f"| `{tag}` {ENGLISH_NAMES[tag]} | {state} | {count - left} of {count} | {by} |")
    return "\n".join(rows) + "\n"


def page(text: str) -> str:
    """Return a page with the state of every language written into its place."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
