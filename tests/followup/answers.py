"""What a person might answer to every block: each text holds the marker, so that it can be looked for."""

from datetime import timedelta

from intake.i18n import now

MARKER = "Quaggaword"
_SOON = now() + timedelta(days=40)
_DEADLINE = {"deadline-day": str(_SOON.day), "deadline-month": str(_SOON.month), "deadline-year": str(_SOON.year)}
LONG = f"{MARKER}: what I remember"
ANSWERS: dict[str, dict[str, str | list[str]]] = {
    "danger": {"now": "1", "kinds": ["trial"], **_DEADLINE},
    "kind": {"categories": ["ARBITRARY_DETENTION", "TORTURE"], "reprisal": "1"},
    "when": {
        "date_from-month": "3",
        "date_from-year": "2025",
        "date_type": "about",
        "ongoing": "yes",
        "region": "KZ-75",
        "place": LONG,
        "where_now": "TR",
    },
    "victim": {
        "reporter_role": "relative",
        "relation": MARKER,
        "victim_name": MARKER,
        "victim_birth_year": "1987",
        "victim_minor": "no",
        "victim_gender": "man",
        "victim_count": "1",
        "victim_consent": "could_not_ask",
    },
    "who": {"perp_type": ["police"], "perp_detail": LONG},
    "witnesses": {"witnesses": LONG},
    "steps": {
        "complained_to": ["court"],
        "why_not": LONG,
        "case_numbers": MARKER,
        "outcome": LONG,
        "lawyer": "yes",
        "lawyer_may_speak": "no",
        "lawyer_contact": MARKER,
    },
    "detention": {
        "full_name": MARKER,
        "taken-year": "2025",
        "taken_place": LONG,
        "holder": LONG,
        "warrant": "nothing",
        "where_held": LONG,
        "search": LONG,
        "reporter": MARKER,
    },
    "contact": {
        "contact_mode": "signal",
        "contact_value": MARKER,
        "safe_times": LONG,
        "message_ok": "no",
        "shared_device": "yes",
        "say_you_are": LONG,
        "fallback_person": MARKER,
        "reply_lang": "kk",
        "reminder_address": f"{MARKER.lower()}@example.org",
    },
    "publication": {"pub_level": "without_name", "pub_details": ["place"]},
    "sharing": {"share_with": ["lawyers"]},
    "consent": {"keep": "yes", "contact": "yes"},
}
