"""The desk looks at a file without opening what came: a copy is made in the box, kept sealed, and sent in parts."""

import hashlib
import re
from dataclasses import replace

import pytest
from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import select, update

from intake.evidence import findings, look_words, remove, viewing
from intake.evidence.boxed import frames
from intake.evidence.models import Chunk, Finding, View
from intake.evidence.place import storage
from intake.extensions import db, transaction
from intake.sealing import SealError
from intake.web.uploads import CHUNK
from tests.evidence.looking import (
    PICTURE,
    Box,
    Given,
    acts,
    attach,
    folder_of,
    given,
    look,
    made,
    names_kept,
    opened,
    path_of,
)
from tests.factories import House, count_rows, sound

__all__ = ["given", "made"]


def test_one_press_on_the_case_page_shows_a_copy_and_never_the_original(
    client: FlaskClient, house: House, given: Given, made: Box
) -> None:
    case, _, name = given
    page = client.get(f"/desk/cases/{case.reference}").get_data(as_text=True)
    assert "photo.jpg" in page
    assert f'action="{path_of(case, name)}"' in page
    assert f'/files/{name}"' not in page, "the original is not a press away"
    assert "Nobody has looked at this file yet" in client.get(path_of(case, name)).get_data(as_text=True)
    assert acts(case, "evidence.viewed") == 0
    assert count_rows(View) == count_rows(Finding) == 0, "looking at the page makes nothing"
    page = look(client, case, name)
    assert f'src="{path_of(case, name, "copy/0")}"' in page
    assert made.given == [PICTURE]
    answer = client.get(path_of(case, name, "copy/0"))
    assert answer.data == b"a safe picture"
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Disposition"] == f'inline; filename="{case.reference}-{name[:8]}-copy-0.jpg"'
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert acts(case, "evidence.viewed") == 1, "page and picture are one opening"
    page = client.get(f"/desk/cases/{case.reference}").get_data(as_text=True)
    assert f'href="{path_of(case, name)}"' in page, "the second time it is a link"
    assert "evidence.taken" not in page
    look(client, case, name)
    assert made.given == [PICTURE], "it is made once"


def test_what_is_kept_is_sealed_to_the_file_and_goes_with_it(
    client: FlaskClient, house: House, given: Given, made: Box
) -> None:
    case, _, name = given
    long = sound(2 * CHUNK + 5)
    made.parts = [("page", "image/png", b"marker of a page"), ("page", "image/png", long)]
    made.clues = [("author", "marker of an author")]
    look(client, case, name)
    views = db.session.scalars(select(View).order_by(View.number)).all()
    assert [(view.size, view.chunk_count) for view in views] == [(16, 1), (len(long), 3)]
    for view in views:
        for number in range(view.chunk_count):
            kept = storage().get(view.name, number)
            row = db.session.get_one(Chunk, (view.name, number))
            assert hashlib.sha256(kept).digest() == row.sha256
    everything = b"".join(path.read_bytes() for path in current_app.config["INSTANCE"].rglob("*") if path.is_file())
    assert b"marker of a" not in everything
    assert b"a safe picture" not in everything
    assert client.get(path_of(case, name, "copy/1")).data == long
    assert client.get(path_of(case, name, "copy/1"), headers={"Range": "bytes=300000-"}).data == long[300000:]
    with transaction():
        remove.destroy(case.id)
    assert (count_rows(View), count_rows(Finding), count_rows(Chunk)) == (0, 0, 0)
    assert names_kept() == set()
    assert client.get(path_of(case, name)).status_code == 404
    assert client.get(path_of(case, name, "copy/0")).status_code == 404


def test_where_there_is_no_copy_the_page_says_why_and_what_to_do(client: FlaskClient, given: Given, made: Box) -> None:
    case, _, name = given
    before = names_kept()
    for reason, words in look_words.REASONS.items():
        made.reason = reason if reason in frames.REASONS else "kind"  # after the first part
        page = look(client, case, name)
        assert "There is no viewing copy." in page
        assert ("Try again" in page) == (made.reason not in look_words.FINAL)
        assert str(words[0]) in page or reason not in frames.REASONS
        assert names_kept() == before, "nothing of half a copy stays"
    assert count_rows(View) == 0
    assert client.get(path_of(case, name, "copy/0")).status_code == 404
    assert look_words.REASONS.keys() >= frames.REASONS, "each has its words"
    made.reason = ""
    assert "There is no viewing copy." not in look(client, case, name)


def test_a_dangerous_file_is_marked_and_never_put_into_the_box(client: FlaskClient, given: Given, made: Box) -> None:
    case, _, _ = given
    for content, called in ((b"MZ" + bytes(80), "holiday.jpg"), (PICTURE, "photo.jpg.scr"), (b"<html><script>", "a")):
        name = attach(case, content, called)
        page = look(client, case, name)
        assert "can run what a stranger wrote" in page
        assert '<span class="tag alert">Dangerous</span>' in page
        assert "This kind of file is dangerous" in client.get(path_of(case, name, "original")).get_data(as_text=True)
    assert made.given == []
    assert client.get(f"/desk/cases/{case.reference}").get_data(as_text=True).count(">Dangerous<") == 3


def test_what_is_too_large_is_not_put_into_the_box(client: FlaskClient, given: Given, made: Box) -> None:
    case, _, name = given
    current_app.config["FILES"] = replace(current_app.config["FILES"], largest_viewed=len(PICTURE) - 1)
    assert "It is larger than what a viewing copy is made of." in look(client, case, name)
    assert made.given == []


def test_a_text_stands_on_the_page_as_text(client: FlaskClient, given: Given, made: Box) -> None:
    case, _, name = given
    hostile = "<script>alert(1)</script> \u202e" + "я" * viewing.SHOWN
    made.parts, made.more = [("text", "text/plain; charset=utf-8", hostile.encode())], 7
    page = look(client, case, name)
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "This is the beginning of it." in page
    assert "More of the text is in the original alone." in page
    answer = client.get(path_of(case, name, "copy/0"))
    assert answer.get_data(as_text=True) == hostile
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")


def test_pages_sound_and_film_each_have_their_player(client: FlaskClient, given: Given, made: Box) -> None:
    case, _, name = given
    made.parts = [("page", "image/png", b"1"), ("page", "image/png", b"2")]
    made.more = 3
    page = look(client, case, name)
    assert re.findall(r'<img class="seen" src="[^"]+/copy/(\d)" width="640" height="480"( loading="lazy")?', page) == [
        ("0", ""),
        ("1", ' loading="lazy"'),
    ]
    assert 'alt="Page 2 of 2"' in page
    assert "3 pages more are in the original alone." in page
    for kind, tag, content_type in (("sound", "audio", "audio/mp4"), ("film", "video", "video/mp4")):
        made.parts = [(kind, content_type, sound(CHUNK + 9))]
        other = attach(case, sound(900), f"{kind}.webm")
        assert f"<{tag} " in look(client, case, other)
        answer = client.get(path_of(case, other, "copy/0"), headers={"Range": "bytes=-10"})
        assert (answer.status_code, answer.data) == (206, sound(CHUNK + 9)[-10:])
        assert answer.headers["Content-Type"] == content_type


def test_what_the_box_would_call_anything_else_is_not_opened_by_a_browser(
    client: FlaskClient, given: Given, made: Box
) -> None:
    case, _, name = given
    made.parts = [("picture", "text/html", b"<script>")]
    look(client, case, name)
    answer = client.get(path_of(case, name, "copy/0"))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")


def test_ranges_longer_than_a_file_give_all_of_it(client: FlaskClient, given: Given, made: Box) -> None:
    case, _, name = given
    look(client, case, name)
    for path, whole in ((path_of(case, name, "copy/0"), b"a safe picture"), (path_of(case, name)[:-5], PICTURE)):
        answer = client.get(path, headers={"Range": "bytes=-9999"})
        assert (answer.status_code, answer.data) == (200, whole)
        refused = client.get(path, headers={"Range": "bytes=9999-"})
        assert (refused.status_code, refused.headers["Content-Range"]) == (416, f"bytes */{len(whole)}")
        assert client.get(path, headers={"Range": "bytes=1-3"}).data == whole[1:4]


def test_two_who_look_at_once_make_one_copy(client: FlaskClient, house: House, given: Given, made: Box) -> None:
    case, member, name = given
    file = opened(house, member, case, name)
    first, second = viewing.look(file), viewing.look(file)
    assert {part.name for part in first.parts}.isdisjoint(part.name for part in second.parts)
    for looked, is_kept in ((first, True), (second, False)):
        with transaction():
            assert viewing.keep(looked) is is_kept
    viewing.drop(second)
    assert names_kept() == {name, first.parts[0].name}
    assert client.get(path_of(case, name, "copy/0")).data == b"a safe picture"


def test_while_the_box_is_at_work_others_are_asked_to_wait(client: FlaskClient, given: Given, made: Box) -> None:
    case, _, name = given
    with viewing._the_only_one():  # noqa: SLF001 another file's look, in another thread
        assert "Press again in a minute." in look(client, case, name)
    assert made.given == []
    assert "Press again in a minute." not in look(client, case, name)


def test_a_file_that_was_tampered_with_is_not_looked_at(client: FlaskClient, given: Given, made: Box) -> None:
    case, _, name = given
    place = folder_of(name) / "0"
    place.write_bytes(place.read_bytes()[:-1] + b"x")
    assert "was altered since it came, or is gone" in look(client, case, name)
    assert count_rows(View) == count_rows(Finding) == 0
    place.unlink()
    assert "was altered since it came, or is gone" in look(client, case, name)


def test_a_part_in_the_place_of_another_does_not_pass(
    client: FlaskClient, house: House, given: Given, made: Box
) -> None:
    case, member, name = given
    made.parts = [("page", "image/png", b"page one"), ("page", "image/png", b"page two")]
    look(client, case, name)
    first, second = db.session.scalars(select(View).order_by(View.number)).all()
    with transaction():
        db.session.execute(update(View).where(View.id == first.id).values(sealed=second.sealed))
    with pytest.raises(SealError):
        viewing.parts(opened(house, member, case, name))
    assert client.get(path_of(case, name, "copy/0")).status_code == 500
    assert client.get(path_of(case, name, "copy/1")).data == b"page two"


def test_copies_and_findings_moved_from_another_file_do_not_pass(
    client: FlaskClient, house: House, given: Given, made: Box
) -> None:
    case, member, name = given
    other = attach(case, PICTURE + b"another")
    look(client, case, name)
    look(client, case, other)
    one, two = (opened(house, member, case, each) for each in (name, other))
    first, second = db.session.scalars(select(View).order_by(View.id)).all()
    before = (first.name, first.sealed)
    with transaction():
        db.session.execute(update(View).where(View.id == second.id).values(sealed=before[1]))
        db.session.execute(update(Finding).values(kind=findings.VIEW))
    with pytest.raises(SealError):
        viewing.parts(two)
    with pytest.raises(SealError):
        findings.read(one)
