"""Fact pages: what the queue is filtered by of a thousand cases of a desk in one sealed file.

They are as search pages are, but small: a filter over a hundred thousand cases opens some megabytes. The file is JSON
(``facts/1``: the desk, and a list for each fact, with a place for each case), then spaces up to the Padmé length.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

from intake.cases.models import Statement
from intake.cases.paper_models import Coding, FactEntry, FactPage
from intake.cases.sealed_pages import Pages, SealedPage
from intake.sealing import Identity, SealedBytes, SealError, pad, seal, unseal

KIND = "facts/1"
PAGES = Pages(FactPage, FactEntry, (Statement, Coding), most_cases=1_000, most_bytes=500_000)
all_of, lacking, forget, remove = PAGES.all_of, PAGES.lacking, PAGES.forget, PAGES.remove


class Facts(NamedTuple):
    """What the queue is filtered by of one case.

    Attributes:
        case_id: the case.
        pieces: how many pieces of it were read.
        is_coded: whether a member coded it.
        codes: its leaf codes, a space between; those that the complainant may mean where it is not coded.
        region: where it happened; empty where that is not known, or may not be kept.
        publish: one of ``wishes.PUBLISH``.
        share: to whom it may be shown, a space between.
    """

    case_id: int
    pieces: int
    is_coded: bool
    codes: str
    region: str
    publish: str
    share: str


def sealed(desk_id: int, facts: Sequence[Facts], recipient: str) -> SealedBytes:
    """Seal a page.

    Args:
        desk_id: whose.
        facts: of the cases.
        recipient: the desk's.
    """
    columns = {name: [getattr(one, name) for one in facts] for name in Facts._fields}
    page = {"kind": KIND, "desk": desk_id, **columns}
    return seal(pad(json.dumps(page, separators=(",", ":")).encode()), [recipient])


def opened(page: SealedPage, identity: Identity) -> list[Facts]:
    """Open a page.

    Args:
        page: the page.
        identity: the desk's.

    Raises:
        SealError: it was altered, or moved here from another desk.
    """
    plain = json.loads(unseal(page.sealed, identity))
    if (plain["kind"], plain["desk"]) != (KIND, page.desk_id):
        message = "a fact page was moved here from another desk"
        raise SealError(message)
    return list(map(Facts, *(plain[name] for name in Facts._fields)))
