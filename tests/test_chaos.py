"""Whatever is killed, and whenever: who saw a code has one case, and everybody who must hear of it does."""

import http.client
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from intake import audit
from intake.cases import queries as cases
from intake.cases.models import WEB, Case, Statement
from intake.desks.models import Desk
from intake.desks.routing import destination_at
from intake.desks.setup import code_salt
from intake.extensions import db
from intake.i18n import now
from intake.members import queries as members
from intake.outbox.models import Attempt, Letter
from intake.outbox.worker import Tally, deliver_due
from intake.reference.countries import COUNTRIES, OTHER
from intake.sealing import code_keys, unseal_document
from tests.servers.service import Service, complain
from tests.servers.smtp import SmtpServer

SEED = 20_261_122
CLIENTS = 6
LINE_BREAKS = 0.2  # of all requests: the server did its work, and nobody hears of it
A_WHILE = 5.0  # seconds
PATIENCE = 400.0  # seconds after which a client gives up, and the test with it
PLACES = (*COUNTRIES, OTHER)


def test_nothing_is_lost_or_doubled_by_a_few_kills(service: Service, mailbox: SmtpServer | None) -> None:
    _storm(service, mailbox, count=30, victims={"web process": 2, "web server": 1, "outbox": 2})


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_by_many_kills(service: Service, mailbox: SmtpServer | None) -> None:
    _storm(service, mailbox, count=500, victims={"web process": 25, "web server": 4, "outbox": 8})


@pytest.fixture
def mailbox(database: str) -> Iterator[SmtpServer | None]:
    """Return a mail server, which can tell a letter that came twice, for one database; for the other, none."""
    with ExitStack() as stack:
        yield stack.enter_context(SmtpServer()) if database == "postgresql" else None


@pytest.fixture
def service(
    database: str, mailbox: SmtpServer | None, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Service]:
    """Return an instance with members; letters go to the mail server, or to a folder where there is none."""
    settings = {"INTAKE_MAIL_URL": f"smtp://{mailbox.host}:{mailbox.port}"} if mailbox else {}
    postgres = request.getfixturevalue("postgres") if database == "postgresql" else None
    if postgres:
        name = f"chaos_{abs(hash(str(tmp_path)))}"
        postgres.create(name)
        settings["INTAKE_DATABASE_URL"] = postgres.url(name)
    service = Service(tmp_path, **settings)
    yield service
    service.clear()
    if postgres:
        postgres.drop(name)


def _story(number: int) -> str:
    return f"They came for my brother at night, and this is complaint number {number}."


def _storm(service: Service, mailbox: SmtpServer | None, count: int, victims: dict[str, int]) -> None:
    """Have clients send complaints while processes are killed; then look at what is there."""
    assert service.flask("demo", "--cases", "1", INTAKE_MAIL_URL="").returncode == 0
    service.start()
    service.until(service.outbox, "there is no worker")
    service.until(lambda: len(service.web()[1]) == 2, "there are not two web processes")
    chance = random.Random(SEED)  # noqa: S311 it shall be the same every time
    order = [victim for victim, times in victims.items() for _ in range(times)]
    chance.shuffle(order)
    struck = dict(zip(sorted(chance.sample(range(count * 3 // 4), len(order))), order, strict=True))
    killed: Counter[str] = Counter()
    sent: dict[int, tuple[str, str]] = {}
    client = _Patient(service)
    with ThreadPoolExecutor(CLIENTS) as pool:
        working = {
            pool.submit(complain, client.ask, _story(number), PLACES[number % len(PLACES)]): number
            for number in range(count)
        }
        for answered, done in enumerate(as_completed(working)):
            sent[working[done]] = done.result()
            if answered in struck:
                if struck[answered] == "outbox":
                    _wait_for_a_letter(service, mailbox)
                time.sleep(chance.uniform(0, 0.02))
                killed[struck[answered]] += _strike(service, struck[answered], chance)
    service.stop()
    service.clear()
    assert set(killed) == set(victims), "somebody was never killed"
    with service.inside():
        _each_has_one_case(sent)
        _letters_are_as_they_should(service, mailbox, killed["outbox"])
        assert [audit.broken_at(chain) for chain in (audit.HOUSE, *db.session.scalars(select(Desk.id)))] == [None] * 7


class _Patient:
    """A person on a bad line, who sends the same again until a page comes."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._line = random.Random(SEED)  # noqa: S311 no secret
        self._until = time.monotonic() + PATIENCE

    def ask(self, path: str, form: Mapping[str, str] | None = None) -> str:
        while time.monotonic() < self._until:
            try:
                status, page = self._service.request(path, form, line_breaks=self._line.random() < LINE_BREAKS)
            except (OSError, http.client.HTTPException):
                status, page = 503, ""
            if status != 503:
                assert status in {200, 422}, page
                return page
            assert self._service.runs(), f"everything has ended: {self._service.said()}"
            time.sleep(0.1)
        pytest.fail(f"no page came: {self._service.said()}")


def _wait_for_a_letter(service: Service, mailbox: SmtpServer | None) -> None:
    """Wait a while for the worker to be at work: it dies with letters in its hands then."""

    def count() -> int:
        return len(mailbox.letters if mailbox else list((service.instance / "letters").glob("*.eml")))

    before, deadline = count(), time.monotonic() + A_WHILE
    while count() == before and time.monotonic() < deadline:
        time.sleep(0.001)


def _strike(service: Service, victim: str, chance: random.Random) -> bool:
    """Kill -9 one such process, if there is one just now."""
    servers, processes = service.web()
    found = {"web server": servers, "web process": processes, "outbox": service.outbox()}[victim]
    if found:
        service.kill(chance.choice(found))
    return bool(found)


def _each_has_one_case(sent: dict[int, tuple[str, str]]) -> None:
    found = list(db.session.scalars(select(Case).where(Case.channel == WEB)))
    assert Counter(case.reference for case in found) == Counter(reference for reference, _ in sent.values())
    statements = db.session.scalars(select(Statement).where(Statement.case_id.in_([case.id for case in found]))).all()
    assert Counter(statement.case_id for statement in statements) == Counter(case.id for case in found)
    sealed = {statement.case_id: statement.sealed for statement in statements}
    for number, (reference, code) in sent.items():
        keys = code_keys(code, code_salt())
        case = cases.by_tag(keys.tag)
        assert case is not None, f"the code of {reference} finds nothing"
        assert (case.reference, case.country) == (reference, PLACES[number % len(PLACES)])
        assert unseal_document(cases.STATEMENT, sealed[case.id], keys.identity)["story"] == _story(number)


def _letters_are_as_they_should(service: Service, mailbox: SmtpServer | None, deaths: int) -> None:
    """Deliver what is owed still, and look who was told of what, and how often."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("intake.outbox.worker.now", lambda: now() + timedelta(hours=1))  # the leases of the dead ran out
        assert deliver_due().failed == 0
        assert deliver_due() == Tally()
    letters = db.session.scalars(select(Letter)).all()
    assert all(letter.delivered_at for letter in letters)
    sent = [letter for letter in letters if letter.gathered_in_id is None]  # so many at once go together
    told: dict[int | None, list[str]] = {}
    for letter in letters:
        told.setdefault(letter.case_id, []).append(letter.address)
    for case in db.session.scalars(select(Case)):
        people = destination_at(case.desk_id).journalists if case.country in COUNTRIES else members.editors()
        assert people
        assert sorted(told[case.id]) == sorted(["info@acca.media", *(person.address for person in people)])
    accepted = Counter(db.session.scalars(select(Attempt.letter_id).where(Attempt.accepted)))
    assert set(accepted) == {letter.id for letter in sent}
    assert max(accepted.values()) <= 2
    came = _came(service, mailbox)
    assert set(came) == {letter.message_id for letter in sent}
    assert max(came.values()) <= 2
    assert came.total() - len(came) <= (deaths if mailbox else 0), "a letter is doubled when a worker dies, or never"


def _came(service: Service, mailbox: SmtpServer | None) -> Counter[str]:
    """Return how many times each Message-ID came, those of the demonstration included."""
    sent = [letter.message for letter in list(mailbox.letters)] if mailbox else []
    return Counter(message["Message-ID"] for message in [*service.letters(), *sent])
