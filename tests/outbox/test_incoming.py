"""What comes in is told apart: what servers give back, what answers by itself, lists, spam, and people."""

import random
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.outbox import bounce_reports, incoming, mail_text
from intake.outbox.queries import without_address
from tests.outbox.returned import ADDRESS, FOLDER, NAME, bounce, written

OURS = "acca.media"
SAID = {  # of each server: for good or not, why, and its words
    "exchange": (True, "5.2.2", "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception"),
    "exim": (True, "", "550 No such user here"),
    "exim_delayed": (False, "4.7.1", "451 4.7.1 Greylisting in action"),
    "gmail": (True, "5.1.1", "550 5.1.1 The email account that you tried to reach does not exist."),
    "gmail_delayed": (False, "4.4.1", "The recipient server did not accept our requests to connect."),
    "mailru": (True, "5.2.1", "host mail.example.org [192.0.2.25]: 550 5.2.1 The mailbox is disabled"),
    "office365": (True, "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
    "passed_on": (True, "5.2.1", "550 5.2.1 Mailbox REAL.NAME.HIDDEN is disabled"),
    "postfix": (True, "5.1.1", "550 5.1.1 <aigul.n@example.org>: Recipient address rejected"),
    "postfix_delayed": (False, "4.4.1", "connect to mail.example.org[192.0.2.25]:25: Connection timed out"),
    "qmail": (True, "5.7.1", "Remote host said: 554 5.7.1 <aigul.n@example.org>: Relay access denied"),
    "sendmail": (True, "5.3.0", "553 5.3.0 <aigul.n@example.org>... No such user here"),
    "yandex": (True, "5.7.1", "550 5.7.1 No such user!"),
    "zimbra": (True, "5.2.2", "552 5.2.2 Over quota"),
    "zoho": (True, "5.1.1", "aigul.n@example.org Invalid Address, ERROR CODE :550 - 5.1.1 User unknown"),
}


def kind(raw: bytes, *, is_answer: bool = False) -> str:
    return incoming.kind_of(incoming.read(raw).message, OURS, is_answer=is_answer)


def test_what_each_server_gives_back_is_understood() -> None:
    assert {path.stem for path in FOLDER.glob("*.eml")} == {*SAID, "arrived"}
    for name, (permanent, status, answer) in SAID.items():
        message = incoming.read(bounce(name)).message
        report = bounce_reports.read(message)
        assert kind(bounce(name)) == incoming.BOUNCE, name
        assert bounce_reports.letters_named(message) == [NAME], name
        assert report is not None
        assert (report.permanent, report.status) == (permanent, status), name
        assert report.answer.startswith(answer), name
        assert "@" not in without_address(report.answer, ADDRESS), name


def test_a_report_that_the_letter_arrived_is_no_failure() -> None:
    assert bounce_reports.read(incoming.read(bounce("arrived")).message) is None


def test_what_a_later_form_of_reports_says_is_read_beyond_its_first_block() -> None:
    raw = bounce("zimbra").replace(b"Action: failed\r\nStatus: 5.2.2", b"Action: delayed\r\nStatus: 4.2.2")
    report = bounce_reports.read(incoming.read(raw).message)
    assert report is not None
    assert (report.permanent, report.status) == (False, "4.2.2")


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=x@example.org"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": "Gone fishing"},
        {"Precedence": "auto_reply"},
        {"X_Auto_Response_Suppress": "All"},
        {"X_Auto_Response_Suppress": "DR, OOF, AutoReply"},
    ],
)
def test_what_answers_by_itself_is_no_person(headers: dict[str, str]) -> None:
    assert kind(written(**headers)) == incoming.AUTOMATIC
    assert kind(written(**headers), is_answer=True) == incoming.AUTOMATIC


@pytest.mark.parametrize("subject", ["Automatic reply: New case", "Автоответ: New case", "Out of office"])
def test_a_subject_tells_only_of_what_answers_a_letter(subject: str) -> None:
    assert kind(written(Subject=subject)) == incoming.PERSON
    assert kind(written(Subject=subject), is_answer=True) == incoming.AUTOMATIC


def test_a_receipt_is_no_bounce_and_no_person() -> None:
    receipt = bounce("postfix").replace(b"report-type=delivery-status", b"report-type=disposition-notification")
    assert kind(receipt) == incoming.AUTOMATIC


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"List_Id": "Digest <news.example.org>"}, incoming.LISTED),
        ({"List_Unsubscribe": "<mailto:u@example.org>"}, incoming.LISTED),
        ({"Precedence": "bulk"}, incoming.LISTED),
        ({"X_Spam_Flag": "YES"}, incoming.SPAM),
        ({"X_Spam_Status": "Yes, score=9.1"}, incoming.SPAM),
        ({"X_Spam_Flag": "NO", "X_Spam_Status": "No, score=0.1", "Auto_Submitted": "no"}, incoming.PERSON),
        ({"List_Id": "ACCA <info.acca.media>", "Precedence": "list"}, incoming.PERSON),
        ({"List_Id": "<xacca.media>"}, incoming.LISTED),
        ({"From": "postmaster@example.org", "Subject": "They took my brother"}, incoming.PERSON),
    ],
)
def test_lists_and_spam_are_told_from_people(headers: dict[str, str], expected: str) -> None:
    assert kind(written(**headers)) == expected
    assert kind(written(**headers), is_answer=True) == incoming.PERSON, "it knows a letter of ours"


def test_who_passes_a_bounce_on_is_a_person() -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@example.org", "Fwd: Undelivered Mail Returned to Sender"
    message.set_content("Look at this")
    message.add_attachment(incoming.read(bounce("postfix")).message)
    assert kind(message.as_bytes()) == incoming.PERSON


def test_the_words_are_read_plain_or_out_of_html_and_attachments_by_name() -> None:
    message = EmailMessage()
    message.set_content("Сөз\r\nдва")
    message.add_alternative("<p>html</p>", subtype="html")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="фото\u202e.png")
    read = incoming.read(message.as_bytes()).message
    assert mail_text.written(read) == "Сөз\nдва"
    assert mail_text.written(read, 2) == "Сө"
    assert [name.rpartition(".")[2] for name in mail_text.attachments(read)] == ["png"]
    only_html = b"Content-Type: text/html; charset=windows-1251\r\n\r\n" + (
        "<head><title>no</title></head><style>p{}</style><p>Один &amp; <b>два</b></p>три<br>четыре<script>x</script>"
    ).encode("cp1251")
    assert mail_text.written(incoming.read(only_html).message) == "Один & два\nтри\nчетыре"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"Content-Type: text/plain; charset=no-such\r\n\r\n\xff\xfe",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b'Content-Type: multipart/mixed; boundary="a"\r\n\r\n--a\r\nContent-Type: message/rfc822\r\n\r\n--a--',
        b"From: \xff\xfe <\r\nSubject: =?utf-8?b?\xff?=\r\nTo: ((((((\r\n\r\nx",
        b"Subject: =?no-such?q?=FF?= =?utf-8?b?a?=\r\n\r\n" + b"begin 666 x\r\n" * 9,
        b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n\xff\xff\r\nend",
        b"Content-Disposition: attachment; filename*0*=x''%ff; filename*1=\"\r\n\r\n",
    ],
)
def test_nothing_that_a_stranger_writes_raises(raw: bytes) -> None:
    look(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(2000)),
        b"Content-Type: multipart/mixed; boundary=q\r\n\r\n"
        + b"--q\r\nContent-Type: text/plain\r\n\r\nhi\r\n" * 10_000,
        b"Content-Type: multipart/mixed; boundary=q\r\n\r\n" + b"--q\r\n\r\nhi\r\n" * 50_000,
        b"Subject: x\r\n" + b"X-A: b\r\n" * 100_000 + b"\r\nhi",
        b"Subject: x\r\n\r\n" + b"\n" * 5_000_000,
    ],
    ids=["nested", "parts", "dashes", "headers", "lines"],
)
def test_what_is_made_to_cost_too_much_is_read_by_its_headers_alone(raw: bytes) -> None:
    assert not incoming.read(raw).whole
    look(raw)


@pytest.mark.parametrize("piece", ["<", "<!--", "<a ", "<![", "&#", "</", "<a href='", "<script>", "<p>"])
def test_a_page_of_html_costs_no_more_than_its_length(piece: str) -> None:
    raw = b"Content-Type: text/html\r\n\r\n" + (piece * 100_000).encode() + b" words"
    look(raw)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("1 < 2 and <b>bold</b>", "1 < 2 and bold"),
        ("a<!-- <p>no</p> -->b<!---->c", "abc"),
        ("<head>all of it is hidden <p>never closed", "all of it is hidden\nnever closed"),
        ("<STYLE>p{}</STYLE>a<script>if (a<b) {}</script>b", "ab"),
        ("<p>&lt;script&gt; &#1178;</p>", "<script> Қ"),
    ],
)
def test_html_is_read_as_a_person_sees_it(page: str, text: str) -> None:
    raw = b"Content-Type: text/html; charset=utf-8\r\n\r\n" + page.encode()
    assert mail_text.written(incoming.read(raw).message) == text


def test_a_long_header_is_cut() -> None:
    message = incoming.read(b"Subject: " + b"a" * 100_000 + b"\r\nFrom: a@example.org\r\n\r\nx").message
    assert len(incoming.header(message, "Subject")) == incoming.LONGEST_HEADER
    assert len(message["Subject"]) == incoming.LONGEST_PARSED
    assert incoming.sender(message) == "a@example.org"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SAID)), st.randoms(use_true_random=False))
def test_mangled_bounces_never_raise(name: str, chance: random.Random) -> None:
    raw = bytearray(bounce(name))
    for _ in range(chance.randint(1, 40)):
        at = chance.randrange(len(raw))
        raw[at : at + chance.choice((0, 1, 1, 30))] = chance.choice(
            (b"", b"\xff", b"\r\n", b"--", b'"', b"(", b"=?utf-8?b?", b";boundary=", bytes([chance.randrange(256)]))
        )
    look(bytes(raw))


def look(raw: bytes) -> None:
    """Ask all that is asked of a message."""
    message, _ = incoming.read(raw)
    incoming.kind_of(message, OURS, is_answer=True)
    incoming.answered(message)
    incoming.went_to(message)
    incoming.sender(message)
    bounce_reports.read(message)
    bounce_reports.letters_named(message)
    for text in (mail_text.written(message), *mail_text.attachments(message), incoming.header(message, "Subject")):
        text.encode()  # it can be kept
