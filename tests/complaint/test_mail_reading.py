"""Whatever somebody sends as a mail, its words are read, nothing is run, and it ends."""

import re
from email.message import EmailMessage

import pytest

from intake.complaint import mail_reading
from intake.complaint.mail_reading import DEEPEST, LONGEST_TEXT, MOST_PARTS, Mail, is_of_no_person
from tests.complaint.mailing import TEXT, came, written

HEAD = b"From: A <a@mail.example>\r\nSubject: S\r\nMIME-Version: 1.0\r\n"


def read(raw: bytes | EmailMessage) -> Mail:
    return mail_reading.read(came(raw))


def of_body(body: bytes, content_type: bytes = b"text/plain", *headers: bytes) -> Mail:
    """Return a mail of one part, as it is read."""
    lines = b"".join(line + b"\r\n" for line in (b"Content-Type: " + content_type, *headers))
    return read(HEAD + lines + b"\r\n" + body)


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        (b"utf-8", "Меня задержали".encode()),
        (b"koi8-r", "Меня задержали".encode("koi8-r")),
        (b"windows-1251", "Меня задержали".encode("windows-1251")),
        (b"us-ascii", "Меня задержали".encode()),
        (b"no-such-set", "Меня задержали".encode("windows-1251")),
        (b"utf-8", "Меня задержали".encode("windows-1251")),
        (b"unicode_escape", "Меня задержали".encode()),
        (b"punycode", "Меня задержали".encode()),
        (b"hex", "Меня задержали".encode()),
        (b'"', "Меня задержали".encode()),
    ],
)
def test_a_text_is_read_whatever_its_character_set_is_called(charset: bytes, body: bytes) -> None:
    mail = of_body(body, b"text/plain; charset=" + charset, b"Content-Transfer-Encoding: 8bit")
    assert mail.text == "Меня задержали"
    assert mail.language == "ru"


@pytest.mark.parametrize("encoding", [b"quoted-printable", b"x-uuencode", b"7bit", b"nonsense", b'\x00"'])
def test_a_broken_encoding_loses_nothing(encoding: bytes) -> None:
    assert "!!!=ZZ&" in of_body(b"!!!=ZZ&", b"text/plain", b"Content-Transfer-Encoding: " + encoding).text


def test_html_is_words_alone_and_plain_words_come_first() -> None:
    html = (
        "<html><head><title>T</title><style>p{}</style></head><body><p>Hello&nbsp;&lt;b&gt;<br>there<script>bad()"
        "</script></p><a href='https://a.example/x'>see</a> <a href='javascript:x'>no</a><img src=x onerror=y></body>"
    )
    mail = of_body(html.encode(), b"text/html")
    assert mail.text == "Hello <b>\nthere\nsee (https://a.example/x) no"
    both = written("The plain words")
    both.add_alternative("<p>The plain words</p>", subtype="html")
    assert read(both).text == "The plain words"
    hidden = written("Your program shows no HTML")
    hidden.add_alternative(f"<p>{TEXT} {TEXT}</p>", subtype="html")
    assert read(hidden).text == f"Your program shows no HTML\n\n{TEXT} {TEXT}", "words that are only there are not lost"


def test_a_header_is_one_line_and_nobody_s_name_reads_backwards() -> None:
    raw = (
        b"From: =?utf-8?b?4oCuZXZpbA0KQmNjOiBiQHguZXhhbXBsZQ==?= <a@mail.example>\r\n"
        b"Subject: =?utf-8?q?one=0D=0ABcc:_x@x.example?= \xff\xfe\r\n =?bad?=\r\n\r\n" + "\u202eabc\u2066\0".encode()
    )
    mail = read(raw)
    assert (mail.sender, mail.sender_name) == ("a@mail.example", "evil Bcc: b@x.example")
    assert mail.subject.startswith("one Bcc: x@x.example")
    assert "\n" not in mail.subject
    assert mail.text == "abc"


@pytest.mark.parametrize(
    "sender",
    [
        b"",
        b"nobody",
        b"a@b@c",
        b"<a\0@x.example>",
        "я@почта.example".encode(),
        b"(((((((((((((((((((((((((((" * 200,
        b'"' + b"\\" * 999,
        b"=?utf-8?b?####?= <a@",
        b"a@" + b"x" * 5000,
    ],
)
def test_a_sender_that_is_none_is_no_address(sender: bytes) -> None:
    mail = read(b"From: " + sender + b"\r\nContent-Type: ;;;\r\nDate: " + sender + b"\r\n\r\nWords")
    assert (mail.sender, mail.text) == ("", "Words")


def test_thousands_of_parts_and_parts_in_parts_end_and_are_counted() -> None:
    part = b"--b\r\nContent-Type: application/x\r\n\r\nx\r\n"
    text = b"--b\r\nContent-Type: text/plain\r\n\r\nThe words\r\n"
    many = read(HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + text + part * 3_000 + b"--b--")
    assert many.text == "The words"
    assert (len(many.attachments), many.unread) == (mail_reading.MOST_ATTACHMENTS, 3_000 - 100)
    assert MOST_PARTS < 3_000
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(60))
    nested = read(HEAD + deep + b"Content-Type: text/plain\r\n\r\nDeep words")
    assert nested.unread == 1
    shallow = b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(DEEPEST))
    assert read(HEAD + shallow + b"Content-Type: text/plain\r\n\r\nDeep words").text == "Deep words"


@pytest.mark.parametrize("mark", ["<!--", "<![", "<a ", "<", "</", "&#", "<p", '<a href="', "<!x", "<?"])
def test_html_that_never_ends_ends(mark: str) -> None:
    assert isinstance(of_body(mark.encode() * 50_000, b"text/html").text, str)


def test_a_long_text_is_cut_in_the_statement_and_kept_whole_beside_it() -> None:
    mail = of_body(b"abc " * 50_000)
    assert len(mail.text) == LONGEST_TEXT
    assert len(mail.whole_text) == len("abc " * 50_000) - 1


def test_a_name_with_paths_and_of_255_bytes_is_a_short_line() -> None:
    name = "C:\\x\\../../" + "a" * 400 + "\r\n\u202e\u200f.pdf"
    mail = written()
    mail.add_attachment(b"x", maintype="application", subtype="x", filename="x")
    raw = mail.as_bytes().replace(
        b'filename="x"', b"filename*=utf-8''" + "".join(f"%{b:02x}" for b in name.encode()).encode()
    )
    (attached,) = read(raw).attachments
    assert len(attached.name) < 300
    assert not re.search(r"[/\\\r\n\u202e]", attached.name)
    assert attached.name.endswith(".pdf")
    assert attached.content() == b"x"


def test_an_attachment_that_cannot_be_read_is_none() -> None:
    mail = written()
    mail.add_attachment(written("Forwarded"))
    (forwarded,) = read(mail).attachments
    assert b"Forwarded" in (forwarded.content() or b"")
    inner = forwarded.part.get_payload()
    assert isinstance(inner, list)
    inner[0].set_payload([3])  # type: ignore[union-attr, list-item]  # as no mail has it
    assert forwarded.content() is None


@pytest.mark.parametrize(
    "name", ["mailer-daemon", "Postmaster", "no-reply", "NOREPLY", "do_not_reply", "bounces+a=b", "x-owner"]
)
def test_an_address_that_no_person_reads(name: str) -> None:
    assert is_of_no_person(f"{name}@mail.example")
    assert not is_of_no_person(f"not.{name}.a@mail.example")
