"""Writing an evidence bundle: a ZIP that is made while it is sent, in flat memory, never on the disk."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from intake import signing
from intake.cases import bundle_words
from intake.cases.bundle import Bundle, Offered, Record
from intake.cases.zipping import Zip
from intake.evidence import read
from intake.evidence.custody import Link
from intake.evidence.queries import OpenedFile
from intake.evidence.read import Keeper
from intake.i18n import NEVER_SEEN_LANGUAGE, language_tag

FORMAT = "custody/1"


def as_zip(taken: Bundle, record: Record, keeper: Keeper) -> Iterator[bytes]:
    """Return what yields a bundle; all that is said in words is written now, the files while they are sent.

    One chunk is in memory at a time. Where a file turns out altered, the ZIP breaks off: it has no end, and nothing
    opens it as whole.

    Args:
        taken: the bundle, written down.
        record: what the audit says of its files.
        keeper: where the chunks are.

    Raises (while it yields):
        sealing.SealError: a file was altered.
        FileNotFoundError: a chunk of it is gone.
    """
    told = _custody(taken, record)
    said = [
        (f"custody-{language}.txt", bundle_words.custody_text(taken, record, language))
        for language in dict.fromkeys((NEVER_SEEN_LANGUAGE, language_tag()))
    ]
    said += [("VERIFY.txt", bundle_words.verify_text(taken)), (bundle_words.KEY, signing.pem(taken.ready.public))]
    return _written(taken, told, [(path, text.encode()) for path, text in said], keeper)


def _written(taken: Bundle, told: dict[str, Any], said: Sequence[tuple[str, bytes]], keeper: Keeper) -> Iterator[bytes]:
    with Zip(taken.reference, taken.made_at) as archive:
        for item, of_file in zip(taken.items, told["files"], strict=True):
            yield from archive.put(item.path, read.whole(item.file, keeper), item.file.size)
            for number, part in enumerate(taken.copies.get(item.file.name, ()), start=1):
                yield from archive.put(item.path_of_copy(number, part), read.whole(part, keeper), part.size)
                of_file["copies"].append(archive.sums[-1]._asdict())
        for path, content in [("custody.json", _json(told)), *said]:
            yield from archive.put(path, [content], len(content))
        sums = "".join(f"{one.sha256}  {one.path}\n" for one in archive.sums).encode()
        yield from archive.put(bundle_words.SUMS, [sums], len(sums))
        signature = taken.ready.signer.sign(sums)
        yield from archive.put(bundle_words.SIGNATURE, [signature], len(signature))
    yield archive.taken()


def _custody(taken: Bundle, record: Record) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "reference": taken.reference,
        "for": taken.verdict.audience,
        "made_at": taken.made_at.isoformat(),
        "made_by": taken.made_by,
        "signed_with": {"algorithm": "Ed25519", "sha256_of_der": taken.ready.fingerprint},
        "files": [_file(item, record) for item in taken.items],
        "chains": [
            {"name": record.chains.get(head.chain), "count": head.number, "head": head.hash.hex()}
            for head in record.custody.heads
        ],
    }


def _file(item: Offered, record: Record) -> dict[str, Any]:
    file = item.file
    return {
        "path": item.path,
        "kept_as": file.name,
        "name_given_by_sender": file.sent_name,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.sha256,
        "sealed_chunks": file.chunks,
        "sha256_over_sha256_of_sealed_chunks": item.kept.digest.hex() if item.kept.digest else None,
        "received_at": item.kept.received_at.isoformat(),
        "received_as": file.what,
        "brought_by_member": record.names.get(file.sender_id) if file.sender_id else None,
        "first_bytes_of": _part(file, record) if file.part else None,
        "copies": [],
        "custody": [_link(link, record.names, record.chains) for link in record.custody.links[file.name]],
    }


def _part(file: OpenedFile, record: Record) -> dict[str, Any]:
    part, keeper = file.part, record.names.get(file.member_id or 0)
    return {"upload": part.of, "size": part.size, "kept_by_member": keeper} if part else {}


def _link(link: Link, names: Mapping[int, str], chains: Mapping[int, str]) -> dict[str, Any]:
    entry = link.entry
    return {
        "act": entry.act,
        "at": entry.at.isoformat(),
        "member": names.get(entry.member_id) if entry.member_id else None,
        "chain": chains.get(entry.chain),
        "number": entry.number,
        "previous": link.previous.hex() if link.previous is not None else None,
        "hashed": link.text,
        "hash": entry.hash.hex(),
    }


def _json(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"
