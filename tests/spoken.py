"""What the house says in a language, out of its catalogue: words that are missing or still English are a failure."""

from babel import Locale
from babel.support import Translations

from intake.config import ROOT
from intake.i18n import LANGUAGE_NAMES, NEVER_SEEN_LANGUAGE

FOLDER = ROOT / "intake" / "translations"


class Spoken:
    """The words of one language.

    Args:
        lang: its tag.
    """

    def __init__(self, lang: str) -> None:
        """Read the catalogue."""
        assert lang in LANGUAGE_NAMES
        self.lang = lang
        self.locale = Locale.parse(lang, sep="-")
        self._words = Translations.load(FOLDER, [str(self.locale)])

    def __call__(self, english: str, **filled: object) -> str:
        """Return the words for English ones, filled in."""
        said = self._words.gettext(english)
        self._differ(said, english)
        return said % filled if filled else said

    def counted(self, one: str, many: str, number: int) -> str:
        """Return the words for a number of things."""
        said = self._words.ngettext(one, many, number)
        self._differ(said, one if number == 1 else many)
        return said % {"num": number}

    def _differ(self, said: str, english: str) -> None:
        is_same = said == english
        assert is_same == (self.lang == NEVER_SEEN_LANGUAGE), f"{self.lang} has no words for: {english}"
