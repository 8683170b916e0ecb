"""Who watches the line does not see from a letter's length which it is."""

from collections.abc import Iterator
from email import message_from_bytes, policy

from flask import Flask

from intake.config import ROOT
from intake.extensions import transaction
from intake.i18n import now
from intake.outbox import message
from intake.outbox.enqueue import Addressee, enqueue
from intake.outbox.models import Letter
from tests.factories import letters

CARRIED = "report"  # it is sealed, and never a letter of its own
KINDS = sorted({path.parent.name for path in (ROOT / "templates" / "email").glob("*/body.txt")} - {CARRIED})
FACTS = ("urgent", "no_journalist", "all_away", "raised", "removed", "any_over", "any_untold", "over", "newsroom")
FILLS = {
    **dict.fromkeys(("count", "back", "over", "untold"), "12"),
    **dict.fromkeys(("day", "first", "last"), "30 сентября 2026 г."),
    "reference": "TM-7Q4M-K2",
    "fingerprint": " ".join(["ABCD"] * 16),
    "link": "https://a-rather-long-name-of-a-desk.example.org/desk/cases/TM-7Q4M-K2",
}


def sizes(kind: str, country: str, said: frozenset[str]) -> Iterator[int]:
    """Yield the sizes of a letter on the wire, in each language of members."""
    facts = {name: name in said for name in FACTS} | {"sealed": False}
    with transaction():
        to = [Addressee(f"dana{tag}@a-rather-long-name-of-a-mail-provider.example.org", tag) for tag in ("en", "ru")]
        enqueue(kind, to, now(), fills=FILLS, country=country, **facts)
    yield from (len(raw(letter)) for letter in letters(kind))


def test_all_notices_have_one_size_whatever_they_tell(app: Flask) -> None:
    assert len(KINDS) > 20
    for kind in KINDS:
        found: set[int] = set()
        for country, said in (("KZ", frozenset()), ("TM", frozenset(["urgent"])), ("other", frozenset(FACTS))):
            found.update(sizes(kind, country, said))
        assert found == {message.SIZE}, kind


def test_what_fills_a_letter_up_is_a_header_that_mail_servers_take(app: Flask) -> None:
    for kind in ("new_case", "nudge", "member_locked"):
        assert list(sizes(kind, "KZ", frozenset())) == [message.SIZE] * 2
    for letter in [*letters(), *letters("nudge"), *letters("member_locked")]:
        content = raw(letter)
        assert content.count(b"\n") == content.count(b"\r\n")
        head = content.partition(b"\r\n\r\n")[0]
        assert max(map(len, head.split(b"\r\n"))) <= 100
        assert max(map(len, content.split(b"\r\n"))) <= 998
        assert content.isascii()
        assert all(line.strip() for line in head.split(b"\r\n"))
        assert set(message_from_bytes(content, policy=policy.default)["X-Padding"].replace(" ", "")) == {"x"}


def test_a_letter_of_any_length_is_filled_up(app: Flask) -> None:
    for length in range(0, 300, 3):
        plain = message.UtcMessage("S", recipients=["a@example.org"], body="b", sender="c" * length + "@example.org")
        assert len(plain.as_bytes()) == message.SIZE
        whole = message.UtcMessage(
            "S", recipients=["a@example.org"], body="b" * (1800 + length), sender="c@example.org"
        )
        assert len(whole.as_bytes()) % message.SIZE == 0


def raw(letter: Letter) -> bytes:
    return message.of(letter).as_bytes()
