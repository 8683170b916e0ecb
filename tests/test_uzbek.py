"""Uzbek in Cyrillic letters, as the orthography has it."""

import pytest

from tests.catalogues import cyrillic
from tests.catalogues.uzbek import to_cyrillic


@pytest.mark.parametrize(
    ("latin", "spelled"),
    [
        ("Oʻzbekiston Respublikasi", "Ўзбекистон Республикаси"),
        ("gʻoyib, togʻ", "ғойиб, тоғ"),
        ("shahar, choy, Ishga, ishsiz", "шаҳар, чой, Ишга, ишсиз"),
        ("Isʼhoq, sathidan", "Исҳоқ, сатҳидан"),
        ("yoʻl, yoʻq, tayyor, dunyo, yomon", "йўл, йўқ, тайёр, дунё, ёмон"),
        ("yuborish, yana, kiyim, yigʻilish, ijtimoiy", "юбориш, яна, кийим, йиғилиш, ижтимоий"),
        ("yer, yetib, qayerda, berilgan", "ер, етиб, қаерда, берилган"),
        ("elektron, eʼlon, poeziya, aeroport, voqea", "электрон, эълон, поэзия, аэропорт, воқеа"),
        ("maʼlumot, sanʼat, masʼul, meʼyor, suiisteʼmol", "маълумот, санъат, масъул, меъёр, суиистеъмол"),
        ("moʻʼjiza", "мўъжиза"),
        ("konstitutsiya, militsiyaga, deportatsiya", "конституция, милицияга, депортация"),
        ("konvensiyasi, korrupsiya, aksiya; aksincha", "конвенцияси, коррупция, акция; аксинча"),
        ("pensiya, versiya, komissiya", "пенсия, версия, комиссия"),
        ("aytsa, ketsa, muvaffaqiyatsiz", "айтса, кетса, муваффақиятсиз"),
        ("advokat, genotsid, protsent, ofitser", "адвокат, геноцид, процент, офицер"),
        ("5-sentabr, 5-sentabrda, aprel, aprelda, iyul", "5-сентябрь, 5-сентябрда, апрель, апрелда, июль"),
        ("parol, paroli, rol, albom, filtrlar", "пароль, пароли, роль, альбом, фильтрлар"),
        ("kompyuter, intervyu, obyekt, premyer, syomka", "компьютер, интервью, объект, премьер, съёмка"),
        ("rayon, mayor, xayol", "район, майор, хаёл"),
        ("borsh", "борщ"),
    ],
)
def test_words_are_spelled_as_the_orthography_has_it(latin: str, spelled: str) -> None:
    assert to_cyrillic(latin) == spelled


@pytest.mark.parametrize("mark", "ʻ‘'`’")
def test_every_way_to_type_the_marks_is_understood(mark: str) -> None:
    assert to_cyrillic(f"O{mark}zbek, g{mark}oya, yo{mark}q, ma{mark}no, bo{mark}sh") == "Ўзбек, ғоя, йўқ, маъно, бўш"


def test_letters_are_as_large_as_they_were() -> None:
    assert to_cyrillic("SHOSHILINCH! Shoshilinch. OʻCHIRISH, Oʻchirish, EʼLON, YOʻQ, Yoʻq, YUBORISH, Yer, E, Ch") == (
        "ШОШИЛИНЧ! Шошилинч. ЎЧИРИШ, Ўчириш, ЭЪЛОН, ЙЎҚ, Йўқ, ЮБОРИШ, Ер, Э, Ч"
    )
    assert to_cyrillic("KONSTITUTSIYA, Sentabr, BMT, FSHXP") == "КОНСТИТУЦИЯ, Сентябрь, БМТ, ФШХП"


def test_what_is_filled_in_or_no_word_stays_as_it_is() -> None:
    text = '%(name)s: %(count)d <b class="nima">ha</b><br>&nbsp;# https://example.org/uz?a=b name@example.org key.pem'
    assert to_cyrillic(text) == text.replace(">ha<", ">ҳа<")
    assert to_cyrillic("gpg --armor --export; flask evidence verify -v, keyin") == (
        "gpg --armor --export; flask evidence verify -v, кейин"
    )


def test_words_that_shall_stay_latin_do_and_only_as_whole_words() -> None:
    assert to_cyrillic("Tor Browser, Tor va tor; Torda; PDFni, PDF", ["Tor", "Tor Browser", "PDF"]) == (
        "Tor Browser, Tor ва тор; Торда; ПДФни, PDF"
    )


def test_what_is_cyrillic_already_is_left_alone() -> None:
    text = "Ўзбекча, 12 дақиқа: «ҳа»"
    assert to_cyrillic(text) == text


def test_the_catalogue_in_cyrillic_letters_is_what_the_one_in_latin_letters_gives() -> None:
    assert cyrillic.CYRILLIC.read_bytes() == cyrillic.made(cyrillic.LATIN.read_bytes()), "run `make translations`"
