"""What a search takes for the same word, and what not, in the languages that people write to us in."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.cases import folding
from intake.cases.search_words import terms_of

# The same word written twice: what stands in quotation marks finds the other one too.
SAME = [
    ("Ўзбекистон", "Oʻzbekiston"),
    ("ЎЗБЕКИСТОН", "o‘zbekiston"),
    ("ўзбек", "o'zbek"),
    ("ўзбек", "o`zbek"),
    ("йўқ", "yo’q"),
    ("ёш", "yosh"),
    ("Ғалаба", "Gʻalaba"),
    ("тоғ", "togʻ"),
    ("боғ", "bog'"),
    ("ҳуқуқ", "huquq"),
    ("Қашқадарё", "Qashqadaryo"),
    ("Чирчиқ", "Chirchiq"),
    ("шаҳар", "shahar"),
    ("маъно", "maʼno"),
    ("аъло", "alo"),
    ("Европа", "Yevropa"),
    ("Жиззах", "Jizzax"),
    ("Юнусобод", "Yunusobod"),
    ("Ёлка", "елка"),
    ("ПОДЪЁМ", "подъем"),
    ("Щёлково", "щелково"),
    ("Қазақстан", "қАЗАҚСТАН"),
    ("Өзгөн", "өзгөн"),
    ("Тоҷикистон", "ТОҶИКИСТОН"),
    ("Türkmenistan", "TÜRKMENISTAN"),
    ("İstanbul", "istanbul"),
    ("кафе\u0301", "кафе\u0301"),
    ("Aşgabat", unicodedata.normalize("NFD", "aşgabat")),
    ("Йод", unicodedata.normalize("NFD", "йод")),
    ("2026", "٢٠٢٦"),
    ("don't", "dont"),
]
# Typed on a keyboard without the letter: a word finds it, a phrase in quotation marks does not.
ALIKE = [
    ("Қазақстан", "Казакстан"),
    ("ғалым", "галым"),
    ("жаңа", "жана"),
    ("өлең", "олен"),
    ("үкім", "уким"),
    ("ұлт", "улт"),
    ("әділет", "адилет"),
    ("Һаким", "хаким"),
    ("Ысык-Көл", "ысык-кол"),
    ("Жаңы", "жаны"),
    ("түрмө", "турмо"),
    ("Тоҷикистон", "Точикистон"),
    ("ҳуқуқ", "хукук"),
    ("ғамгин", "гамгин"),
    ("зӯроварӣ", "зуровари"),
    ("Türkmenistan", "Turkmenistan"),
    ("Aşgabat", "Asgabat"),
    ("ýazgy", "yazgy"),
    ("žurnalist", "zurnalist"),
    ("häkim", "hakim"),
    ("ňe", "ne"),
    ("yoʻq", "yoq"),
    ("togʻ", "tog"),
]
DIFFERENT = [("мыш", "миш"), ("кот", "код"), ("суд", "суп"), ("шаҳар", "чаҳар"), ("бой", "бои"), ("Oʻsh", "oʻch")]


def finds(typed: str, text: str) -> bool:
    """Return whether what was typed is found in a text."""
    return all(term.stands_in(text) for term in terms_of(typed))


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_word_is_found_however_it_is_written(one: str, other: str) -> None:
    for typed, text in ((one, other), (other, one)):
        assert finds(typed, text), "as a word"
        assert finds(f'"{typed}"', f"а {text}, б"), "as a phrase"


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_a_letter_with_a_mark_is_found_without_it_but_not_in_quotation_marks(one: str, other: str) -> None:
    for typed, text in ((one, other), (other, one)):
        assert finds(typed, text)
        assert not finds(f'"{typed}"', text) or folding.exact(one) == folding.exact(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_words_stay_other_words(one: str, other: str) -> None:
    assert not finds(one, other)
    assert not finds(other, one)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("Ўзбекистон", "в Узбекистоне"),
        ("Тоҷикистон", "дар Тожикистон"),
        ("май", "майор"),
        ("ray", "rayon"),
        ("район", "rayon"),
    ],
)
def test_the_beginning_of_a_word_is_enough(typed: str, text: str) -> None:
    assert finds(typed, text)
    assert not finds(text.rsplit(maxsplit=1)[-1], typed) or len(text.rsplit(maxsplit=1)[-1]) == len(typed)


@pytest.mark.parametrize(
    ("typed", "text", "found"),
    [
        ('"суд тергов"', "Суд, тергов.", True),
        ('"суд тергов"', "тергов суд", False),
        ('"суд тергов"', "суд терговчи", False),
        ("суд терг", "терговчи судья", True),
        ("«суд тергов» адво", "суд тергов адвокат", True),
        ("“суд”", "судья", False),
        ("„суд“", "мой суд", True),
        ("суд қамоқ", "суд", False),
        ('суд "тергов', "суд ва тергов", True),  # a mark that nobody closed
        ("удья", "судья", False),
    ],
)
def test_words_must_all_occur_and_phrases_stand_as_they_are(typed: str, text: str, *, found: bool) -> None:
    assert finds(typed, text) is found


@pytest.mark.parametrize("typed", ["", "   ", "!?…—", '""', "« »", "'", "ь", '"', "_"])
def test_without_a_word_there_is_nothing_to_search_for(typed: str) -> None:
    assert terms_of(typed) == []


@given(st.text())
def test_a_text_is_compared_as_its_words_are(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    for fold in (folding.exact, folding.loose):
        one_by_one = "".join(fold(word.text).rstrip() for word in folding.words(text)) or " "
        assert fold(text).split() == one_by_one.split()


@given(st.text(), st.text())
def test_every_word_of_a_text_finds_it(before: str, text: str) -> None:
    for word in folding.words(unicodedata.normalize("NFC", text)):
        assert finds(word.text, f"{before} {text}")
