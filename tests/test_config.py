"""A wrong setting stops the start with one sentence that names it."""

from pathlib import Path

import pytest

from intake import config, post_settings
from intake.config import load
from intake.post_settings import Incoming
from intake.setting_checks import SettingError

RECIPIENT = "age1" + "q" * 58


def test_none_is_needed_for_a_trial() -> None:
    settings = load({})
    assert settings.trial
    assert settings.newsroom_address == "info@acca.media"
    assert settings.mail.folder == settings.instance / "letters"
    assert settings.database_url == f"sqlite:///{settings.instance}/intake.sqlite3"
    assert settings.desk_url == settings.public_url == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "80 80"),
        ("PORT", "65536"),
        ("LISTEN", "localhost"),
        ("LISTEN", "0.0.0.0/0"),
        ("PROXIES", "proxy"),
        ("PROXIES", "10.0.0.1/24"),
        ("PUBLIC_URL", "acca.media"),
        ("PUBLIC_URL", "http://acca.media"),
        ("PUBLIC_URL", "ftp://acca.media"),
        ("PUBLIC_URL", "https://acca.media/report"),  # and no host of its own for members
        ("PUBLIC_URL", "https://[acca"),
        ("DESK_URL", "http://desk.acca.media"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "sqlite:///relative.db"),
        ("MAIL_URL", "mail.example.org"),
        ("MAIL_URL", "smtp://"),
        ("MAIL_URL", "smtp://user@mail.example.org"),
        ("MAIL_URL", "smtp://mail.example.org:port"),
        ("MAIL_URL", "file://relative/folder"),
        ("SENDER_NAME", "a" * 61),
        ("SENDER_NAME", "Desk\nBcc: b@x.org"),
        ("NEWSROOM_ADDRESS", "acca"),
        ("NEWSROOM_ADDRESS", "a@x.org, b@x.org"),
        ("NEWSROOM_ADDRESS", "a@x.org\nBcc: b@x.org"),
        ("SECRET_KEY", "short"),
        ("METRICS_TOKEN", "short"),
        ("SECURITY_ADDRESS", "nobody"),
        ("EXIT_URL", "http://weather.example"),
        ("EXIT_URL", "weather"),
        ("DELETE_AFTER_DAYS", "0"),
        ("DELETE_AFTER_DAYS", "a week"),
        ("DELETE_AFTER_DAYS", "366"),
        ("KEEP_PUBLISHED_DAYS", "-1"),
        ("KEEP_PASSED_ON_DAYS", "3 years"),
        ("KEEP_CLOSED_DAYS", "36501"),
        ("KEEP_NOT_A_COMPLAINT_DAYS", "29"),
        ("KEEP_WARNING_DAYS", "0"),
        ("KEEP_WARNING_DAYS", "91"),
        ("KEEP_WARNING_DAYS", "never"),
        ("REMINDER_ADDRESS", "nobody"),
        ("SEALED_LETTERS", "maybe"),
        ("ALARM_HOURS", "0"),
        ("ALARM_HOURS", "73"),
        ("ALARM_URL", "http://hooks.example.org/x"),
        ("ALARM_URL", "https://"),
        ("ALARM_URL", "https://user:word@hooks.example.org"),
        ("ALARM_URL", "https://hooks.example.org/a b"),
        ("ALARM_URL", "smtp://mail.example.org"),
        ("ALARM_URL", "file:///var/alarms"),
        ("ALARM_URL", "hooks.example.org"),
        ("ALARM_ADDRESS", "nobody"),
        ("ALARM_ADDRESS", "Info@acca.media"),
        ("TIME_ZONE", "Almaty"),
        ("TIME_ZONE", "../etc/passwd"),
        ("TIME_ZONE", "Asia"),
        ("RETURN_ADDRESS", "bounces"),
        ("RETURN_ADDRESS", "bounces+x@intake.example.org"),
        ("RETURN_ADDRESS", "b" * 33 + "@intake.example.org"),
        ("INBOUND_URL", "mail.example.org"),
        ("INBOUND_URL", "pop3://u:p@mail.example.org"),
        ("INBOUND_URL", "imap://u:p@mail.example.org/INBOX"),
        ("INBOUND_URL", "imaps://mail.example.org/INBOX"),
        ("INBOUND_URL", "imaps://u@mail.example.org/INBOX"),
        ("INBOUND_URL", "imaps://u:p%0D%0Aq@mail.example.org/INBOX"),
        ("INBOUND_URL", "imaps://u:p@mail.example.org/Жалобы"),
        ("INBOUND_REMOVE", "maybe"),
        ("INBOUND_LARGEST_MB", "0"),
        ("INBOUND_LARGEST_MB", "201"),
        ("ANSWER_INBOUND", "perhaps"),
        ("RESCUE_RECIPIENT", "age1short"),
        ("CANARY_HOURS", "often"),
        ("CANARY_HOURS", "721"),
        ("CANARY_URL", "http://acca.media"),
        ("CANARY_ADDRESS", "nobody"),
        ("CANARY_ADDRESS", "INFO@acca.media"),
        ("CANARY_INBOX", "imaps://u:p@mail.example.org"),  # letters go to a folder
        ("RESCUE_RECIPIENT", "AGE-SECRET-KEY-1" + "Q" * 58),
    ],
)
def test_nonsense_is_refused_by_name_in_one_sentence(name: str, value: str) -> None:
    with pytest.raises(SettingError) as caught:
        load({f"INTAKE_{name}": value})
    message = str(caught.value)
    assert f"INTAKE_{name}" in message
    assert "\n" not in message
    if name == "SECRET_KEY" or "@" in value:
        assert value not in message, "a secret is not repeated"


def test_who_writes_a_mail_is_answered_only_if_the_newsroom_says_so() -> None:
    assert not load({}).incoming.answer
    assert load({"INTAKE_ANSWER_INBOUND": "Yes"}).incoming.answer


def test_what_is_done_is_kept_for_its_time_or_for_ever() -> None:
    usual = load({})
    assert usual.keep_days == {"published": 1825, "passed_on": 1095, "closed": 1095, "not_a_complaint": 90}
    assert usual.keep_warning_days == 30
    own = load(
        {
            "INTAKE_KEEP_PUBLISHED_DAYS": "never",
            "INTAKE_KEEP_PASSED_ON_DAYS": "0",
            "INTAKE_KEEP_CLOSED_DAYS": "90",
            "INTAKE_KEEP_WARNING_DAYS": "90",
        }
    )
    assert own.keep_days == {"published": None, "passed_on": None, "closed": 90, "not_a_complaint": 90}
    with pytest.raises(SettingError, match="INTAKE_KEEP_WARNING_DAYS is 30, but INTAKE_KEEP_CLOSED_DAYS is only 7"):
        load({"INTAKE_KEEP_CLOSED_DAYS": "7"})


def test_letters_carry_what_was_told_only_where_that_is_wished() -> None:
    wishes: tuple[dict[str, str], ...] = ({}, {"INTAKE_SEALED_LETTERS": "no"}, {"INTAKE_SEALED_LETTERS": "Yes"})
    assert [load(wish).sealed_letters for wish in wishes] == [False, False, True]


def test_a_misspelt_setting_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(SettingError, match="INTAKE_MAILURL is not a setting: did you mean INTAKE_MAIL_URL"):
        load({"INTAKE_MAILURL": "smtp://mail.example.org"})
    load({"INTAKE_TEST_SKIP": "chromium"})


@pytest.mark.parametrize(
    ("url", "scheme", "port", "user"),
    [
        ("smtp://mail.example.org", "smtp", 25, None),
        ("smtps://u%40x:q%3A%2F@mail.example.org", "smtps", 465, "u@x"),
        ("smtp+starttls://u:p@mail.example.org:2525", "smtp+starttls", 2525, "u"),
    ],
)
def test_mail_servers(url: str, scheme: str, port: int, user: str | None) -> None:
    mail = load({"INTAKE_MAIL_URL": url}).mail
    assert (mail.scheme, mail.port, mail.user, mail.leaves_machine) == (scheme, port, user, True)
    assert "q%3A" not in f"{mail} {mail!r}"
    assert "q:/" not in f"{mail} {mail!r}"


@pytest.mark.parametrize(
    ("url", "port", "folder"),
    [
        ("imaps://u%40x:q%3A%2F@mail.example.org", 993, "INBOX"),
        ("imap+starttls://u%40x:q%3A%2F@mail.example.org/Intake/New%20mail", 143, "Intake/New mail"),
        ("imap://u%40x:q%3A%2F@127.0.0.1:1143/INBOX", 1143, "INBOX"),
    ],
)
def test_mailboxes(url: str, port: int, folder: str) -> None:
    inbox = load({"INTAKE_INBOUND_URL": url}).incoming.inbox
    assert inbox is not None
    assert (inbox.port, inbox.folder, inbox.user, inbox.password) == (port, folder, "u@x", "q:/")
    assert "q:/" not in f"{inbox} {inbox!r}"
    assert "q%3A" not in f"{inbox} {inbox!r}"


def test_what_arrives_is_read_only_where_it_is_asked_for_and_stays_in_its_mailbox() -> None:
    assert load({}).incoming == Incoming(
        return_address=None, inbox=None, answer=False, remove=False, largest=30_000_000
    )
    own = load({"INTAKE_INBOUND_REMOVE": "yes", "INTAKE_RETURN_ADDRESS": "Bounces@Intake.example.org"}).incoming
    assert (own.remove, own.return_address) == (True, "bounces@intake.example.org")


def test_only_letters_in_a_folder_do_not_leave_this_machine() -> None:
    assert load({"INTAKE_MAIL_URL": "smtp://127.0.0.1:2525"}).mail.leaves_machine, "it may be a relay"
    assert not load({"INTAKE_MAIL_URL": "file:///var/letters"}).mail.leaves_machine


MAIL = {"INTAKE_MAIL_URL": "smtps://u:p@mail.example.org"}
CANARY = {**MAIL, "INTAKE_CANARY_ADDRESS": "canary@example.org"}


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        (CANARY, "INTAKE_CANARY_INBOX"),
        ({**MAIL, "INTAKE_CANARY_INBOX": "imaps://u:p@mail.example.org"}, "INTAKE_CANARY_ADDRESS"),
        ({**CANARY, "INTAKE_CANARY_INBOX": "imap://u:p@mail.example.org"}, "INTAKE_CANARY_INBOX"),
        ({**CANARY, "INTAKE_CANARY_INBOX": "imaps://u@mail.example.org"}, "INTAKE_CANARY_INBOX"),
        ({**CANARY, "INTAKE_CANARY_INBOX": "smtp://u:p@mail.example.org"}, "INTAKE_CANARY_INBOX"),
        ({**CANARY, "INTAKE_CANARY_INBOX": "imaps://u:p@mail.example.org/%0d%0aA"}, "INTAKE_CANARY_INBOX"),
    ],
)
def test_a_canary_has_a_mailbox_of_its_own_or_none(environ: dict[str, str], name: str) -> None:
    with pytest.raises(SettingError, match=name):
        load(environ)


def test_canaries() -> None:
    usual = load(MAIL)
    assert (usual.canary_hours, usual.canary_url) == (24, usual.public_url)
    assert (usual.canary_address, usual.canary_inbox) == (None, None)
    url = "imaps://u%40x:q%3A%2F@mail.example.org/Birds"
    own = load({**CANARY, "INTAKE_CANARY_INBOX": url, "INTAKE_CANARY_HOURS": "0"})
    inbox = own.canary_inbox
    assert inbox is not None
    assert (own.canary_hours, inbox.port, inbox.user, inbox.password, inbox.folder) == (0, 993, "u@x", "q:/", "Birds")
    assert "q:/" not in f"{inbox} {inbox!r} {own!r}"


def test_the_second_way_is_a_page_or_an_address() -> None:
    assert load({}).second_way is None
    assert load({}).time_zone.key == "Asia/Almaty"
    url = "https://hooks.example.org/zebra?key=okapi"
    page = load({"INTAKE_ALARM_URL": url}).second_way
    assert page == post_settings.SecondWay(url=url)
    assert f"{page} {page!r}".count("hooks.example.org") == 1
    assert "zebra" not in f"{page} {page!r}"
    for here in ("http://127.0.0.1:8065/hook", "http://abcdef.onion/hook"):
        assert load({"INTAKE_ALARM_URL": here}).second_way == post_settings.SecondWay(url=here)
    alone = load({"INTAKE_ALARM_ADDRESS": "a@other.example"}).second_way
    assert alone == post_settings.SecondWay(address="a@other.example")
    other = {"INTAKE_ALARM_ADDRESS": "info@acca.media", "INTAKE_ALARM_URL": "smtps://u:p@mail.other.example"}
    second = load(other).second_way
    assert second is not None
    assert (second.address, str(second.mail)) == ("info@acca.media", "smtps://mail.other.example:465")
    with pytest.raises(SettingError, match="INTAKE_ALARM_ADDRESS"):
        load({"INTAKE_ALARM_ADDRESS": "a@other.example", "INTAKE_ALARM_URL": url})


def test_where_the_pages_are() -> None:
    assert load({"INTAKE_PUBLIC_URL": "https://acca.example/"}).public_url == "https://acca.example"
    assert not load({"INTAKE_PUBLIC_URL": "http://abcdef.onion"}).trial
    beside = {"INTAKE_PUBLIC_URL": "https://acca.example/report/", "INTAKE_DESK_URL": "https://desk.example"}
    assert load(beside).public_url == "https://acca.example/report"
    assert load({**beside, "INTAKE_ONION_URL": "http://abcdef.onion"}).onion_url == "http://abcdef.onion"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DESK_URL", "https://acca.example"),  # scripts of that site could read what members read
        ("DESK_URL", "https://desk.example/desk"),
        ("PUBLIC_URL", "https://acca.example/a b"),
        ("PUBLIC_URL", "https://acca.example/../x"),
        ("PUBLIC_URL", "https://acca.example//report"),
        ("ONION_URL", "https://abcdef.onion"),
        ("ONION_URL", "http://abcdef.example"),
        ("ONION_URL", "http://abcdef.onion/report"),
    ],
)
def test_pages_that_cannot_be_served_so_stop_the_start(name: str, value: str) -> None:
    right = {"INTAKE_PUBLIC_URL": "https://acca.example/report", "INTAKE_DESK_URL": "https://desk.example"}
    with pytest.raises(SettingError, match=f"INTAKE_{name}|INTAKE_DESK_URL"):
        load({**right, f"INTAKE_{name}": value})


def test_postgresql_is_reached_through_its_driver() -> None:
    for url in ("postgres://h/db", "postgresql://h/db", "postgresql+psycopg://h/db"):
        assert load({"INTAKE_DATABASE_URL": url}).database_url == "postgresql+psycopg://h/db"


def test_no_secret_shows_in_a_representation() -> None:
    settings = load(
        {
            "INTAKE_SECRET_KEY": "quagga" * 8,
            "INTAKE_MAIL_URL": "smtp://zebra:okapi@mail.example.org",
            "INTAKE_DATABASE_URL": "postgresql://gnu:okapi@h/db",
            "INTAKE_RESCUE_RECIPIENT": RECIPIENT,
        }
    )
    for secret in ("quagga", "okapi", "gnu"):
        assert secret not in repr(settings)


def test_the_signing_key_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    settings = load({"INTAKE_INSTANCE": str(tmp_path / "instance")})
    first = config.signing_key(settings)
    assert config.signing_key(settings) == first
    assert len(first) >= 64
    assert (settings.instance / "secret-key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in settings.instance.iterdir()] == ["secret-key"], "no draft is left behind"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match="INTAKE_INSTANCE"):
        config.signing_key(load({"INTAKE_INSTANCE": str(tmp_path / "file" / "instance")}))


def test_of_two_writers_the_first_wins(tmp_path: Path) -> None:
    config.write_private(tmp_path / "key", "first")
    config.write_private(tmp_path / "key", "second")
    assert (tmp_path / "key").read_text() == "first\n"
