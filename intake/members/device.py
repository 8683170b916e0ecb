"""What a member knows a browser by in the list of their sessions: its kind and the device's, never a place."""

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("YaBrowser", "Yandex"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_DEVICES = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def described(user_agent: str) -> str:
    """Return words such as “Firefox, Android”; empty where a browser does not say what it is."""
    kinds = (next((name for sign, name in signs if sign in user_agent), "") for signs in (_BROWSERS, _DEVICES))
    return ", ".join(filter(None, kinds))
