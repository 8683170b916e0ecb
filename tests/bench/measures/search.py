"""Searching a desk's cases, request and page included, against opening their search pages bare."""

import random
import re
import time
from collections.abc import Callable, Iterator
from functools import partial

from flask import Flask
from sqlalchemy import func, insert, select

from intake.cases import indexing, queries
from intake.cases.models import RECEIVED, WEB, Case, SearchPage, Statement
from intake.complaint import submit
from intake.desks import queries as desks
from intake.extensions import core, db, settle, table, transaction
from intake.followup import blocks
from intake.i18n import now
from intake.members.models import Member
from intake.sealing import Identity, seal_document, unseal
from tests.bench.instance import Bench
from tests.bench.rows import DATABASES, BenchError, Row, Target
from tests.factories import House, make_member, sign_in, token

DESK = "UZ"
WITHIN = Target(at_most=500)  # milliseconds
SIZES, QUICK_SIZES = (1_000, 10_000, 20_000), (100, 300, 1_000)
PROMISED = 10_000  # cases up to which a search is to be soon
AT_ONCE = 2_000  # cases of one transaction
STORY_BYTES = 2_000
A_WHILE = 3600.0  # seconds in which everything is made searchable
RUNS = 5
SEED = 7
RARE, COMMON = "Xylophagous", "Oʻzbekiston"  # in one case, and in every case, in the other script
WORDS = re.findall(  # what a story is made of
    r"\w+",
    "милиция олиб кетди уйдан ҳеч ким айтмайди қаерда эканини адвокат суд қамоқ укам отам онам маҳалла вилоят шаҳар "
    "пул талаб қилди урди калтаклади қўрқитди гувоҳ ҳужжат паспорт ариза прокурор тергов журналист Тошкент Самарқанд",
)
SEARCHES = {
    "a rare word": RARE,
    "a word of every case": COMMON,
    "two words": "прокурор Тошкент",
    "a phrase": '"прокурор тергов"',
}


def rows(bench: Bench) -> Iterator[Row]:
    """Measure searches of a desk that grows, on each database.

    Raises:
        BenchError: something was not found, or not made searchable.
    """
    for database in DATABASES:
        instance, made = bench.instance(database), 0
        with instance.opened() as app:
            house = instance.house()
            member = make_member(house, DESK)
            for size in QUICK_SIZES if bench.quick else SIZES:
                for count in _portions(size - made):
                    _add(count)
                began = time.perf_counter()
                done = _made_searchable(house, member)
                if done != size - made:
                    message = f"{done} of {size - made} cases were made searchable"
                    raise BenchError(message)
                rate = done / (time.perf_counter() - began)
                yield Row(f"search, {size:,} cases: made searchable", rate, "cases/s", database=database)
                yield from _measured(app, house, member, size, database)
                made = size


def _portions(count: int) -> Iterator[int]:
    """Yield how many cases are added in one transaction, until there are so many."""
    for begin in range(0, count, AT_ONCE):
        yield min(AT_ONCE, count - begin)


def _add(count: int) -> None:
    """Add cases of about two kilobytes each, as a desk receives them; the first has a word of its own."""
    desk = desks.by_name(DESK)
    key = desks.current_key(desk.id)
    chance, cases, statements = random.Random(SEED + count), table(Case), table(Statement)  # noqa: S311 no secret
    first = (core().scalar(select(func.max(cases.c.id))) or 0) + 1
    told, written = [], []
    for case_id in range(first, first + count):
        story = f"{RARE if case_id == 1 else ''} Ўзбекистон"
        while len(story.encode()) < STORY_BYTES:
            story += f" {chance.choice(WORDS)}"
        reference = f"{submit.draw_reference(DESK)[:-2]}{case_id}"
        document = {"reference": reference, "received_at": now().isoformat(), "story": story}
        opened = {"desk_id": desk.id, "country": DESK, "language": "ru", "channel": WEB, "urgent": False}
        opened |= {"reachable": True, "status": RECEIVED, "received_at": now()}
        told.append({"id": case_id, "reference": reference, **opened})
        sealed = seal_document(queries.STATEMENT, document, [key.recipient])
        digest = case_id.to_bytes(32)
        written.append({"case_id": case_id, "number": 1, "desk_key_id": key.id, "digest": digest, "sealed": sealed})
    with transaction():
        core().execute(insert(cases), told)
        core().execute(insert(statements).values(received_at=now()), written)


def _made_searchable(house: House, member: Member) -> int:
    visitor = house.visitors[member.id]
    return sum(settle(write, indexing.save) for write in indexing.turns(visitor, A_WHILE, blocks.typed))


def _measured(app: Flask, house: House, member: Member, size: int, database: str) -> Iterator[Row]:
    client = app.test_client()
    with app.app_context():
        sign_in(client, member)
        press = token(client, "/desk/search")
    bare, read = _timed(lambda: _bare(house.identity(DESK)))
    yield Row(f"search, {size:,} cases: sealed pages", read / 1_000_000, "MB", database=database)

    def find(words: str) -> int:
        with app.app_context():
            page = client.post("/desk/search", data={"csrf_token": press, "words": words}).get_data(as_text=True)
        found = re.search(r'id="found"[^>]*>(\d+)', page)
        if not found:
            message = "a search was not answered"
            raise BenchError(message)
        return int(found[1])

    for name, words in SEARCHES.items():
        took, count = _timed(partial(find, words))
        if count != {RARE: 1, COMMON: size}.get(words, count) or not count:
            message = f"{name} was found in {count} cases of {size}"
            raise BenchError(message)
        about = {"against": "opening bare", "aims": (WITHIN,) if size <= PROMISED else (), "database": database}
        yield Row.of_times(f"search, {size:,} cases: {name}", took, bare, **about)


def _bare(identity: Identity) -> int:
    """Open all pages, and do nothing with them."""
    db.session.rollback()
    pages = table(SearchPage)
    return sum(len(unseal(sealed, identity)) for sealed in core().scalars(select(pages.c.sealed)))


def _timed(act: Callable[[], int]) -> tuple[list[float], int]:
    """Return how many milliseconds some runs took, and what the last one gave."""
    given, took = act(), []
    for _ in range(RUNS):
        began = time.perf_counter()
        given = act()
        took.append((time.perf_counter() - began) * 1000)
    return took, given
