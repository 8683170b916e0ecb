"""The words that carry the meaning: each language has settled on one or two for each, and says them everywhere.

They are the words of the list of terms that native readers are asked about first (docs/translations.md); where one is
changed, it is changed here and in the whole catalogue. Beginnings are enough, since all our languages inflect.
"""

import re

from babel.messages.catalog import Catalog

from tests.catalogues.reading import english, forms, messages, tag_of

LEAST = 90  # per cent of the texts that name a thing: an idiom here and there says it otherwise
_TAGS = ("ru", "kk", "ky", "uz", "tg", "tk")
TERMS = {
    "journalist": ("журналист", "журналист", "журналист", "jurnalist", "рӯзноманигор", "žurnalist"),
    "editor": ("редактор", "редактор", "редактор", "muharrir", "муҳаррир", "redaktor"),
    "code": ("код", "код", "код", "kod", "рамз", "kod"),
    "case": ("обращени|дел", "өтініш|іс", "кайрыл|иш", "murojaat|ish", "муроҷиат|парванда", "ýüztutma"),
    "desk": ("редакци", "редакция", "редакция", "tahririyat", "шуъба", "redaksiýa"),
    "urgent": ("срочн", "шұғыл", "шашылыш", "shoshilinch", "фаврӣ|таъҷилӣ", "gyssagly"),
    "lawyer": (
        "адвокат|юрист",
        "адвокат|заңгер",
        "адвокат|юрист",
        "advokat|yurist",
        "адвокат|ҳуқуқшинос",
        "aklawçy|hukukçy",
    ),
    "police": ("полици|милици", "полиция", "милиция|полиция", "militsiya|politsiya", "милитсия|полис", "polisiýa"),
    "court": ("суд", "сот", "сот", "sud", "суд", "kazyýet|sud"),
    "file": ("файл", "файл", "файл", "fayl", "файл", "faýl"),
    "message": ("сообщен|письм", "хабар|хат", "билдирүү|кат|кабар", "xabar|xat", "паём|мактуб", "habar|hat"),
    "password": ("парол", "пароль|құпия", "сырсөз|пароль", "parol", "парол|гузарвожа", "parol|açar"),
    "publish": ("публик", "жариял", "жарыял", "eʼlon", "нашр", "çap|neşir|ýaýrat"),
    "phone": ("телефон", "телефон", "телефон", "telefon", "телефон", "telefon"),
    "key": ("ключ", "кілт", "ачкыч", "kalit", "калид", "açar"),
}


def faults_of_terms(catalog: Catalog) -> list[str]:
    """Name terms that a catalogue says otherwise than it does elsewhere, with the texts that do."""
    tag, faults = tag_of(catalog), []
    if tag not in _TAGS:
        return []  # it is made of another
    said = [pair for message in messages(catalog) for pair in zip(english(message), forms(message), strict=False)]
    for term, begun in TERMS.items():
        named = [(source, text) for source, text in said if re.search(rf"\b{term}s?\b", source, re.IGNORECASE)]
        missing = [text for _, text in named if not re.search(begun[_TAGS.index(tag)], text.lower())]
        if 100 * (len(named) - len(missing)) < LEAST * len(named):
            faults.append(f"{term} shall be {begun[_TAGS.index(tag)]}: {missing}")
    return faults
