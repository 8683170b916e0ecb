"""The catalogue of Uzbek in Cyrillic letters, made from the one in Latin letters.

``python -m tests.catalogues.cyrillic``, as in ``make translations``, writes it anew.
"""

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from tests.catalogues.latin import MAY_STAY_LATIN
from tests.catalogues.uzbek import to_cyrillic

FOLDER = Path(__file__).parents[2] / "intake" / "translations"
LATIN, CYRILLIC = (FOLDER / tag / "LC_MESSAGES" / "messages.po" for tag in ("uz", "uz_Cyrl"))
HEADER = """\
# What the pages and letters of Intake say. Made from ../../uz/LC_MESSAGES/messages.po by `make translations`:
# correct that file, or tests.catalogues.uzbek_words.json."""

_UNSAID = tuple(f'"{name}-Date:' for name in ("POT-Creation", "PO-Revision")) + tuple(
    f'"{name}:' for name in ("Report-Msgid-Bugs-To", "Last-Translator", "Language-Team", "Generated-By")
)


def made(latin: bytes) -> bytes:
    """Return the catalogue in Cyrillic letters that a catalogue in Latin letters gives."""
    found = read_po(io.BytesIO(latin), abort_invalid=True)
    catalog = Catalog("uz_Cyrl", project="Intake", version="messages", header_comment=HEADER, fuzzy=found.fuzzy)
    for message in found:
        if message.id:
            text = message.string
            said = tuple(_cyrillic(form) for form in text) if isinstance(text, tuple) else _cyrillic(str(text or ""))
            catalog.add(message.id, said, flags=message.flags, context=message.context)
    file = io.BytesIO()
    write_po(file, catalog, width=0)
    lines = file.getvalue().decode().splitlines(keepends=True)
    # Dates and names that say nothing here would make the file another one at each making.
    return "".join(line for line in lines if not line.startswith(_UNSAID)).encode()


def _cyrillic(text: str) -> str:
    return to_cyrillic(text, MAY_STAY_LATIN)


if __name__ == "__main__":
    CYRILLIC.parent.mkdir(parents=True, exist_ok=True)
    CYRILLIC.write_bytes(made(LATIN.read_bytes()))
