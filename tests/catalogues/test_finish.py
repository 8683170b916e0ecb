"""Catalogues are complete, finished, safe to fill in, and not left in English."""

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import flask_babel
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask

from tests.catalogues.finish import (
    faults_of_completeness,
    faults_of_finish,
    faults_of_language,
    faults_of_markup,
    faults_of_placeholders,
)
from tests.catalogues.places import extracted
from tests.catalogues.reading import FOLDER, ROOT, TEMPLATE, TRANSLATED, catalogue, messages, path_of, planted, told

FINISHED = (faults_of_finish, faults_of_placeholders, faults_of_markup, faults_of_language)


@pytest.fixture(scope="module")
def source() -> Catalog:
    """Return what pages and letters say now, read from the source itself."""
    return extracted(ROOT)


def test_the_mapping_finds_the_words_of_code_pages_and_letters(tmp_path: Path) -> None:
    for name, text in {
        "intake/room/forms.py": 'A = _l("lazy")\nB = lazy_gettext("long")\nC = gettext("at once")\n',
        "templates/room/page.html": '<p title="{{ _(\'hint\') }}">{{ ngettext("one", "many", n) }}{{ _("page") }}</p>',
        "templates/email/room/body.txt": '{{ _("letter") }}',
        "tests/test_room.py": '_("not for readers")',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    found = {message.id for message in messages(extracted(tmp_path))}
    assert found == {"lazy", "long", "at once", "hint", ("one", "many"), "page", "letter"}


def test_the_template_holds_what_the_source_says(source: Catalog) -> None:
    with TEMPLATE.open("rb") as file:
        faults = faults_of_completeness(source, read_po(file))
    assert not faults, told(TEMPLATE, faults)


@pytest.mark.parametrize("tag", TRANSLATED)
def test_every_language_has_a_catalogue_that_holds_what_the_source_says(tag: str, source: Catalog) -> None:
    faults = faults_of_completeness(source, catalogue(tag))
    assert not faults, told(path_of(tag), faults)


@pytest.mark.parametrize("rule", FINISHED)
@pytest.mark.parametrize("tag", TRANSLATED)
def test_every_catalogue_is_finished(tag: str, rule: Callable[[Catalog], list[str]]) -> None:
    faults = rule(catalogue(tag))
    assert not faults, told(path_of(tag), faults)


def test_make_check_asks_all_this_and_make_test_asks_it_once() -> None:
    """A wrong catalogue stops whoever checks before they commit."""
    told = {
        target: subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for target in ("check", "pytest")
    }
    assert "pytest -q tests/catalogues" in told["check"]
    assert "--ignore=tests/catalogues" in told["pytest"]


def test_russian_counts_as_russians_do() -> None:
    words = _compiled(catalogue("ru"))
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
    catalog = planted(SOUND)
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
    wanted = planted('msgid "Yes"\nmsgstr ""\n\nmsgid "No"\nmsgstr ""')
    assert faults_of_completeness(wanted, planted(held)) == [fault]


def test_a_plural_that_changed_is_found() -> None:
    wanted = planted('msgid "one"\nmsgid_plural "%(num)s new"\nmsgstr[0] ""\nmsgstr[1] ""\nmsgstr[2] ""')
    held = planted('msgid "one"\nmsgid_plural "%(num)s old"\nmsgstr[0] "а"\nmsgstr[1] "б"\nmsgstr[2] "в"')
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
        (faults_of_language, 'msgid "Ombudsman"\nmsgstr "Ombudsman"', "same as English"),
    ],
)
def test_an_unfinished_catalogue_is_found(rule: Callable[[Catalog], list[str]], entry: str, fault: str) -> None:
    faults = rule(planted(entry))
    assert faults
    assert faults[0].startswith(fault)


def test_a_header_that_counts_wrongly_or_is_fuzzy_is_found() -> None:
    wrong = planted('msgid "Yes"\nmsgstr "Да"', plural="nplurals=2; plural=(n != 1);")
    assert faults_of_finish(wrong)[0].startswith("plural forms: the header must say nplurals=3")
    assert "fuzzy: the header" in faults_of_finish(planted(SOUND, before="#, fuzzy\n"))


def _compiled(catalog: Catalog) -> Translations:
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    buffer.seek(0)
    return Translations(buffer)
