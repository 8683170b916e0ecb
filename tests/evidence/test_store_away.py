"""While the store of files is down, words are taken as ever, files wait, and nothing is lost or left behind."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from intake import chores
from intake.cases.models import Case, Statement
from intake.evidence import place, queries, remove
from intake.evidence.models import Chunk, File
from intake.evidence.place import storage
from intake.extensions import db, transaction
from intake.i18n import now
from intake.storage import StoreError, new_name
from intake.storage.bucket import Bucket
from intake.storage.folder import Folder
from intake.web.uploads import CHUNK
from tests.complaint import mailing
from tests.evidence.test_files import acts, path_of
from tests.factories import (
    STORY,
    House,
    count_rows,
    letters,
    make_case,
    make_member,
    make_recording,
    post_parts,
    send,
    send_voice,
    sign_in,
    signed_code,
    sound,
    token_on,
)
from tests.servers.s3 import S3Server, away
from tests.test_storage import sealed
from tests.test_storage_bucket import free_port

LONG = sound(2 * CHUNK + 1234)  # three chunks
Away = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def down(app: Flask, s3: S3Server) -> Away:
    """Let files be kept in a bucket; return what takes the store away for a while."""
    files = replace(app.config["FILES"], store=s3.bucket())
    app.config["FILES"] = files
    gone = replace(files, store=away(s3.without_bucket(), free_port()))

    @contextmanager
    def while_away() -> Iterator[None]:
        app.config["FILES"] = gone
        yield
        app.config["FILES"] = files

    return while_away


def test_settings_say_which_store_it_is_and_threads_share_one(app: Flask, s3: S3Server) -> None:
    assert storage() == Folder(app.config["INSTANCE"] / place.FOLDER)
    app.config["FILES"] = replace(app.config["FILES"], store=s3.without_bucket())
    assert isinstance(storage(), Bucket)
    assert storage() is storage()


def test_words_are_accepted_and_a_recording_waits_with_its_words_kept(
    client: FlaskClient, house: House, down: Away
) -> None:
    make_member(house, "KZ")
    code, content = signed_code(), sound()
    with down():
        assert send(client).status_code == 200
        assert len(letters("new_case")) == 2
        refused = send_voice(client, content, code=code, story="He was taken at night.")
    page = refused.get_data(as_text=True)
    assert refused.status_code == 503
    assert "He was taken at night." in page
    assert "Your recording did not stay on this page" in page
    assert code in page
    assert (count_rows(Case), count_rows(File), count_rows(Chunk)) == (1, 0, 0)
    assert send_voice(client, content, code=code, story="He was taken at night.").status_code == 200
    assert (count_rows(Case), count_rows(File), count_rows(Chunk)) == (2, 1, 1)


def test_who_comes_back_is_asked_to_try_again_and_types_nothing_twice(
    client: FlaskClient, house: House, down: Away
) -> None:
    _, _, code = make_case()
    assert client.post("/en/case", data={"code": code}).status_code == 303
    token = token_on(client.get("/en/case/voice").get_data(as_text=True))
    spoken = {"csrf_token": token, "story": "He said this."}
    with down():
        refused = post_parts(client, "/en/case/voice", spoken, sound())
    assert refused.status_code == 503
    assert "He said this." in refused.get_data(as_text=True)
    assert (count_rows(Statement), count_rows(File)) == (1, 0)
    assert post_parts(client, "/en/case/voice", spoken, sound()).status_code == 303
    assert (count_rows(Statement), count_rows(File)) == (2, 1)


def test_a_mail_with_a_file_waits_in_the_mailbox_and_one_with_words_alone_does_not(house: House, down: Away) -> None:
    mail = mailing.written()
    mail.add_attachment(b"a", maintype="application", subtype="x", filename="a")
    with down():
        with pytest.raises(StoreError):
            mailing.receive(mail)
        assert mailing.receive(mailing.written()).is_whole
    assert count_rows(File) == 0
    assert mailing.receive(mail).is_whole
    assert count_rows(File) == 1


def test_a_desk_reads_the_words_and_is_told_to_wait_for_the_recording(
    client: FlaskClient, house: House, down: Away
) -> None:
    case, keys, _ = make_case(recording=make_recording(LONG))
    (file,) = queries.opened_files(case.id, case.reference, lambda _: keys.identity)
    sign_in(client, make_member(house, "KZ"))
    with down():
        page = client.get(f"/desk/cases/{case.reference}")
        heard = client.get(path_of(case, file))
    assert page.status_code == 200
    assert STORY in page.get_data(as_text=True)
    assert heard.status_code == 503
    assert "try again in a minute" in heard.get_data(as_text=True)
    assert "evidence.opened" not in acts(case)
    assert client.get(path_of(case, file)).data == LONG


def test_what_is_to_be_destroyed_is_destroyed_once_the_store_is_back(
    house: House, down: Away, caplog: pytest.LogCaptureFixture
) -> None:
    case, _, _ = make_case(recording=make_recording(LONG))
    with transaction():
        db.session.execute(update(Case).values(deletion_asked_at=now() - timedelta(days=30)))
    with down():
        chores.every_minute()
    assert "files are not to be reached: StoreError" in caplog.text
    assert (count_rows(File), count_rows(Chunk)) == (1, 3)
    assert list(storage().counts().values()) == [3]
    chores.every_minute()
    assert (count_rows(File), count_rows(Chunk)) == (0, 0)
    assert storage().counts() == {}
    assert acts(case).count("case.destroyed") == 1


def test_orphans_in_a_bucket_are_swept_after_a_day_and_a_store_that_is_away_stops_nothing(
    app: Flask, house: House, down: Away, caplog: pytest.LogCaptureFixture
) -> None:
    make_case(recording=make_recording(LONG))
    orphans = [new_name() for _ in range(3)]
    for orphan in orphans:
        storage().put(orphan, 0, sealed())
    assert remove.sweep(now()) == 0
    with down():
        chores.sweep()
    assert "files could not be swept: StoreError" in caplog.text
    assert remove.sweep(now() + timedelta(days=1, minutes=1)) == 3
    assert list(storage().counts().values()) == [3]
