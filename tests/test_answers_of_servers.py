"""What a mail server, a mailbox, a scanner or Redis answers is believed no further than it makes sense."""

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st

from intake.evidence import scan
from intake.evidence.scan import CLEAN, FOUND, LONGEST_NAME, RESULTS, Verdict
from intake.file_settings import Scanner
from intake.outbox import deliver
from intake.outbox.mailbox import Fate, Mailbox, MailboxError
from intake.post_settings import Inbox, MailServer
from intake.web import shared
from tests.servers.garbage import Garbage
from tests.strategies import bodies, examples, mangled

ENDLESS = b"x" * 70_000 + b"\r\n"
LINES = st.one_of(bodies(200), st.sampled_from([b"\r\n", ENDLESS, b"\xff\xfe\r\n", b"9" * 5000 + b"\r\n"]))
IMAP = [
    b"* CAPABILITY IMAP4rev1\r\n{tag} OK x\r\n",
    b"{tag} OK in\r\n",
    b"* 2 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [PERMANENTFLAGS (\\*)] x\r\n{tag} OK [READ-WRITE]\r\n",
    b"* SEARCH 1 2\r\n{tag} OK x\r\n",
    b"* 1 FETCH (UID 1 RFC822.SIZE 5)\r\n* 2 FETCH (UID 2 RFC822.SIZE 5)\r\n{tag} OK x\r\n",
    b"* 1 FETCH (UID 1 BODY[] {5}\r\nhello)\r\n{tag} OK x\r\n",
    *[b"{tag} OK x\r\n"] * 6,
]
SMTP = [b"250-x\r\n250 AUTH CRAM-MD5 PLAIN LOGIN\r\n", b"334 PDE+\r\n", b"235 in\r\n", b"250 ok\r\n", b"221 bye\r\n"]


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database: nothing of what is said here gets there."""
    return str(request.param)


def nearly(answers: list[bytes]) -> st.SearchStrategy[list[bytes]]:
    """Draw answers of which one is garbage, or nearly what it should be."""
    odd = st.one_of(LINES, mangled(answers, most=3))
    return st.builds(
        lambda at, answer: [*answers[:at], answer, *answers[at + 1 :]], st.integers(0, len(answers) - 1), odd
    )


@examples(6, 600)
@given(answers=nearly(IMAP), greeting=st.one_of(st.just(b"* OK\r\n"), LINES))
@example(answers=[b"* CAPABILITY \xff\r\n{tag} OK x\r\n"], greeting=b"* OK\r\n")
@example(
    answers=[*IMAP[:3], b"* SEARCH x -1 " + b"9" * 5000 + b" 2\r\n{tag} OK x\r\n", *IMAP[4:]], greeting=b"* OK\r\n"
)
@example(
    answers=[*IMAP[:4], b"* 1 FETCH (UID 1 RFC822.SIZE " + b"9" * 5000 + b")\r\n{tag} OK x\r\n"], greeting=b"* OK\n"
)
def test_a_mailbox_that_talks_nonsense_is_one_that_cannot_be_read(answers: list[bytes], greeting: bytes) -> None:
    taken: list[bytes] = []

    def take(raw: bytes, _whole: bool) -> Fate:  # noqa: FBT001 the signature is the mailbox's
        taken.append(raw)
        return Fate.TAKEN

    with Garbage(greeting, answers) as server:
        inbox = Inbox("imap", "127.0.0.1", server.port, "user", "word", "INBOX")
        said = ""
        try:
            Mailbox(inbox, 1000, remove=True).visit(take)
        except MailboxError as error:
            said = str(error)
    assert "word" not in said
    assert len(said) <= 300
    assert all(isinstance(raw, bytes) for raw in taken)


@examples(6, 600)
@given(answers=nearly(SMTP), greeting=st.one_of(st.just(b"220 x\r\n"), LINES))
@example(answers=[SMTP[0], b"334 AAAAA\r\n"], greeting=b"220 x\r\n")
def test_a_mail_server_that_talks_nonsense_is_one_that_fails(app: Flask, answers: list[bytes], greeting: bytes) -> None:
    with Garbage(greeting, answers) as server:
        outcome = deliver.hand_over(None, MailServer("smtp", None, "127.0.0.1", server.port, "user", "word"))
    assert outcome.accepted or outcome.answer
    assert "word" not in outcome.answer


@examples(12, 1000)
@given(answer=st.one_of(LINES, mangled([b"stream: OK\0", b"stream: Eicar-Signature FOUND\0"], most=3)))
@example(answer=b"stream: OK\0")
@example(answer=b"stream: OKAY\0")
@example(answer=b"stream: OK")
@example(answer=b"x" * 200_000)
def test_a_scanner_that_talks_nonsense_calls_nothing_clean(answer: bytes) -> None:
    with Garbage(b"", [answer]) as server:
        found = scan.scan(Scanner("127.0.0.1", server.port), [b"a"])
    assert found.result in RESULTS
    assert (found == Verdict(CLEAN)) == (answer == b"stream: OK\0")
    assert found.result == FOUND or not found.signature
    assert len(found.signature) <= LONGEST_NAME
    assert "\n" not in found.signature


SAID = [b"+OK\r\n", b"$2\r\n\xff\xfe\r\n", b"$-1\r\n", b":" + b"9" * 30 + b"\r\n", b"*-5\r\n"]
REDIS = st.one_of(LINES, st.sampled_from(SAID))


@examples(3, 100)
@given(answers=st.lists(REDIS, max_size=5))
@example(answers=[b"+OK\r\n", b"+OK\r\n", b"$2\r\n\xff\xfe\r\n"])
def test_a_redis_that_talks_nonsense_is_one_that_is_away(app: Flask, answers: list[bytes]) -> None:
    with Garbage(b"", answers) as server:
        app.config["REDIS_URL"] = f"redis://127.0.0.1:{server.port}/0"
        app.extensions.pop("redis", None)
        agreed = shared.agreed("day", "mine", 60)
        assert agreed is None or isinstance(agreed, str)
        assert shared.state() in set(shared.State)
        left = app.extensions.pop("redis")
        left.storage.get_connection().connection_pool.disconnect()
