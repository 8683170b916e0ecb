"""Mails that strangers make up: read without a fault, in bounds, whatever stands in them."""

from hypothesis import example, given
from hypothesis import strategies as st

from intake.complaint import mail_reading
from intake.complaint.mail_reading import LONGEST_LINE, LONGEST_TEXT, MOST_ATTACHMENTS
from intake.outbox import bounce_reports, incoming, mail_text
from intake.outbox.html_words import without_marks
from intake.web.forms import clean_text
from tests.complaint.mailing import written
from tests.strategies import HTML, bodies, examples, mangled, texts

KINDS = {incoming.BOUNCE, incoming.AUTOMATIC, incoming.LISTED, incoming.SPAM, incoming.PERSON}


def samples() -> list[bytes]:
    """Return mails as people write them: plain, in HTML, with files and a mail in them, in other letters."""
    rich = written("Мой брат", "=?utf-8?b?0JHRgNCw0YI=?=", References="<1.a@b> <2.a@b>", Auto_Submitted="no")
    rich.add_alternative(f"<p>Мой <b>брат</b> {HTML[0]}</p>", subtype="html")
    rich.add_attachment(b"\x89PNG\r\n\x1a\n" + bytes(99), maintype="image", subtype="png", filename="фото.png")
    rich.add_attachment(written("inner"))
    old = b"From: a@b.c\r\nSubject: \xcf\xf0\xe8\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n\xf0\xd2\xc9"
    broken = b'From: "x\r\nContent-Type: multipart/mixed; boundary*0="a\r\n\r\n--a\r\n'
    broken += b"Content-Transfer-Encoding: uu\r\n\r\nbegin"
    return [rich.as_bytes(), written().as_bytes(), old, broken]


RAW = st.one_of(mangled(samples()), bodies(600), st.tuples(texts(60), texts(60)).map(lambda two: as_mail(*two)))


def as_mail(header: str, body: str) -> bytes:
    """Return bytes with a text in every header that is read, and one as body."""
    line = header.replace("\n", "\n ").encode(errors="replace")
    names = (b"From", b"Subject", b"Message-ID", b"References", b"Content-Type", b"Content-Disposition", b"Date")
    return b"".join(name + b": " + line + b"\r\n" for name in names) + b"\r\n" + body.encode(errors="replace")


@examples(20, 5000)
@given(raw=RAW)
@example(raw=b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: x/" + b"9" * 5000 + b"\r\n\r\nx")
def test_a_mail_is_read_whatever_it_is_made_of(raw: bytes) -> None:
    message, _ = incoming.read(raw)
    mail = mail_reading.read(message)
    assert len(mail.text) <= LONGEST_TEXT
    assert len(mail.attachments) <= MOST_ATTACHMENTS
    for line in (mail.subject, mail.sender, mail.sender_name, mail.date, *(one.name for one in mail.attachments)):
        assert "\n" not in line
        assert len(line) <= LONGEST_LINE
        line.encode()
    for text in (mail.text, mail.whole_text):
        assert clean_text(text) == text or text[:LONGEST_TEXT] == mail.text
        text.encode()
    assert mail.language in {"ru", "en"}
    for one in mail.attachments:
        content = one.content()
        assert content is None or len(content) <= mail_reading.LARGEST
        assert one.is_large in {True, False}
    assert mail_reading.is_of_no_person(mail.sender) in {True, False}


@examples(20, 5000)
@given(raw=RAW, answers=st.booleans())
def test_a_mail_is_of_one_kind_and_its_words_can_be_kept(raw: bytes, answers: bool) -> None:  # noqa: FBT001 drawn
    message, _ = incoming.read(raw)
    assert incoming.kind_of(message, "example.org", is_answer=answers) in KINDS
    named = [*incoming.answered(message), *incoming.went_to(message), *bounce_reports.letters_named(message)]
    assert len(named) <= 3 * incoming.MOST_NAMED
    found = bounce_reports.read(message)
    said = [found.answer, found.status, *found.recipients] if found else []
    for text in (mail_text.written(message), *mail_text.attachments(message), incoming.sender(message), *named, *said):
        text.encode()
        assert "\0" not in text or text in named, "PostgreSQL keeps no NUL"


MARKS = st.sampled_from(
    ("<p>", "<script>", "</script>", "<!--", "-->", "<a href='http://x'>", "</a>", "<", ">", "&#0;", "&#xd800;", "&lt;")
)


@examples(20, 5000)
@given(page=st.lists(st.one_of(MARKS, texts(30)), max_size=20).map("".join))
def test_html_becomes_words_and_no_more_than_there_were(page: str) -> None:
    said = without_marks(page)
    assert len(said) <= 2 * len(page) + 9  # a link's address stands beside its words
    assert without_marks(f"<p>{said.count('x')}</p>").isdecimal()
