"""The letters of each language, and how its words look when somebody typed them on a Russian or English keyboard."""

import re
from dataclasses import dataclass

_RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_ENGLISH = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Alphabet:
    """How a language is written.

    Args:
        letters: all its letters, small.
        own: those that a Russian or English keyboard lacks, each followed by the one that is typed instead.
        share: the least share of its own letters in a catalogue, in thousandths of all letters.
        quotes: the quotation marks.
        foreign: what no word of the language has, but for borrowed ones.
        borrowed: the beginnings of borrowed words.
        alike: words that may stand beside one that differs by its own letters alone.
    """

    letters: str
    own: str = ""
    share: int = 0
    quotes: str = "«»"
    foreign: re.Pattern[str] = re.compile("(?!)")
    borrowed: tuple[str, ...] = ()
    alike: frozenset[str] = frozenset()

    def typed(self, word: str) -> str:
        """Return a word as it is typed where the language's own letters are missing."""
        return word.translate(str.maketrans(self.own[::2], self.own[1::2]))


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ALPHABETS = {
    "en": Alphabet(_ENGLISH, quotes="“”"),
    "ru": Alphabet(_RUSSIAN),
    "kk": Alphabet(
        _RUSSIAN + "әғқңөұүһі",
        own="әаөоүуұуқкғгңніи",
        share=120,
        # Beside а, о, ұ, ы stand қ and ғ; ё ц ч щ ъ ь э are in borrowed words alone; “your” ends in ңіз and ңыз.
        foreign=re.compile("[кг][аоұы]|[аоұы][кг]|[ёцчщъьэ]|н[ыі]з(?:д[ыіае]ң?|ға|ге|бен)?$"),
        borrowed=_words(
            "адвокат аккаунт ақпкк блогер декларация депортация диагноз журналист инкогнито камера карта клиника код"
            " колония команда компани компьютер конвенция конституция координат коррупция макрос медицина ноутбу орган"
            " пакет пакт пиксель полиция прокур проценти процес психика редактор редакция сертификат сканер судья"
            " тролль хокимият цифр шекара экономика экран экспорт электрон эәмқхп милиция пароль роль қатыгез секунд"
        ),
        alike=frozenset({"соны"}),
    ),
    "ky": Alphabet(
        _RUSSIAN + "ңөү",
        own="ңнөоүу",
        share=50,
        foreign=re.compile("[щъьц]|н[иыуү]з(?:д[иыуүаеоө]н?|г[аеоө])?$"),
        borrowed=_words(
            "администрация декларация депортация компьютер конвенция конституция коррупция миграция милиция ориентация"
            " полиция процент процес редакция роль социал судья таблица цифра экстрадиция ящи пароль милиционер"
        ),
        alike=frozenset({"го", "тен", "болуп"}),
    ),
    "uz": Alphabet("abcdefghijklmnopqrstuvxyz", quotes="“”", foreign=re.compile("c(?!h)"), borrowed=("acca",)),
    "uz-Cyrl": Alphabet("абвгдеёжзийклмнопрстуфхцчшъьэюяўқғҳ", own="ўуғгқкҳх", share=45, quotes="“”"),
    "tg": Alphabet(
        "абвгдеёжзийклмнопрстуфхчшъэюяғӣқӯҳҷ",
        own="ғгӣиқкӯуҳхҷч",
        share=40,
        foreign=re.compile("..хо(?:и|ро|е|яш|ям|ят|ятон)?$"),
        alike=frozenset(_words("ки чи кори маркази озоди шахси суди телефони дохили")),
    ),
    "tk": Alphabet(
        "abdefghijklmnoprstuwyzäçňöşüýž",
        own="äaçcňnöoşsüuýyžz",
        share=100,
        quotes="“”",
        foreign=re.compile("[aeäoöuü]y|y[aeäoöuü]"),  # between vowels stands ý
        alike=frozenset(_words("on name soran saklan a den")),
    ),
}
# A few words of Russian that no other language of ours has: where one stands, a sentence was left in Russian.
RUSSIAN_WORDS = frozenset(
    _words(
        "что это этот эта эти если или для чтобы нельзя мы вы вас вам ваш ваша ваше ваши вашего нет как его её их при"
        " после может можно нужно только ещё уже здесь всё все кто где когда из за без об под над свой который которая"
        " которые быть было будет есть сообщение обращение дело страница вернуться назад дальше отправить"
    )
)
# What is the same in Russian and another language without having been left there.
INTERNATIONAL = frozenset(
    _words(
        "адвокат администратор архив байт видео депортация документ документы журналист код медиана омбудсмен оператор"
        " пароль программа прокуратура редактор редакция роль сеанс сервер суд таблица текст файл диаграмма кыргызстан"
        " узбекистан кб мб гб"
    )
)
