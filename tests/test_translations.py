"""The words in other languages: complete, finished, safe to fill in, and not left in English."""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from gettext import c2py
from pathlib import Path

import flask_babel
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask

from intake.i18n import NEVER_SEEN_LANGUAGE, TAGS
from tests.catalogues.latin import MAY_STAY_LATIN

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "intake" / "translations"
TEMPLATE = FOLDER / "messages.pot"
MAPPING = FOLDER / "mapping.cfg"
TRANSLATED = [tag for tag in TAGS if tag != NEVER_SEEN_LANGUAGE]
CYRILLIC = frozenset({"ru", "kk", "ky", "tg", "uz-Cyrl"})

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|#")
STRAY_PERCENT = re.compile(r"(?<!%)%(?!\(\w+\)[sd]|%)")
TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^>]*>", re.IGNORECASE)
WITHOUT_END = frozenset({"br", "hr", "img", "input", "wbr"})
LETTER = re.compile(r"[^\W\d_]")
LATIN = re.compile(r"[A-Za-z]+")
PLURAL_NUMBERS = range(201)
UPDATE = "run `make translations`, then translate what is new"

Key = tuple[str, ...]


def key(message: Message) -> Key:
    """Return what makes a message itself: its context and its English, singular and plural."""
    return (message.context or "", *_english(message))


def faults_of_completeness(wanted: Catalog, found: Catalog) -> list[str]:
    """Name what the pages say and a catalogue does not hold, and what it holds though no page says it."""
    said, held = {key(message) for message in _messages(wanted)}, {key(message) for message in _messages(found)}
    gone = {key(message) for message in found.obsolete.values()}
    return [f"missing: {_name(each)}" for each in sorted(said - held)] + [
        f"obsolete: {_name(each)}" for each in sorted((held - said) | gone)
    ]


def faults_of_finish(catalog: Catalog) -> list[str]:
    """Name what is fuzzy, empty, or has not every plural form of its language."""
    faults = ["fuzzy: the header"] if catalog.fuzzy else []
    number, expression = get_plural(catalog.locale)
    if (catalog.num_plurals, catalog.plural_expr) != (number, expression):
        faults.append(f"plural forms: the header must say nplurals={number}; plural={expression}")
    for message in _messages(catalog):
        forms = _forms(message)
        if message.fuzzy:
            faults.append(f"fuzzy: {_name(key(message))}")
        if not all(form.strip() for form in forms):
            faults.append(f"empty: {_name(key(message))}")
        if message.pluralizable and len(forms) != number:
            faults.append(f"plural forms: {len(forms)} instead of {number}: {_name(key(message))}")
    return faults


def faults_of_placeholders(catalog: Catalog) -> list[str]:
    """Name what would be filled in wrongly: other placeholders than the English, or a stray percent sign."""
    faults = []
    form_for = c2py(catalog.plural_expr)
    for message in _messages(catalog):
        english = _english(message)
        for index, form in enumerate(_forms(message)):
            # Only a form that serves the number one alone may leave out the number, as the English singular does.
            numbers = [n for n in PLURAL_NUMBERS if form_for(n) == index]
            allowed = [english[-1], english[0]] if numbers == [1] else [english[-1]]
            if _placeholders(form) not in [_placeholders(text) for text in allowed]:
                faults.append(f"placeholders: {_name(key(message))} -> {form!r}")
            if STRAY_PERCENT.search(form):
                faults.append(f"stray percent sign: {_name(key(message))} -> {form!r}")
    return faults


def faults_of_markup(catalog: Catalog) -> list[str]:
    """Name what has other HTML tags than the English, or leaves one open."""
    return [
        f"markup: {_name(key(message))} -> {form!r}"
        for message in _messages(catalog)
        for form in _forms(message)
        if not _balanced(form) or _tags(form) != _tags(_english(message)[-1])
    ]


def faults_of_language(catalog: Catalog) -> list[str]:
    """Name what is still English: the same words, or, in a language of Cyrillic letters, Latin ones."""
    faults = []
    cyrillic = _tag(catalog) in CYRILLIC
    for message in _messages(catalog):
        for form in _forms(message):
            if form in _english(message) and LETTER.search(_without_allowed(form)):
                faults.append(f"same as English: {_name(key(message))}")
            if cyrillic and (left := LATIN.findall(_without_allowed(form))):
                faults.append(f"Latin letters {left}: {_name(key(message))}")
    return faults


FINISHED = (faults_of_finish, faults_of_placeholders, faults_of_markup, faults_of_language)


@pytest.fixture(scope="module")
def source() -> Catalog:
    """Return what pages and letters say now, read from the source itself."""
    return _extracted(ROOT)


def test_the_mapping_finds_the_words_of_code_pages_and_letters(tmp_path: Path) -> None:
    for name, text in {
        "intake/room/forms.py": 'A = _l("lazy")\nB = lazy_gettext("long")\nC = gettext("at once")\n',
        "templates/room/page.html": '<p title="{{ _(\'hint\') }}">{{ ngettext("one", "many", n) }}{{ _("page") }}</p>',
        "templates/email/room/body.txt": '{{ _("letter") }}',
        "tests/test_room.py": '_("not for readers")',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    found = {message.id for message in _messages(_extracted(tmp_path))}
    assert found == {"lazy", "long", "at once", "hint", ("one", "many"), "page", "letter"}


def test_the_template_holds_what_the_source_says(source: Catalog) -> None:
    with TEMPLATE.open("rb") as file:
        faults = faults_of_completeness(source, read_po(file))
    assert not faults, _told(TEMPLATE, faults)


@pytest.mark.parametrize("tag", TRANSLATED)
def test_every_language_has_a_catalogue_that_holds_what_the_source_says(tag: str, source: Catalog) -> None:
    faults = faults_of_completeness(source, _catalogue(tag))
    assert not faults, _told(_path(tag), faults)


@pytest.mark.parametrize("rule", FINISHED)
@pytest.mark.parametrize("tag", TRANSLATED)
def test_every_catalogue_is_finished(tag: str, rule: Callable[[Catalog], list[str]]) -> None:
    faults = rule(_catalogue(tag))
    assert not faults, _told(_path(tag), faults)


def test_russian_counts_as_russians_do() -> None:
    words = _compiled(_catalogue("ru"))
    said = {
        number: words.ungettext("Please check one answer", "Please check %(num)s answers", number) % {"num": number}
        for number in (1, 2, 5, 11, 21)
    }
    assert [line.rsplit(maxsplit=2)[1:] for line in said.values()] == [
        ["1", "ответ"],
        ["2", "ответа"],
        ["5", "ответов"],
        ["11", "ответов"],
        ["21", "ответ"],
    ]


def test_english_needs_no_catalogue() -> None:
    app = Flask("english", root_path=str(FOLDER.parent))
    flask_babel.Babel().init_app(app, locale_selector=lambda: "en")
    with app.test_request_context():
        assert flask_babel.gettext("Hello, %(name)s", name="Aigul") == "Hello, Aigul"
        assert [flask_babel.ngettext("one day", "%(num)s days", n) for n in (1, 2)] == ["one day", "2 days"]


# A rule that never fails proves nothing: each is shown a fault here, and a sound catalogue.

SOUND = """
msgid "Use %(count)d or Signal, #"
msgstr "Возьмите %(count)d или Signal, #"

msgid "one <b>day</b>"
msgid_plural "%(num)s <b>days</b>"
msgstr[0] "%(num)s <b>день</b>"
msgstr[1] "%(num)s <b>дня</b>"
msgstr[2] "%(num)s <b>дней</b>"

msgid "Signal"
msgstr "Signal"
"""


def test_a_sound_catalogue_has_no_fault() -> None:
    catalog = _planted(SOUND)
    assert [fault for rule in FINISHED for fault in rule(catalog)] == []
    assert faults_of_completeness(catalog, catalog) == []


@pytest.mark.parametrize(
    ("held", "fault"),
    [
        ('msgid "Yes"\nmsgstr "Да"', "missing: 'No'"),
        ('msgid "Yes"\nmsgstr "Да"\n\nmsgid "No"\nmsgstr "Нет"\n\nmsgid "Old"\nmsgstr "Старое"', "obsolete: 'Old'"),
        (
            'msgid "Yes"\nmsgstr "Да"\n\nmsgid "No"\nmsgstr "Нет"\n\n#~ msgid "Old"\n#~ msgstr "Старое"',
            "obsolete: 'Old'",
        ),
    ],
)
def test_a_catalogue_that_lags_behind_the_source_is_found(held: str, fault: str) -> None:
    wanted = _planted('msgid "Yes"\nmsgstr ""\n\nmsgid "No"\nmsgstr ""')
    assert faults_of_completeness(wanted, _planted(held)) == [fault]


def test_a_plural_that_changed_is_found() -> None:
    wanted = _planted('msgid "one"\nmsgid_plural "%(num)s new"\nmsgstr[0] ""\nmsgstr[1] ""\nmsgstr[2] ""')
    held = _planted('msgid "one"\nmsgid_plural "%(num)s old"\nmsgstr[0] "а"\nmsgstr[1] "б"\nmsgstr[2] "в"')
    assert faults_of_completeness(wanted, held) == ["missing: 'one' / '%(num)s new'", "obsolete: 'one' / '%(num)s old'"]


@pytest.mark.parametrize(
    ("rule", "entry", "fault"),
    [
        (faults_of_finish, '#, fuzzy\nmsgid "Yes"\nmsgstr "Да"', "fuzzy"),
        (faults_of_finish, 'msgid "Yes"\nmsgstr ""', "empty"),
        (faults_of_finish, 'msgid "Yes"\nmsgstr "  "', "empty"),
        (faults_of_finish, 'msgid "a"\nmsgid_plural "b"\nmsgstr[0] "а"\nmsgstr[1] "б"\nmsgstr[2] ""', "empty"),
        (faults_of_finish, 'msgid "a"\nmsgid_plural "b"\nmsgstr[0] "а"\nmsgstr[1] "б"', "empty"),
        (faults_of_placeholders, 'msgid "To %(name)s"\nmsgstr "Кому"', "placeholders"),
        (faults_of_placeholders, 'msgid "To %(name)s"\nmsgstr "%(имя)s"', "placeholders"),
        (faults_of_placeholders, 'msgid "Up to %(most)d"\nmsgstr "До %(most)s"', "placeholders"),
        (faults_of_placeholders, 'msgid "Left: #"\nmsgstr "Осталось:"', "placeholders"),
        (
            faults_of_placeholders,
            'msgid "a day"\nmsgid_plural "%(num)s"\nmsgstr[0] "день"\nmsgstr[1] "%(num)s"\nmsgstr[2] "%(num)s"',
            "placeholders",  # this form says 21, 31 … as well
        ),
        (faults_of_placeholders, 'msgid "All"\nmsgstr "100 %"', "stray percent sign"),
        (faults_of_markup, 'msgid "<b>Now</b>"\nmsgstr "<b>Сейчас"', "markup"),
        (faults_of_markup, 'msgid "<b>a</b><i>b</i>"\nmsgstr "<b>а<i>б</b></i>"', "markup"),
        (faults_of_markup, 'msgid "<b>Now</b>"\nmsgstr "Сейчас"', "markup"),
        (faults_of_language, 'msgid "Yes"\nmsgstr "Yes"', "same as English"),
        (faults_of_language, 'msgid "Yes"\nmsgstr "Дa"', "Latin letters ['a']"),
    ],
)
def test_an_unfinished_catalogue_is_found(rule: Callable[[Catalog], list[str]], entry: str, fault: str) -> None:
    faults = rule(_planted(entry))
    assert faults
    assert faults[0].startswith(fault)


def test_a_header_that_counts_wrongly_or_is_fuzzy_is_found() -> None:
    wrong = _planted('msgid "Yes"\nmsgstr "Да"', plural="nplurals=2; plural=(n != 1);")
    assert faults_of_finish(wrong)[0].startswith("plural forms: the header must say nplurals=3")
    assert "fuzzy: the header" in faults_of_finish(_planted(SOUND, before="#, fuzzy\n"))


def _extracted(root: Path) -> Catalog:
    with MAPPING.open() as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]
    catalog = Catalog()
    for _, _, text, _, context in extract_from_dir(root, methods, options, keywords=DEFAULT_KEYWORDS):
        catalog.add(text, context=context)
    return catalog


def _path(tag: str) -> Path:
    return FOLDER / tag.replace("-", "_") / "LC_MESSAGES" / "messages.po"


def _tag(catalog: Catalog) -> str:
    return str(catalog.locale).replace("_", "-")


def _catalogue(tag: str) -> Catalog:
    path = _path(tag)
    assert path.is_file(), f"{tag} has no catalogue: see docs/translations.md"
    with path.open("rb") as file:
        catalog = read_po(file, abort_invalid=True)
    assert _tag(catalog) == tag, f"{path}: the header must say Language: {tag.replace('-', '_')}"
    return catalog


def _planted(entries: str, plural: str = "", before: str = "") -> Catalog:
    """Return a small Russian catalogue with these entries."""
    number, expression = get_plural("ru")
    plural = plural or f"nplurals={number}; plural={expression};"
    header = f'{before}msgid ""\nmsgstr ""\n"Language: ru\\n"\n"Plural-Forms: {plural}\\n"\n'
    return read_po(io.BytesIO(f"{header}\n{entries}\n".encode()), charset="utf-8", abort_invalid=True)


def _compiled(catalog: Catalog) -> Translations:
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    buffer.seek(0)
    return Translations(buffer)


def _messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def _english(message: Message) -> Key:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _forms(message: Message) -> Key:
    text = message.string
    return (text or "",) if isinstance(text, str) or text is None else tuple(form or "" for form in text)


def _name(each: Key) -> str:
    return " / ".join(repr(text) for text in each if text)


def _placeholders(text: str) -> Counter[str]:
    return Counter(PLACEHOLDER.findall(text))


def _tags(text: str) -> Counter[tuple[str, str]]:
    return Counter(TAG.findall(text))


def _balanced(text: str) -> bool:
    still_open: list[str] = []
    for end, name in TAG.findall(text):
        if name.lower() in WITHOUT_END:
            continue
        if not end:
            still_open.append(name)
        elif not still_open or still_open.pop() != name:
            return False
    return not still_open


def _without_allowed(text: str) -> str:
    bare = TAG.sub(" ", PLACEHOLDER.sub(" ", text))
    for word in MAY_STAY_LATIN:
        bare = re.sub(rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])", " ", bare)
    return bare


def _told(path: Path, faults: list[str]) -> str:
    return "\n".join([f"{path.relative_to(ROOT)}: {UPDATE}", *faults])
