"""Kinds of body or person that may have done it. They are alleged, wherever they are shown."""

from flask_babel import lazy_gettext as _l

PERPETRATORS = {
    "police": _l("Police / Ministry of Internal Affairs"),
    "national_security": _l("National security / secret service"),
    "prosecutor": _l("Prosecutor's office"),
    "court": _l("Court / judge"),
    "penitentiary": _l("Prison, colony, pre-trial detention (SIZO), temporary detention cell (IVS)"),
    "military": _l("Army / conscription (hazing)"),
    "national_guard": _l("National Guard / riot troops"),
    "border_customs": _l("Border guards / customs"),
    "migration": _l("Migration / passport service (exit bans, deportation)"),
    "anti_corruption_financial": _l("Anti-corruption, financial police, tax, drug control"),
    "local_administration": _l("Local administration (akimat, hokimiyat, hukumat, häkimlik; mahalla)"),
    "education": _l("School, kindergarten, university, children's institution"),
    "health_psychiatric": _l("Hospital, psychiatric clinic"),
    "employer_company": _l("Employer / company / farm"),
    "religious_authority": _l("Religious affairs body"),
    "media_online": _l("People online, trolls, unknown account"),
    "family_private": _l("Family member or private person"),
    "criminal_group": _l("Criminal group / recruiters"),
    "foreign_state": _l("Authorities of another country"),
    "other": _l("Other"),
    "unknown": _l("I do not know"),
}
