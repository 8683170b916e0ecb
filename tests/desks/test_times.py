"""A desk's times: set by its editors and by admins, within bounds, in a zone that there is."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from intake.audit import AuditEntry
from intake.desks import queries, times
from intake.desks.times import Times
from intake.extensions import db, transaction
from intake.members.models import EDITOR, Member
from tests.factories import House, make_member, sign_in, token

GOOD = {"urgent": "45", "other": "12", "zone": "Asia/Tashkent"}


@pytest.fixture
def eda(house: House) -> Member:
    """Return an editor who is seated at one desk alone."""
    return make_member(house, "KZ", role=EDITOR, name="Eda")


def path(desk: str) -> str:
    return f"/desk/desks/{queries.by_name(desk).id}/times"


def set_times(client: FlaskClient, desk: str = "KZ", **changes: str) -> tuple[int, str]:
    own = token(client, path("KZ"))
    answer = client.post(path(desk), data={**GOOD, **changes, "csrf_token": own})
    return answer.status_code, answer.get_data(as_text=True)


def those_of(desk: str) -> Times:
    db.session.rollback()
    found = queries.by_name(desk)
    return Times(found.urgent_minutes, found.other_minutes, found.time_zone)


def test_an_editor_sets_the_times_of_their_own_desk_and_of_no_other(
    client: FlaskClient, house: House, eda: Member
) -> None:
    sign_in(client, eda)
    assert "Kazakhstan, Almaty" in client.get(path("KZ")).get_data(as_text=True)
    assert set_times(client)[0] == 302
    assert those_of("KZ") == Times(45, 12 * 60, "Asia/Tashkent")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "desk.times_changed")).one()
    assert (entry.member_id, entry.detail["urgent"], entry.chain) == (eda.id, 45, queries.by_name("KZ").id)
    before = those_of("KG")
    assert client.get(path("KG")).status_code == 404
    assert set_times(client, "KG")[0] == 404
    assert those_of("KG") == before
    assert path("KZ") in client.get("/desk/desks").get_data(as_text=True)
    assert path("KG") not in client.get("/desk/desks").get_data(as_text=True)


def test_an_admin_sets_those_of_every_desk(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, role=None, is_admin=True))
    assert set_times(client, "KG")[0] == 302
    assert those_of("KG").urgent_minutes == 45


WRONG: list[tuple[dict[str, str], str]] = [
    ({"urgent": "14"}, "from 15 to 1440"),
    ({"urgent": "1441"}, "from 15 to 1440"),
    ({"urgent": "٦٠"}, "from 15 to 1440"),
    ({"urgent": "6" * 10_000}, "from 15 to 1440"),
    ({"other": "0"}, "from 1 to 336"),
    ({"other": "1.5"}, "from 1 to 336"),
    ({"urgent": "90", "other": "1"}, "cannot be more urgent"),
    ({"zone": "Mars/Olympus"}, "Choose one of the time zones"),
    ({"zone": "../../etc/passwd"}, "Choose one of the time zones"),
    ({"zone": ""}, "Choose one of the time zones"),
]


def test_what_is_out_of_bounds_is_refused_and_nothing_typed_is_lost(
    client: FlaskClient, house: House, eda: Member
) -> None:
    sign_in(client, eda)
    before = those_of("KZ")
    for changes, words in WRONG:
        status, page = set_times(client, **changes)
        assert status == 422
        assert words in page
        assert all(f'value="{value}"' in page for name, value in {**GOOD, **changes}.items() if name != "zone")
    assert those_of("KZ") == before


def test_the_verb_knows_the_bounds_too(house: House, eda: Member) -> None:
    desk_id = queries.by_name("KZ").id
    for wrong in ((14, 60, "UTC"), (60, 59, "UTC"), (90, 60, "UTC"), (60, 20161, "UTC"), (60, 60, "X")):
        with pytest.raises(ValueError, match="no desk has times"), transaction():
            times.change(house.visitors[eda.id], desk_id, Times(*wrong))


def test_a_journalist_has_no_such_page(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, "KZ"))
    assert client.get(path("KZ")).status_code == 404
