"""A mailbox is emptied over IMAP: marked only after it was taken in, whatever ends the visit."""

from collections import Counter
from collections.abc import Iterator
from typing import get_args

import pytest

from intake import config
from intake.outbox import mailbox as mailboxes
from intake.outbox.mailbox import LEFT, TAKEN, Fate, Mailbox, MailboxError
from tests.outbox.returned import written
from tests.servers.imap import Encryption, ImapServer

SCHEMES = {"none": "imap", "starttls": "imap+starttls", "imaps": "imaps"}
LARGEST = 10_000


@pytest.fixture
def encryption() -> Encryption:
    return "none"


@pytest.fixture
def server(encryption: Encryption) -> Iterator[ImapServer]:
    with ImapServer(encryption=encryption, account=("in take@x", 'p"\\ss:/')) as server:
        yield server


def mailbox(server: ImapServer, folder: str = "INBOX", *, remove: bool = False, trusting: bool = True) -> Mailbox:
    host = "127.0.0.1" if server.encryption == "none" else "localhost"
    url = f"{SCHEMES[server.encryption]}://in%20take%40x:p%22%5Css%3A%2F@{host}:{server.port}/{folder}"
    inbox = config.load({"INTAKE_INBOUND_URL": url}).incoming.inbox
    assert inbox is not None
    return Mailbox(inbox, LARGEST, remove=remove, ca_file=server.ca if trusting else None)


def flags(server: ImapServer, *uids: int) -> list[set[str]]:
    return [stored.flags if (stored := server.stored(uid)) else {"gone"} for uid in uids]


@pytest.mark.parametrize("encryption", get_args(Encryption))
def test_what_is_new_is_handed_over_once_and_stays_unread(server: ImapServer) -> None:
    first, second = (
        server.add(written("One"), folder="Intake/New mail"),
        server.add(written("Two"), folder="Intake/New mail"),
    )
    server.add(written("Elsewhere"))
    ours, seen = mailbox(server, "Intake/New%20mail"), []

    def take(raw: bytes, whole: bool) -> Fate:  # noqa: FBT001 its signature
        seen.append((raw, whole))
        return Fate.TAKEN

    assert ours.visit(take) == Counter({Fate.TAKEN: 2})
    assert ours.visit(take) == mailbox(server, "Intake/New%20mail").visit(take) == Counter()
    assert seen == [(written("One"), True), (written("Two"), True)]
    assert flags(server, first, second) == [{TAKEN}, {TAKEN}], "and not \\Seen"


@pytest.mark.parametrize("encryption", ["starttls", "imaps"])
def test_a_certificate_that_is_not_trusted_gets_no_password(server: ImapServer) -> None:
    with pytest.raises(MailboxError, match="CERTIFICATE_VERIFY_FAILED"):
        mailbox(server, trusting=False).visit(lambda *_: Fate.TAKEN)
    assert "LOGIN" not in server.commands


def test_what_is_wrong_is_said_without_the_password(server: ImapServer) -> None:
    with pytest.raises(MailboxError, match="NONEXISTENT"):
        mailbox(server, "No").visit(lambda *_: Fate.TAKEN)
    server.account = ("in take@x", "another")
    with pytest.raises(MailboxError, match="AUTHENTICATIONFAILED") as caught:
        mailbox(server).visit(lambda *_: Fate.TAKEN)
    assert "ss:/" not in str(caught.value)
    server.stop()
    with pytest.raises(MailboxError):
        mailbox(server).visit(lambda *_: Fate.TAKEN)


def test_each_fate_leaves_its_mark_and_only_what_was_taken_in_as_a_whole_is_removed(server: ImapServer) -> None:
    fates = list(Fate)
    uids = [server.add(written(fate.value)) for fate in fates]
    stranger = server.add(written("somebody else marked it"), "\\Deleted")
    waiting = iter(fates)
    mailbox(server, remove=True).visit(lambda *_: next(waiting))
    marks = dict(zip(fates, flags(server, *uids), strict=True))
    assert marks == {
        Fate.TAKEN: {"gone"},
        Fate.KEPT: {TAKEN},
        Fate.LEFT: {LEFT},
        Fate.STRAY: {LEFT},
        Fate.UNREADABLE: {LEFT},
        Fate.LATER: set(),
    }
    assert flags(server, stranger) == [{"\\Deleted"}]
    assert mailbox(server).visit(lambda *_: Fate.LATER) == Counter({Fate.LATER: 1}), "what was put off, nothing else"


def test_a_server_that_cannot_remove_one_removes_none_that_somebody_else_marked(server: ImapServer) -> None:
    server.mode = "no_uidplus"
    first = server.add(written("One"))
    mailbox(server, remove=True).visit(lambda *_: Fate.TAKEN)
    assert flags(server, first) == [{"gone"}]
    stranger, second = server.add(written("theirs"), "\\Deleted"), server.add(written("Two"))
    mailbox(server, remove=True).visit(lambda *_: Fate.TAKEN)
    assert flags(server, stranger, second) == [{"\\Deleted"}, {"\\Deleted"}]


def test_of_a_large_message_the_headers_alone_are_read(server: ImapServer) -> None:
    server.add(written("x" * LARGEST + "\n"))
    seen: list[tuple[int, bool]] = []

    def take(raw: bytes, whole: bool) -> Fate:  # noqa: FBT001 its signature
        seen.append((len(raw), whole))
        return Fate.UNREADABLE

    mailbox(server).visit(take)
    assert [whole for _, whole in seen] == [False]
    assert seen[0][0] < LARGEST


@pytest.mark.parametrize("mode", ["drop_in_fetch", "drop_in_store", "silent"])
def test_whatever_ends_a_visit_the_next_finds_the_rest(
    server: ImapServer, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    uids = [server.add(written(str(number))) for number in range(3)]
    taken: list[bytes] = []

    def take(raw: bytes, _: bool) -> Fate:  # noqa: FBT001 its signature
        taken.append(raw)
        return Fate.TAKEN

    server.mode = mode  # type: ignore[assignment]  # one of them
    with monkeypatch.context() as patch:
        patch.setattr(mailboxes, "TIMEOUT", 0.2)
        with pytest.raises(MailboxError):
            mailbox(server).visit(take)
    assert flags(server, *uids) == [set()] * 3
    assert len(taken) == (1 if mode == "drop_in_store" else 0)
    server.mode = "accept"
    assert mailbox(server).visit(take) == Counter({Fate.TAKEN: 3})
    assert flags(server, *uids) == [{TAKEN}] * 3


def test_what_cannot_be_saved_stays_as_it_is_and_is_said(server: ImapServer) -> None:
    first, second = server.add(written("One")), server.add(written("Two"))

    def full(raw: bytes, _: bool) -> Fate:  # noqa: FBT001 its signature
        if b"Two" in raw:
            raise OSError(28, "No space left on device")
        return Fate.TAKEN

    with pytest.raises(OSError, match="No space"):
        mailbox(server).visit(full)
    assert flags(server, first, second) == [{TAKEN}, set()]


def test_a_server_that_keeps_no_keywords_is_asked_once_for_each(server: ImapServer) -> None:
    server.mode = "no_keywords"
    uids = [server.add(written(str(number))) for number in range(3)]
    ours = mailbox(server)
    assert ours.visit(lambda *_: Fate.TAKEN) == Counter({Fate.TAKEN: 3})
    assert ours.visit(lambda *_: Fate.TAKEN) == Counter()
    assert flags(server, *uids) == [set()] * 3
    assert mailbox(server, remove=True).visit(lambda *_: Fate.TAKEN) == Counter({Fate.TAKEN: 3}), (
        "another process asks anew"
    )
    assert flags(server, *uids) == [{"gone"}] * 3


def test_a_visit_takes_so_many_messages_and_the_next_goes_on(
    server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailboxes, "MOST_AT_ONCE", 2)
    for number in range(3):
        server.add(written(str(number)))
    assert mailbox(server).visit(lambda *_: Fate.KEPT) == Counter({Fate.KEPT: 2})
    assert mailbox(server).visit(lambda *_: Fate.KEPT) == Counter({Fate.KEPT: 1})
