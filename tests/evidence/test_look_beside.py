"""What the desk's page of a file says beside the copy: clues, the scanner's word, custody, and who may see it."""

import hashlib
import re
from dataclasses import replace

from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import update

from intake.audit import AuditEntry
from intake.cases import transfer
from intake.desks import queries as desks
from intake.evidence import box, look_words, queries, read, trail
from intake.extensions import db, settle, transaction
from intake.file_settings import Scanner
from intake.i18n import now
from tests.evidence.looking import PICTURE, Box, Given, acts, attach, given, look, made, path_of
from tests.factories import House, make_case, make_member, make_recording, sign_in, token
from tests.servers.clamd import SIGNATURE, Clamd

__all__ = ["given", "made"]
GPS = ("place", "43.238949, 76.889709")


def test_the_page_lets_its_own_pictures_in_and_nobody_elses(client: FlaskClient, given: Given) -> None:
    case, _, name = given
    policy = client.get(path_of(case, name)).headers["Content-Security-Policy"]
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert (rules["img-src"], rules["media-src"], rules["default-src"]) == ("'self' data:", "'self'", "'none'")


def test_clues_are_shown_as_hints_in_the_readers_words(client: FlaskClient, given: Given, made: Box) -> None:
    case, _, name = given
    made.clues = [
        ("taken_at", "2026-03-04 05:06:07"),
        ("made_at", "2026-03-04 05:06:07 +05:00"),
        ("located_at", "2026-03-04 05:06:07 UTC"),
        ("changed_at", "2026-13-45 99:00:00"),
        GPS,
        ("device", "<script>alert(1)</script> \u202ephone"),
        ("description", "x" * 10_000),
        ("unheard_of", "nobody knows this key"),
    ]
    page = look(client, case, name)
    assert re.findall(r"4 March 2026, 05:06:07([^<]*)<", page) == ["", " UTC+05:00", " UTC"]
    assert "2026-13-45 99:00:00" in page
    assert look_words.CLUES.keys() == set(box.CLUES), "each has its words"
    assert '<span class="suggestion" translate="no">43.238949, 76.889709</span>' in page
    assert "whoever runs the map learns where you look" in page
    assert "A clue, no proof" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; phone" in page
    assert "x" * look_words.LONGEST_CLUE in page
    assert "x" * (look_words.LONGEST_CLUE + 1) not in page
    assert "nobody knows this key" not in page
    assert not re.search(r'(href|src)="(https?:)?//', page), "no map of others"


def test_a_hostile_name_is_text_and_no_longer_than_a_name(client: FlaskClient, given: Given) -> None:
    case, _, _ = given
    name = attach(case, PICTURE, '"><img src=x onerror=alert(1)>\u202egpj.' + "я" * 10_000)
    for page in (
        client.get(f"/desk/cases/{case.reference}").get_data(as_text=True),
        look(client, case, name),
        client.get(path_of(case, name, "original")).get_data(as_text=True),
    ):
        assert "<img src=x" not in page
        assert "\u202e" not in page
        assert "alert(1)" in page
        assert "я" * 300 not in page


def test_a_file_that_says_nothing_proves_nothing(client: FlaskClient, given: Given) -> None:
    case, _, name = given
    assert "Nothing: no time, no place, no device." in look(client, case, name)


def test_another_desk_and_another_case_see_nothing(client: FlaskClient, house: House, given: Given) -> None:
    case, _, name = given
    look(client, case, name)
    beside, _, _ = make_case("KZ")
    pages = ("look", "copy/0", "original")
    assert [client.get(path_of(beside, name, page)).status_code for page in pages] == [404] * 3
    assert client.get(path_of(case, name, "copy/1")).status_code == 404
    assert client.get(path_of(case, name, "copy/99999999999")).status_code == 404
    sign_in(client, make_member(house, "KG"))
    assert [client.get(path_of(case, name, page)).status_code for page in pages] == [404] * 3
    for page in ("look", "scan"):
        data = {"csrf_token": token(client, "/desk/away")}
        assert client.post(path_of(case, name, page), data=data).status_code == 404
    assert acts(case, "evidence.viewed") == 1


def test_viewing_is_written_down_once_in_ten_minutes_for_each_member_and_file(
    client: FlaskClient, house: House, given: Given
) -> None:
    case, _, name = given
    other = attach(case, PICTURE + b"2")
    for each in (name, other, name, other):
        look(client, case, each)
    assert acts(case, "evidence.viewed") == 2
    colleague = client.application.test_client()
    sign_in(colleague, make_member(house, "KZ"))
    colleague.get(path_of(case, name))
    assert acts(case, "evidence.viewed") == 3
    with transaction():
        db.session.execute(update(AuditEntry).values(at=now() - read.ONE_OPENING))
    client.get(path_of(case, name))
    assert acts(case, "evidence.viewed") == 4


def test_the_original_is_behind_a_warning_and_taking_it_is_written_down(client: FlaskClient, given: Given) -> None:
    case, _, name = given
    page = client.get(path_of(case, name, "original")).get_data(as_text=True)
    assert "without a network" in page
    assert hashlib.sha256(PICTURE).hexdigest() in page
    assert acts(case, "evidence.taken") == 0
    found = re.search(r'<a class="button" href="([^"]+)" download>', page)
    assert found
    answer = client.get(found[1])
    assert answer.data == PICTURE
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert acts(case, "evidence.taken") == 1


def test_a_copy_is_in_the_custody_of_the_files_that_went_along_alone() -> None:
    then, zipped = now(), {"form": "zip", "audience": "inside"}
    assert trail.is_about("one", then, "evidence.copied", then, {"file": "one"})
    assert not trail.is_about("other", then, "evidence.copied", then, {"file": "one"})
    assert not trail.is_about("other", then, "case.copied", then, {**zipped, "files": 1})
    assert trail.is_about("other", then, "case.copied", then, zipped), "older ones do not say which went along"


def test_the_custody_names_who_did_what_at_which_desk(client: FlaskClient, house: House, given: Given) -> None:
    case, _, name = given
    other = attach(case, PICTURE + b"2")
    look(client, case, name)
    client.get(path_of(case, name)[: -len("/look")])
    both = make_member(house, "KZ", "KG", name="Bakyt")
    kg = desks.by_name("KG").id
    settle(lambda: transfer.seal_anew(house.visitors[both.id], case.reference, kg, "Theirs"), transfer.move)
    assert client.get(path_of(case, name)).status_code == 404, "the desk before reads it no more"
    sign_in(client, both)
    custody = (
        client.get(path_of(case, name)).get_data(as_text=True).partition('id="custody"')[2].partition("</table>")[0]
    )
    rows = [re.sub(r"<[^>]+>|\s+", " ", row) for row in custody.split("<tr><td>")[1:]]
    told = [
        ("A file arrived", "the complainant", "Kazakhstan"),
        ("The viewing copy of a file was opened", "Asel", "Kazakhstan"),
        ("The original of a file was taken along", "Asel", "Kazakhstan"),
        ("Came from another desk", "Bakyt", "Kyrgyzstan"),
    ]
    assert all(word in row for words, row in zip(told, rows, strict=True) for word in words)
    assert client.get(path_of(case, name, "copy/0")).data == b"a safe picture", "the copy went along"
    assert client.get(path_of(case, other)).status_code == 200


def test_the_scanner_is_asked_and_a_file_that_it_knows_is_marked(client: FlaskClient, given: Given, made: Box) -> None:
    case, _, name = given
    ill = attach(case, PICTURE + SIGNATURE)
    assert "this server has no scanner" in look(client, case, ill)
    with Clamd() as server:
        current_app.config["FILES"] = replace(current_app.config["FILES"], scanner=Scanner("127.0.0.1", server.port))
        assert "No virus was found" in look(client, case, name)
        page = look(client, case, ill, "scan")
        assert server.given == [PICTURE, PICTURE + SIGNATURE]
    assert "A virus was found</b>: <bdi>Test.Invented-1</bdi>" in page
    assert "A virus was found in this file" in client.get(path_of(case, ill, "original")).get_data(as_text=True)
    assert "the scanner did not answer" in look(client, case, ill, "scan")
    assert "copy/0" in look(client, case, ill), "it stops nobody"


def test_a_case_page_asks_the_database_as_often_for_one_file_as_for_many(
    client: FlaskClient, given: Given, statements: list[str]
) -> None:
    case, _, name = given
    look(client, case, name)
    counted = []
    for _ in range(2):
        for path in (f"/desk/cases/{case.reference}", path_of(case, name)):
            client.get(path)
            statements.clear()
            client.get(path)
            counted.append(len(statements))
        for number in range(3):
            look(client, case, attach(case, PICTURE + bytes([number])))
    assert counted[:2] == counted[2:]


def test_recordings_play_on_the_case_page_and_have_a_page_of_their_own(
    client: FlaskClient, house: House, made: Box
) -> None:
    case, keys, _ = make_case(recording=make_recording())
    (file,) = queries.opened_files(case.id, case.reference, lambda _: keys.identity)
    sign_in(client, make_member(house, "KZ"))
    page = client.get(f"/desk/cases/{case.reference}").get_data(as_text=True)
    assert f'/files/{file.name}?play=1"' in page
    assert f'href="{path_of(case, file.name)}"' in page
    made.parts = [("sound", "audio/webm", b"no traces")]
    assert "<audio controls" in look(client, case, file.name)
