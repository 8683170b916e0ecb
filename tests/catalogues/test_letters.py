"""Catalogues are written in the letters and the marks of their language; and each rule finds the fault it is for."""

from collections.abc import Callable

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.catalogues.finish import faults_of_markup
from tests.catalogues.letters import (
    CYRILLIC_LETTER,
    LETTERS,
    LETTERS_SPOKEN_OF,
    WORD,
    faults_of_alphabet,
    faults_of_apostrophes,
    faults_of_own_letters,
    faults_of_russian,
    faults_of_script,
)
from tests.catalogues.reading import TEMPLATE, TRANSLATED, catalogue, english, messages, path_of, planted, told
from tests.catalogues.terms import TERMS, faults_of_terms
from tests.catalogues.wording import WORDING, faults_of_ends, faults_of_entities, faults_of_quotes, faults_of_spaces

Faults = Callable[[Catalog], list[str]]
SOUND = {
    "kk": "Хатыңызды жіберіңіз «Signal» арқылы.",
    "ky": "Катыңызды жөнөтүңүз «Signal» аркылуу.",
    "uz": "Xatingizni yuboring “Signal” orqali, maʼlumot toʻliq.",
    "uz-Cyrl": "Хатингизни юборинг “Signal” орқали.",
    "tg": "Мактуби худро ба воситаи «Signal» фиристед, ҳуқуқҳо.",
    "tk": "Hatyňyzy “Signal” arkaly iberiň.",
}
PLANTED: list[tuple[Faults, str, str, str]] = [
    (faults_of_script, "kk", "Xат", "two scripts in one word"),  # the first letter is a Latin one
    (faults_of_script, "ky", "Кат letter", "the other script"),
    (faults_of_script, "uz", "xat письмо", "the other script"),
    (faults_of_script, "tk", "hаt", "two scripts in one word"),  # its а is a Cyrillic one
    (faults_of_alphabet, "tg", "мы", "letters of another language"),
    (faults_of_alphabet, "tg", "щит", "letters of another language"),
    (faults_of_alphabet, "ky", "іс", "letters of another language"),
    (faults_of_alphabet, "uz-Cyrl", "мы", "letters of another language"),
    (faults_of_alphabet, "tk", "cat", "letters of another language"),
    (faults_of_alphabet, "uz", "wat", "letters of another language"),
    (faults_of_alphabet, "ru", "қате", "letters of another language"),
    (faults_of_alphabet, "kk", "хабарламаныз", "not spelled"),
    (faults_of_alphabet, "kk", "кауип", "not spelled"),
    (faults_of_alphabet, "kk", "дочка", "not spelled"),
    (faults_of_alphabet, "ky", "катыныз", "not spelled"),
    (faults_of_alphabet, "tg", "хукукхои", "not spelled"),
    (faults_of_alphabet, "tk", "yok", "not spelled"),
    (faults_of_own_letters, "kk", "Қате. Кате.", "'кате' is spelled 'қате' elsewhere"),
    (faults_of_own_letters, "ky", "Бөлөк, болок", "'болок' is spelled 'бөлөк' elsewhere"),
    (faults_of_own_letters, "tg", "Ҷавоб, чавоб", "'чавоб' is spelled 'ҷавоб' elsewhere"),
    (faults_of_own_letters, "tk", "Işgär, isgar", "'isgar' is spelled 'işgär' elsewhere"),
    (faults_of_own_letters, "kk", "редакция " * 300, "of 1000 letters 0 are the language's own"),
    (faults_of_apostrophes, "uz", "O'zbek", "wrong mark"),
    (faults_of_apostrophes, "uz", "g’oya", "wrong mark"),
    (faults_of_apostrophes, "uz", "ma'lumot", "wrong mark"),
    (faults_of_apostrophes, "uz", "maʻlumot", "wrong mark"),
    (faults_of_apostrophes, "uz", "bo`lim", "wrong mark"),
    (faults_of_apostrophes, "uz", "oʼquvchi", "wrong mark"),
    (faults_of_russian, "tg", "Хатро фиристед, если хоҳед", "Russian words ['если']"),
    (faults_of_spaces, "kk", "Бұл  қате", "spaces"),
    (faults_of_spaces, "kk", "Бұл қате ", "spaces"),
    (faults_of_spaces, "kk", "Бұл , қате", "spaces"),
    (faults_of_ends, "kk", "Бұл қате.", "end of sentence"),
    (faults_of_ends, "kk", "Бұл қате?", "end of sentence"),
    (faults_of_quotes, "kk", "Бұл “қате”", "quotation marks"),
    (faults_of_quotes, "kk", 'Бұл \\"қате\\"', "quotation marks"),
    (faults_of_quotes, "uz", "Bu «xato»", "quotation marks"),
    (faults_of_quotes, "kk", "Бұл «қате", "quotation marks not closed"),
    (faults_of_entities, "kk", "Бұл &nbsp; қате", "entities"),
    (faults_of_entities, "kk", "Бұл & қате", "entities"),
    (faults_of_entities, "kk", "Бұл < қате", "entities"),
    (faults_of_markup, "kk", "Бұл <b>қате", "markup"),
]


@pytest.mark.parametrize("rule", [*LETTERS, *WORDING, faults_of_terms])
@pytest.mark.parametrize("tag", TRANSLATED)
def test_every_catalogue_is_written_as_its_language_is(tag: str, rule: Faults) -> None:
    faults = rule(catalogue(tag))
    assert not faults, told(path_of(tag), faults)


def test_the_english_source_has_no_cyrillic_letters() -> None:
    with TEMPLATE.open("rb") as file:
        said = [text for message in messages(read_po(file)) for text in english(message)]
    words = {word for text in said for word in WORD.findall(text) if CYRILLIC_LETTER.search(word)}
    assert words <= LETTERS_SPOKEN_OF


@pytest.mark.parametrize("rule", [*LETTERS, *WORDING, faults_of_terms])
@pytest.mark.parametrize("tag", SOUND)
def test_a_sound_text_has_no_fault(tag: str, rule: Faults) -> None:
    assert rule(planted(f'msgid "Send your letter by “Signal”."\nmsgstr "{SOUND[tag]}"', tag)) == []


@pytest.mark.parametrize(("rule", "tag", "text", "fault"), PLANTED)
def test_a_planted_fault_is_found(rule: Faults, tag: str, text: str, fault: str) -> None:
    faults = rule(planted(f'msgid "This is a fault"\nmsgstr "{text}"', tag))
    assert faults
    assert fault in faults[0]


def test_a_text_that_was_left_in_russian_is_found() -> None:
    ours, theirs = catalogue("ru"), catalogue("kk")
    left = next(message for message in messages(ours) if str(message.id).startswith("Send") and " " in str(message.id))
    held = {message.id for message in messages(theirs)}
    assert left.id in held
    faults = faults_of_russian(planted(f'msgid "{left.id}"\nmsgstr "{left.string}"', "kk"))
    assert faults[0].startswith("same as Russian")


@pytest.mark.parametrize("term", TERMS)
def test_a_term_that_is_said_otherwise_is_found(term: str) -> None:
    assert faults_of_terms(planted(f'msgid "The {term}s"\nmsgstr "Басқа"', "kk"))[0].startswith(f"{term} shall be")


def test_a_text_that_asks_where_the_english_asks_may() -> None:
    assert faults_of_ends(planted('msgid "Is it?"\nmsgstr "Солай ма?"', "kk")) == []
    assert faults_of_ends(planted('msgid "Is it?"\nmsgstr "Солай"', "kk")) != []
