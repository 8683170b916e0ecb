"""Two phones, two presses at the same moment, on SQLite as on PostgreSQL: one file, and no more than may be."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BoundedSemaphore

import pytest
from flask import Flask, current_app
from werkzeug.test import TestResponse

from intake.evidence.models import Chunk, File, Upload
from intake.web import uploads as line
from intake.web.uploads import CHUNK
from tests.evidence.sending import photo
from tests.factories import House, come_back, count_rows, letters, make_case, token_on
from tests.followup.sending import PATH, Script, contents, post_files

PHONES = 4


@pytest.fixture(autouse=True)
def _lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all of the phones send at the same moment."""
    monkeypatch.setattr(line, "_lines", BoundedSemaphore(PHONES))


def phones(app: Flask, code: str) -> list[Script]:
    """Return the pages of some phones on which one code was typed."""
    clients = [app.test_client() for _ in range(PHONES)]
    for client in clients:
        come_back(client, code)
    return [Script(client, token_on(client.get(PATH).get_data(as_text=True))) for client in clients]


def at_once(scripts: list[Script], act: Callable[[int, Script], TestResponse]) -> list[TestResponse]:
    """Let every phone do something at the same moment."""
    start = Barrier(len(scripts))

    def do(numbered: tuple[int, Script]) -> TestResponse:
        start.wait()
        return act(*numbered)

    with ThreadPoolExecutor(len(scripts)) as pool:
        return list(pool.map(do, enumerate(scripts)))


def test_the_same_file_from_every_phone_is_one_file(app: Flask, house: House) -> None:
    case, keys, code = make_case()
    scripts, content = phones(app, code), photo(3 * CHUNK + 1)
    names = {answer.get_json()["name"] for answer in at_once(scripts, lambda _, script: script.begin(content))}
    assert len(names) == count_rows(Upload) == 1
    (name,) = names
    taken = at_once(scripts, lambda _, script: script.take(name, 0, content))
    assert {answer.status_code for answer in taken} == {200}
    finished = at_once(scripts, lambda _, script: script.post(f"/{name}/finish"))
    assert [answer.get_json() for answer in finished] == [{"done": True}] * PHONES
    assert (count_rows(File), count_rows(Upload), count_rows(Chunk)) == (1, 0, 4)
    assert contents(case, keys) == [content]
    assert len(letters("files_arrived")) == 1


def test_together_they_send_no_more_than_may_be(app: Flask, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    case, keys, code = make_case()
    settings, content = current_app.config["FILES"], photo(CHUNK)
    may = {**vars(settings), "largest": CHUNK, "most": 2 * CHUNK}
    monkeypatch.setitem(current_app.config, "FILES", type(settings)(**may))
    scripts = phones(app, code)
    begun = at_once(scripts, lambda number, script: script.begin(content, f"{number}.jpg"))
    assert sorted(answer.status_code for answer in begun) == [200, 200, 422, 422]
    assert count_rows(Upload) == 2
    for answer in begun:
        if answer.status_code == 200:
            drop = {"csrf_token": scripts[0].headers["X-CSRFToken"]}
            scripts[0].post(f"/{answer.get_json()['name']}/drop", drop)
    posted = at_once(scripts, lambda number, script: post_files(script, (f"{number}.jpg", photo(CHUNK, number))))
    assert sorted(answer.status_code for answer in posted) == [200, 200, 422, 422]
    assert len(contents(case, keys)) == 2


def test_given_up_while_it_is_sent_it_is_gone_or_whole(app: Flask, house: House) -> None:
    case, keys, code = make_case()
    scripts, content = phones(app, code), photo(2 * CHUNK)
    name = scripts[0].begin(content).get_json()["name"]

    def act(number: int, script: Script) -> TestResponse:
        if number:
            return script.take(name, 0, content)
        return script.post(f"/{name}/drop", {"csrf_token": script.headers["X-CSRFToken"]})

    answers = at_once(scripts, act)
    assert {answer.status_code for answer in answers} <= {200, 303, 404}
    assert contents(case, keys) in ([], [content])
    assert count_rows(Upload) == 0
    assert count_rows(Chunk) == 2 * count_rows(File)
