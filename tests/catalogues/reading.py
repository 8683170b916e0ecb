"""Catalogues read, and what their messages are made of."""

import functools
import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

from intake.i18n import NEVER_SEEN_LANGUAGE, TAGS
from tests.catalogues.latin import MAY_STAY_LATIN

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "intake" / "translations"
TEMPLATE = FOLDER / "messages.pot"
TRANSLATED = [tag for tag in TAGS if tag != NEVER_SEEN_LANGUAGE]
CYRILLIC = frozenset({"ru", "kk", "ky", "tg", "uz-Cyrl"})

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|#")
TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^>]*>", re.IGNORECASE)
ENTITY = re.compile(r"&(?:\w+|#\d+|#x[0-9a-f]+);", re.IGNORECASE)
UPDATE = "run `make translations`, then translate what is new"

_ALLOWED = re.compile(
    "|".join(rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])" for word in sorted(MAY_STAY_LATIN, key=len, reverse=True))
)

Key = tuple[str, ...]


def path_of(tag: str) -> Path:
    """Return where the catalogue of a language is."""
    return FOLDER / tag.replace("-", "_") / "LC_MESSAGES" / "messages.po"


def tag_of(catalog: Catalog) -> str:
    """Return the tag of a catalogue's language."""
    return str(catalog.locale).replace("_", "-")


@functools.cache
def catalogue(tag: str) -> Catalog:
    """Return the catalogue of a language, sound in its form."""
    path = path_of(tag)
    assert path.is_file(), f"{tag} has no catalogue: see docs/translations.md"
    with path.open("rb") as file:
        catalog = read_po(file, abort_invalid=True)
    assert tag_of(catalog) == tag, f"{path}: the header must say Language: {tag.replace('-', '_')}"
    return catalog


def planted(entries: str, tag: str = "ru", plural: str = "", before: str = "") -> Catalog:
    """Return a small catalogue with these entries."""
    locale = tag.replace("-", "_")
    number, expression = get_plural(locale)
    plural = plural or f"nplurals={number}; plural={expression};"
    header = f'{before}msgid ""\nmsgstr ""\n"Language: {locale}\\n"\n"Plural-Forms: {plural}\\n"\n'
    return read_po(io.BytesIO(f"{header}\n{entries}\n".encode()), charset="utf-8", abort_invalid=True)


def messages(catalog: Catalog) -> Iterator[Message]:
    """Yield all messages but the header."""
    return (message for message in catalog if message.id)


def english(message: Message) -> Key:
    """Return a message's English, singular and plural."""
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def forms(message: Message) -> Key:
    """Return a message's translation in all its forms."""
    text = message.string
    return (text or "",) if isinstance(text, str) or text is None else tuple(form or "" for form in text)


def key(message: Message) -> Key:
    """Return what makes a message itself: its context and its English, singular and plural."""
    return (message.context or "", *english(message))


def name(each: Key) -> str:
    """Return a message's English as a fault tells it."""
    return " / ".join(repr(text) for text in each if text)


def bare(text: str) -> str:
    """Return a text without what is filled in, and without markup."""
    return ENTITY.sub(" ", TAG.sub(" ", PLACEHOLDER.sub(" ", text)))


@functools.cache
def without_allowed(text: str) -> str:
    """Return a bare text without the words that stay in Latin letters in every language."""
    return _ALLOWED.sub(" ", bare(text))


def told(path: Path, faults: list[str]) -> str:
    """Return the faults of a file as a failing test tells them."""
    return "\n".join([f"{path.relative_to(ROOT)}: {UPDATE}", *faults])
