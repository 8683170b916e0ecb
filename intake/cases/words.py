"""How what is kept as a code is said to people at the desk."""

from flask_babel import lazy_gettext as _l

ACTS = {
    "case.received": _l("Received"),
    "case.added_to": _l("The complainant added something"),
    "case.opened": _l("Opened"),
    "case.acknowledged": _l("Acknowledged"),
}
CONTACT_MODES = {
    "code": _l("Comes back with the code"),
    "none": _l("Must not be contacted"),
    "email": _l("E-mail"),
    "phone": _l("Phone call"),
    "signal": "Signal",
    "telegram": "Telegram",
    "whatsapp": "WhatsApp",
}
