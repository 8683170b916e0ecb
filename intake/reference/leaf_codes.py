"""The finer kinds of violation with which a journalist codes a case: 27 leaf codes, and the articles each brings.

The taxonomy is ours. Articles that no source confirmed are marked: a lawyer has to look at them once.
"""

from typing import NamedTuple

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from intake.reference.violations import SENSITIVE as SENSITIVE_CATEGORIES
from intake.reference.violations import VIOLATIONS

WHOLE = "whole"  # of a treaty that is meant as a whole
REPRISAL = "DEFENDER_REPRISAL"
SENSITIVE = SENSITIVE_CATEGORIES | {"LGBTI"}  # of these, nothing that was told is shown in a list
_UNSURE = "?"  # behind the number of an article that no source confirmed
# Treaties and declarations: how they are called for short, and in full.
TREATIES = {
    "UDHR": (_l("UDHR"), _l("Universal Declaration of Human Rights")),
    "ICCPR": (_l("ICCPR"), _l("International Covenant on Civil and Political Rights")),
    "ICESCR": (_l("ICESCR"), _l("International Covenant on Economic, Social and Cultural Rights")),
    "CAT": (_l("CAT"), _l("Convention against Torture")),
    "CED": (_l("CED"), _l("Convention on Enforced Disappearance")),
    "CEDAW": (_l("CEDAW"), _l("Convention on the Elimination of Discrimination against Women")),
    "CRC": (_l("CRC"), _l("Convention on the Rights of the Child")),
    "CRPD": (_l("CRPD"), _l("Convention on the Rights of Persons with Disabilities")),
    "ICERD": (_l("ICERD"), _l("Convention on the Elimination of Racial Discrimination")),
    "ICMW": (_l("ICMW"), _l("Convention on the Rights of Migrant Workers")),
    "C29": (_l("ILO C29"), _l("Forced Labour Convention of the ILO")),
    "C105": (_l("ILO C105"), _l("Abolition of Forced Labour Convention of the ILO")),
    "REFUGEES": (_l("Refugee Convention"), _l("Convention relating to the Status of Refugees, 1951")),
}


class Article(NamedTuple):
    """An article of a treaty, and whether a source confirmed that it is about this."""

    treaty: str
    number: str
    is_sure: bool

    @property
    def code(self) -> str:
        """How it is kept, such as ``ICCPR 7``."""
        return f"{self.treaty} {self.number}"


class Leaf(NamedTuple):
    """A leaf code: its group, its names, and what it brings.

    Attributes:
        group: one of ``violations.GROUPS``.
        name: what it is called.
        explained: a sentence that explains it.
        category: the category of the complainant that it is a part of; empty if they cannot choose it.
        articles: what is violated by it.
        neutral: what it is called in lists that others may see over a shoulder, where its name tells too much.
    """

    group: str
    name: str
    explained: str
    category: str
    articles: tuple[Article, ...]
    neutral: str = ""

    @property
    def listed(self) -> str:
        """What it is called in lists."""
        return self.neutral or self.name


def _articles(text: str) -> tuple[Article, ...]:
    """Read articles as they are written below: treaty by treaty, a question mark behind what is not confirmed."""
    found = []
    for part in text.split(", ") if text else ():
        treaty, *numbers = part.split()
        found += [Article(treaty, number.rstrip(_UNSURE), not number.endswith(_UNSURE)) for number in numbers]
    return tuple(found)


def _same(category: str, articles: str) -> Leaf:
    """Return the leaf code that is a category of the complainant's, word for word."""
    known = VIOLATIONS[category]
    return Leaf(known.group, known.name, known.explained, category, _articles(articles))


LEAVES = {
    "TORTURE": _same("TORTURE", "UDHR 5, ICCPR 7 10, CAT 1 2 12? 13? 14? 15? 16?, CRC 37?"),
    "ARBITRARY_DETENTION": _same("ARBITRARY_DETENTION", "UDHR 9, ICCPR 9 10 14"),
    "DISAPPEARANCE": _same("DISAPPEARANCE", "UDHR 3 6? 9, ICCPR 6 7 9 16?, CED 1? 2? 12? 17? 24?"),
    "DEATH": _same("DEATH", "UDHR 3, ICCPR 6, CAT 12? 13?"),
    "DETENTION_CONDITIONS": _same("DETENTION_CONDITIONS", "UDHR 5, ICCPR 7 10, CAT 11? 16?, ICESCR 12"),
    "UNFAIR_TRIAL": _same("UNFAIR_TRIAL", "UDHR 8 10 11, ICCPR 2 14 15? 26"),
    "CORRUPTION_ABUSE": _same("CORRUPTION_ABUSE", "UDHR 7 8, ICCPR 2 14 26"),
    "EXPRESSION_MEDIA": _same("EXPRESSION_MEDIA", "UDHR 19, ICCPR 19"),
    "ONLINE": Leaf(
        "civic",
        _l("Blocked internet, surveillance of accounts, online bullying"),
        _l("Sites, messengers or VPN are blocked, or a person is hunted, exposed or blackmailed online."),
        "ONLINE_PRIVACY",
        _articles("UDHR 12 19, ICCPR 17 19 20?, CEDAW 2? 5?, CRC 16? 17? 19"),
    ),
    "PRIVACY_SEARCH": Leaf(
        "civic",
        _l("Search, spying or personal data"),
        _l("Home or phone searched, calls tapped, data leaked, or a forced “confession” video published."),
        "ONLINE_PRIVACY",
        _articles("UDHR 12, ICCPR 17"),
    ),
    "ASSEMBLY_ASSOCIATION": Leaf(
        "civic",
        _l("Protest, NGO, party or union stopped"),
        _l("A peaceful meeting, picket, association or union was banned or punished."),
        "ASSEMBLY_POLITICS",
        _articles("UDHR 20, ICCPR 21 22, ICESCR 8?"),
    ),
    "ELECTIONS": Leaf(
        "civic",
        _l("Elections and taking part in public life"),
        _l("A person is stopped from voting, standing, observing, or is forced to vote."),
        "ASSEMBLY_POLITICS",
        _articles("UDHR 21, ICCPR 25"),
    ),
    "RELIGION": _same("RELIGION", "UDHR 18, ICCPR 18 26 27"),
    REPRISAL: Leaf(
        "civic",
        _l("Revenge for complaining or defending others"),
        _l(
            "A human rights defender, lawyer, witness or complainant – or their family – is punished for speaking up. "
            "Treat every one as urgent."
        ),
        "",
        _articles("UDHR 8 19 20, ICCPR 2 7 9 19 22, CAT 13?"),
    ),
    "DOMESTIC_VIOLENCE_WOMEN": _same(
        "DOMESTIC_VIOLENCE_WOMEN", "UDHR 3 5 16?, ICCPR 3 7 23 26, CEDAW 1? 2? 5? 15? 16?"
    ),
    "SEXUAL_VIOLENCE": _same("SEXUAL_VIOLENCE", "UDHR 5, ICCPR 7 9 17, CEDAW 1? 2? 5? 11?, CAT 1 16?, CRC 34?"),
    "CHILD": _same("CHILD", "UDHR 25 26, ICCPR 24, CRC 3? 19 28? 32? 34? 35? 36? 37? 39? 40?"),
    "TRAFFICKING_FORCED_LABOUR": _same(
        "TRAFFICKING_FORCED_LABOUR",
        "UDHR 4?, ICCPR 8, ICESCR 6? 7?, CEDAW 6?, CRC 32? 34? 35?, ICMW 11?, C29 whole?, C105 1?",
    ),
    "DISCRIMINATION_ETHNIC": Leaf(
        "equality",
        _l("Discrimination: ethnicity, language, origin"),
        _l("Unequal treatment or persecution because of ethnic group, language or region."),
        "DISCRIMINATION",
        _articles("UDHR 2 7, ICCPR 2 26 27, ICERD 1? 2? 5? 6?, CRC 2? 30?"),
    ),
    "DISABILITY": Leaf(
        "equality",
        _l("Rights of persons with disabilities"),
        _l("Help, access, education or freedom is denied because of disability or mental-health diagnosis."),
        "DISCRIMINATION",
        _articles("UDHR 7 25, ICCPR 26, CRPD 5? 9? 12? 14? 15? 19? 24? 25? 27? 28?, CRC 23?"),
    ),
    "LGBTI": Leaf(
        "equality",
        _l("Violence or discrimination against LGBTI people"),
        _l("A person is beaten, blackmailed, exposed, jailed or fired for who they are."),
        "DISCRIMINATION",
        _articles("UDHR 2 3 7 12, ICCPR 2 7 9 17 26"),
        _l("Unequal treatment: another reason"),
    ),
    "PROPERTY_EVICTION": _same("PROPERTY_EVICTION", "UDHR 12 17, ICCPR 17, ICESCR 11"),
    "LABOUR_SOCIAL": _same("LABOUR_SOCIAL", "UDHR 22 23? 24? 25 26, ICESCR 6? 7? 8? 9? 11 13, ICMW 25?"),
    "HEALTH_ENVIRONMENT": _same("HEALTH_ENVIRONMENT", "UDHR 25, ICESCR 11 12, ICCPR 6 7, CEDAW 12?"),
    "MOVEMENT_EXIT_BAN": _same("MOVEMENT_EXIT_BAN", "UDHR 13? 15?, ICCPR 12 24"),
    "TRANSNATIONAL_REFUGEE": _same(
        "TRANSNATIONAL_REFUGEE", "UDHR 14?, ICCPR 7 13?, CAT 3, CED 16?, ICMW 10? 16? 22?, REFUGEES 33?"
    ),
    "OTHER": _same("OTHER", ""),
}


def possible(categories: list[str], *, reprisal: bool = False) -> list[str]:
    """Return the leaf codes that may be meant by what a complainant ticked.

    Args:
        categories: the categories; unknown ones do not matter.
        reprisal: whether it is said to be a punishment for complaining or for defending others.
    """
    found = [code for code, leaf in LEAVES.items() if leaf.category in categories]
    return [*found, REPRISAL] if reprisal else found


def certain(categories: list[str], *, reprisal: bool = False) -> list[str]:
    """Return those of the leaf codes that alone can be meant: where a category has several, a journalist chooses.

    Args:
        categories: the categories; unknown ones do not matter.
        reprisal: whether it is said to be a punishment for complaining or for defending others.
    """
    parts = [leaf.category for leaf in LEAVES.values()]
    found = possible(categories, reprisal=reprisal)
    return [code for code in found if code == REPRISAL or parts.count(LEAVES[code].category) == 1]


def said(article: str) -> str:
    """Return a kept article in words; what today's list does not know stands as it was kept.

    Args:
        article: such as ``ICCPR 7``.
    """
    treaty, _, number = article.partition(" ")
    if treaty not in TREATIES:
        return article
    name = str(TREATIES[treaty][0])
    return name if number == WHOLE else gettext("%(treaty)s, art. %(number)s", treaty=name, number=number)
