"""The mailbox of the tests speaks to Python's own client as a real one does."""

import imaplib
import ssl
from typing import get_args

import pytest

from tests.servers.imap import Encryption, ImapServer

LIMIT = 10.0  # seconds
LETTER = b"Message-ID: <1@example.org>\r\nSubject: {7}\r\n\r\nOne\r\n(two)\r\n"


def connect(server: ImapServer, context: ssl.SSLContext | None) -> imaplib.IMAP4:
    """Open a connection, encrypted as the server wants it."""
    if server.encryption == "imaps":
        return imaplib.IMAP4_SSL("localhost", server.port, ssl_context=context, timeout=LIMIT)
    client = imaplib.IMAP4(server.host, server.port, timeout=LIMIT)
    if server.encryption == "starttls":
        client.host = "localhost"
        client.starttls(context)
    return client


@pytest.mark.parametrize("encryption", get_args(Encryption))
def test_messages_are_found_read_marked_and_removed(encryption: Encryption) -> None:
    with ImapServer(encryption=encryption) as server:
        first, second = server.add(LETTER), server.add(LETTER, "\\Seen")
        context = ssl.create_default_context(cafile=server.ca)
        with connect(server, context) as client:
            client.login(*server.account)
            assert client.select() == ("OK", [b"2"])
            assert b"\\*" in client.response("PERMANENTFLAGS")[1][0]
            assert client.uid("SEARCH", "UNSEEN", "UNKEYWORD", "$Taken") == ("OK", [b"%d" % first])
            _, found = client.uid("FETCH", "1:*", "(UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
            assert [part[1] for part in found if isinstance(part, tuple)] == [
                b"Message-ID: <1@example.org>\r\n\r\n"
            ] * 2
            _, found = client.uid("FETCH", str(first), "(BODY.PEEK[])")
            assert found[0][1] == LETTER
            client.uid("STORE", str(first), "+FLAGS", "($Taken \\Deleted)")
            assert client.uid("SEARCH", "KEYWORD", "$Taken", "HEADER", "Message-ID", "1@example") == (
                "OK",
                [b"%d" % first],
            )
            client.uid("EXPUNGE", f"{first}:{second}")
        assert server.stored(first) is None
        assert server.stored(second) is not None


def test_who_does_not_know_the_password_or_does_not_encrypt_reads_nothing() -> None:
    with ImapServer(encryption="starttls") as server:
        with connect(server, ssl.create_default_context(cafile=server.ca)) as client:
            with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
                client.login("intake", "wrong")
            with pytest.raises(imaplib.IMAP4.error):
                client.select()
        with imaplib.IMAP4(server.host, server.port, timeout=LIMIT) as client, pytest.raises(imaplib.IMAP4.error):
            client.login(*server.account)
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(server, ssl.create_default_context())
