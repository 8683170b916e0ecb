"""What kinds of violation a person can name: 9 groups and the 22 plain codes under them.

The taxonomy is ours; a journalist codes more finely later. The words are for people, not for lawyers.
"""

from typing import NamedTuple

from flask_babel import lazy_gettext as _l


class Violation(NamedTuple):
    """A kind of violation: its group, its name, and a sentence that explains it."""

    group: str
    name: str
    explained: str


GROUPS = {
    "liberty_and_body": _l("Arrest, violence by officials, death"),
    "justice": _l("Courts and officials"),
    "civic": _l("Speech, protest, faith, internet"),
    "women_children": _l("Women, family, children"),
    "exploitation": _l("Trafficking and forced labour"),
    "equality": _l("Unequal treatment"),
    "livelihood": _l("Home, work, health"),
    "movement": _l("Travel, abroad, refugees"),
    "other": _l("Something else"),
}
VIOLATIONS = {
    "TORTURE": Violation(
        "liberty_and_body",
        _l("Torture or cruel treatment"),
        _l("Someone in authority hurt, humiliated or threatened a person to punish, frighten or force a confession."),
    ),
    "ARBITRARY_DETENTION": Violation(
        "liberty_and_body",
        _l("Unlawful or unfair arrest or detention"),
        _l("Someone was taken or is held without a lawful reason, without a lawyer, or for using their rights."),
    ),
    "DISAPPEARANCE": Violation(
        "liberty_and_body",
        _l("Enforced disappearance"),
        _l("Officials or people working with them took someone and now deny it or hide where the person is."),
    ),
    "DEATH": Violation(
        "liberty_and_body",
        _l("Death in custody or unlawful killing"),
        _l("A person died in the hands of the state, was shot, or the state did not investigate a killing."),
    ),
    "DETENTION_CONDITIONS": Violation(
        "liberty_and_body",
        _l("Bad conditions or no medical care in prison"),
        _l("A prisoner is denied food, care, visits, letters, or is kept in harsh conditions."),
    ),
    "UNFAIR_TRIAL": Violation(
        "justice",
        _l("Unfair investigation or trial"),
        _l("The case was invented, the court was not fair, or the lawyer was blocked or punished."),
    ),
    "EXPRESSION_MEDIA": Violation(
        "civic",
        _l("Pressure for speech or journalism"),
        _l("A journalist, blogger or ordinary person is punished or threatened for what they said or published."),
    ),
    "ONLINE_PRIVACY": Violation(
        "civic",
        _l("Internet blocked, spying, online bullying"),
        _l(
            "Sites or messengers are blocked, a home, phone or account is searched or watched, or a person is "
            "bullied or blackmailed online."
        ),
    ),
    "ASSEMBLY_POLITICS": Violation(
        "civic",
        _l("Protest, organisation or election"),
        _l(
            "A peaceful protest, NGO, union or party was stopped or punished, or voting or standing for "
            "election was blocked or forced."
        ),
    ),
    "RELIGION": Violation(
        "civic",
        _l("Pressure because of religion or belief"),
        _l("A person is punished, fined or watched for faith, or for having none."),
    ),
    "TRAFFICKING_FORCED_LABOUR": Violation(
        "exploitation",
        _l("Human trafficking or forced labour"),
        _l("Someone is sold, tricked, or made to work by force, threat or order of officials."),
    ),
    "DOMESTIC_VIOLENCE_WOMEN": Violation(
        "women_children",
        _l("Violence against women, family violence"),
        _l(
            "A woman or family member is beaten, controlled, or forced into marriage and the state does not "
            "protect her."
        ),
    ),
    "SEXUAL_VIOLENCE": Violation(
        "women_children",
        _l("Rape, sexual violence or harassment"),
        _l("A sexual act, touching, images or threats without consent – by officials or anybody else."),
    ),
    "CHILD": Violation(
        "women_children",
        _l("Harm to a child"),
        _l("A person under 18 is beaten, sexually abused, exploited, taken from family or kept out of school."),
    ),
    "DISCRIMINATION": Violation(
        "equality",
        _l("Unequal treatment or attack because of who you are"),
        _l("Because of ethnicity or language, disability, sexual orientation or gender, or another reason."),
    ),
    "PROPERTY_EVICTION": Violation(
        "livelihood",
        _l("House, land or property taken"),
        _l("Home demolished, land or business taken without fair payment or court."),
    ),
    "LABOUR_SOCIAL": Violation(
        "livelihood",
        _l("Work, wages, pension, education or benefits"),
        _l("Wages, pension, benefits, schooling or safe work are denied."),
    ),
    "HEALTH_ENVIRONMENT": Violation(
        "livelihood",
        _l("Health care or dangerous environment"),
        _l("Treatment is refused or harmful, or pollution puts people in danger."),
    ),
    "MOVEMENT_EXIT_BAN": Violation(
        "movement",
        _l("Travel ban, passport refused, internal registration"),
        _l("A person is not allowed to leave, return, or live where they choose."),
    ),
    "TRANSNATIONAL_REFUGEE": Violation(
        "movement",
        _l("Persecution abroad, extradition, refugees, migrants"),
        _l(
            "A person is chased, kidnapped or handed over by another country, or an asylum seeker or migrant is "
            "mistreated."
        ),
    ),
    "CORRUPTION_ABUSE": Violation(
        "justice",
        _l("Corruption or abuse of office"),
        _l("An official demands money or misuses power and this harms someone's rights."),
    ),
    "OTHER": Violation(
        "other",
        _l("Something else / I am not sure"),
        _l("You do not need to know the name. Tell what happened; a journalist will choose."),
    ),
}
# Of these, nothing that was told is shown in a list: whoever passes a screen must not read it.
SENSITIVE = frozenset({"SEXUAL_VIOLENCE", "DOMESTIC_VIOLENCE_WOMEN", "CHILD", "TRAFFICKING_FORCED_LABOUR"})
