"""How an evidence bundle is said to people: to the member who takes it, and to a court or an NGO who verifies it."""

import textwrap

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from intake import signing
from intake.cases import acts, bundle, copy_words
from intake.cases.bundle import Bundle, Offered, Record
from intake.evidence.custody import Link
from intake.evidence.queries import RECORDING, OpenedFile
from intake.i18n import NEVER_SEEN_LANGUAGE, TAGS, day_and_time, number, speaking

REFUSALS = {
    **copy_words.REFUSALS,
    bundle.HIDDEN: _l(
        "Something of this case must not be shown to them: a name, or passages that are marked. Nobody can black that "
        "out in an original. Take a copy of the case for them instead."
    ),
}
WIDTH = 80  # characters of a line
SUMS, SIGNATURE, KEY = "SHA256SUMS", "SHA256SUMS.sig", "signing-key.pem"
COMMANDS = (
    f"sha256sum -c {SUMS}",
    f"openssl pkeyutl -verify -pubin -inkey {KEY} -rawin -in {SUMS} -sigfile {SIGNATURE}",
    f"openssl pkey -pubin -in {KEY} -outform DER | sha256sum",
)


def way(file: Offered, record: Record) -> str:
    """Return from whom a file came, and how."""
    if file.file.part is not None:
        keeper, sender = record.names.get(file.file.member_id or 0, "–"), file.file.sender_id
        if sender is None:
            return gettext(
                "kept by %(name)s, a member of the newsroom, of what the complainant was sending", name=keeper
            )
        of = record.names.get(sender, "–")
        return gettext(
            "kept by %(name)s of what %(sender)s was adding, members of the newsroom", name=keeper, sender=of
        )
    if file.file.member_id is not None:
        name = record.names.get(file.file.member_id, "–")
        return gettext("brought by %(name)s, a member of the newsroom", name=name)
    if file.file.what == RECORDING:
        return gettext("from the complainant, as a recording, through our page")
    return gettext("from the complainant, as a file, through our page or with an e-mail")


def custody_text(taken: Bundle, record: Record, language: str) -> str:
    """Return the record of custody for people to read, in one language."""
    with speaking(language):
        lines = [
            gettext("Record of custody: case %(reference)s", reference=taken.reference),
            "",
            gettext("Made: %(moment)s, by %(name)s", moment=day_and_time(taken.made_at), name=taken.made_by),
            gettext("For: %(audience)s", audience=str(copy_words.AUDIENCES[taken.verdict.audience])),
            "",
            gettext("Times at which the complainant sent something are rounded down to ten minutes, to protect them."),
            gettext("The same is in custody.json for programs, with what each hash is made of."),
        ]
        for item in taken.items:
            lines += ["", "", *_of_file(item, record)]
        lines += ["", "", gettext("The ends of these chains when the bundle was made:")]
        lines += [
            f"  {record.chains.get(head.chain, '?')}: {number(head.number)}, {head.hash.hex()}"
            for head in record.custody.heads
        ]
    return "\n".join(lines) + "\n"


def verify_text(taken: Bundle) -> str:
    """Return how to verify a bundle, in every language of the house, English first."""
    languages = (NEVER_SEEN_LANGUAGE, *(tag for tag in TAGS if tag != NEVER_SEEN_LANGUAGE))
    parts = []
    for language in languages:
        with speaking(language):
            parts.append("\n".join([*_how_to_verify(taken), "", *_what_it_means()]))
    return ("\n\n" + "=" * 72 + "\n\n").join(parts) + "\n"


def _of_file(item: Offered, record: Record) -> list[str]:
    file, none = item.file, gettext("none was kept then")
    lines = [
        item.path,
        "  " + gettext("Name that the sender's device gave it: %(name)s", name=file.sent_name or "–"),
        "  " + gettext("Kind, by its content: %(kind)s", kind=file.content_type),
        "  " + _size(file),
        f"  SHA-256: {file.sha256}",
        "  " + gettext("Kept here as: %(name)s", name=file.name),
        "  "
        + gettext(
            "Digest of its sealed chunks: %(digest)s", digest=item.kept.digest.hex() if item.kept.digest else none
        ),
        "  "
        + gettext("Received: %(moment)s, %(way)s", moment=day_and_time(item.kept.received_at), way=way(item, record)),
        "  " + gettext("What was done with it:"),
    ]
    for link in record.custody.links[file.name]:
        lines += ["    " + _act(link, record), "      " + _place(link, record)]
    return lines


def _size(file: OpenedFile) -> str:
    if file.part is None:
        return gettext("Size: %(size)s bytes", size=number(file.size))
    came, whole = number(file.size), number(file.part.size)
    return gettext("Size: %(came)s bytes, the first of %(all)s; the rest had not come", came=came, all=whole)


def _act(link: Link, record: Record) -> str:
    entry = link.entry
    who = record.names.get(entry.member_id or 0) or acts.nobody(entry.act)
    details = acts.details(entry.act, entry.detail, record.names)
    return ", ".join([f"{day_and_time(entry.at)}: {acts.said(entry.act)}", who, *details])


def _place(link: Link, record: Record) -> str:
    return gettext(
        "entry %(number)s of the chain “%(chain)s”, hash %(hash)s",
        number=number(link.entry.number),
        chain=record.chains.get(link.entry.chain, "?"),
        hash=link.entry.hash.hex(),
    )


def _how_to_verify(taken: Bundle) -> list[str]:
    sums, signature, key = COMMANDS
    return [
        gettext("How to verify this bundle (case %(reference)s)", reference=taken.reference),
        "",
        _wrapped(
            gettext(
                "You need a computer with the programs sha256sum and openssl (version 3.0 or newer), which Linux has. "
                "Nothing of the newsroom's own software is needed. Unpack the ZIP, open a terminal in the folder with "
                "this file, and type:"
            ),
            "",
        ),
        "",
        "1. " + gettext("Is every file as it was when the bundle was made?"),
        f"   {sums}",
        _wrapped(gettext("Every line must end with OK.")),
        "",
        "2. " + gettext("Was the list of hashes signed with the key in this bundle?"),
        f"   {signature}",
        _wrapped(gettext("It must say: Signature Verified Successfully")),
        "",
        "3. " + gettext("Is that key the newsroom's? Whoever forges a bundle puts a key of their own in it."),
        f"   {key}",
        _wrapped(gettext("It must print this fingerprint:")),
        f"   {taken.ready.fingerprint}",
        _wrapped(
            gettext(
                "Compare it with the newsroom by another way than the one by which you got the bundle: by telephone, "
                "in person, or with what it printed or published. Its members see it on their desk's page of signing "
                "keys, in groups of four, to be read aloud:"
            )
        ),
        f"   {signing.in_groups(taken.ready.fingerprint)}",
    ]


def _what_it_means() -> list[str]:
    return [
        gettext("What is in it"),
        _wrapped(
            gettext("originals/: the files as they came, byte for byte, with all that the device wrote into them.")
        ),
        _wrapped(gettext("copies/: what the newsroom's members look at, made of the originals; where there are any.")),
        _wrapped(
            gettext("custody-….txt, custody.json: when each file came and by which way, who opened it, and when.")
        ),
        "",
        gettext("What it proves"),
        _wrapped(
            gettext(
                "The originals have not changed since the bundle was signed. The newsroom says since when it has them: "
                "every entry of the record has a hash that is made of the hash before it and of the entry, and "
                "custody.json has both (SHA-256 of the bytes of “previous”, followed by the text “hashed”). The "
                "newsroom can show that the chain, whose end is noted there, holds."
            )
        ),
        _wrapped(
            gettext(
                "It does not prove that what a file shows is true, nor who made it, nor what happened before it came."
            )
        ),
    ]


def _wrapped(text: str, indent: str = "   ") -> str:
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False)
