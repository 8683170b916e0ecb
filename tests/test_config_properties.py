"""Whatever stands in the environment: the settings, or one sentence that names the setting that is wrong."""

import os

from hypothesis import example, given
from hypothesis import strategies as st

from intake import config
from intake.config import KNOWN, PREFIX
from intake.setting_checks import SettingError
from tests.strategies import examples, texts

GOOD = {
    "PUBLIC_URL": "https://intake.example.org",
    "DESK_URL": "https://desk.example.org",
    "ONION_URL": "http://" + "a" * 56 + ".onion",
    "DATABASE_URL": "postgresql://user:word@db.example.org:5432/intake",
    "MAIL_URL": "smtps://user:word@mail.example.org:465",
    "CANARY_ADDRESS": "canary@example.org",
    "CANARY_INBOX": "imaps://user:word@mail.example.org/INBOX",
    "ALARM_URL": "smtp://mail.example.org",
    "ALARM_ADDRESS": "operator@example.org",
    "RETURN_ADDRESS": "bounces@example.org",
    "INBOUND_URL": "imap+starttls://user:word@mail.example.org:143/Desk",
    "STORE_URL": "s3+https://key:word@store.example.org:9000/files?region=eu",
    "BACKUP_STORE_URL": "s3+https://key:word@store.example.org/copies",
    "REDIS_URL": "rediss://:word@redis.example.org/0",
    "CLAMAV_URL": "tcp://127.0.0.1:3310",
    "TIME_ZONE": "Asia/Almaty",
    "LISTEN": "::1",
    "PROXIES": "127.0.0.1, 10.0.0.0/24",
    "BACKUP_RECIPIENT": "age1" + "q" * 58,
    "KEEP_CLOSED_DAYS": "never",
}
ODD = (
    *("9" * 5000, "\udc80", "/\udc80", "http://[::1", "http://[::1]:0", "https://a:99999", "https://\u2100.org", "//"),
    *("file:///\udc80", "file:///a%00b", "smtp://a:0", "imaps://u:p@h/%00", "imaps://u:%ff@h", "unix:///a\0", "1e9"),
    *(
        "s3+https://k:s@h/b?region=%ff&x",
        "sqlite:////\0",
        "postgresql://h:99999999/",
        "²",
        "٣",
        "-1",
        "0",
        "1.2.3.4/99",
    ),
    *(
        "1.2.3.4/99",
        "fe80::1%x",
        "::/0",
        "age1" + "q" * 59,
        "Asia",
        "../../etc/passwd",
        "\0",
        "a@b@c",
        "https://u:p@h",
        "redis://[",
    ),
)


def cut_short(text: str) -> st.SearchStrategy[str]:
    """Draw a setting that is nearly right: a part of it is gone, or something stands in its midst."""
    at = st.integers(0, len(text))
    put = st.one_of(st.sampled_from(["", "/", "@", ":", "%", "[", "]", " ", "#", "?", "\0", "é"]), st.text(max_size=3))
    return st.builds(lambda first, last, piece: text[:first] + piece + text[last:], at, at, put)


def can_be_set(text: str) -> bool:
    """Return whether an environment can hold a text."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True


NAMES = st.sampled_from(KNOWN)
GIVEN_NEARLY_WELL = st.sampled_from(list(GOOD.values())).flatmap(cut_short).filter(can_be_set)
VALUES = st.one_of(st.sampled_from(ODD), texts(40).filter(can_be_set), GIVEN_NEARLY_WELL)


@examples(40, 20_000)
@given(
    given_well=st.sets(st.sampled_from(sorted(GOOD))),
    wrong=st.dictionaries(NAMES, VALUES, min_size=1, max_size=3),
    stray=st.dictionaries(st.text(min_size=1, max_size=12), st.text(max_size=9), max_size=1),
)
@example(given_well=set(), wrong={"PORT": "9" * 5000}, stray={})
@example(given_well=set(), wrong={"KEEP_CLOSED_DAYS": "9" * 5000}, stray={})
def test_any_environment_gives_settings_or_a_sentence_that_names_the_setting(
    given_well: set[str], wrong: dict[str, str], stray: dict[str, str]
) -> None:
    environ = {f"{PREFIX}{name}": GOOD[name] for name in given_well}
    environ |= {f"{PREFIX}{name}": value for name, value in {**wrong, **stray}.items()}
    try:
        settings = config.load(environ)
    except SettingError as error:
        said = str(error)
        assert any(name in said for name in environ) or PREFIX in said
        assert said.endswith((".", "?"))
    else:
        assert settings.port in range(1, 65536)


def test_what_the_others_are_made_of_is_right() -> None:
    assert config.load({f"{PREFIX}{name}": value for name, value in GOOD.items()})
