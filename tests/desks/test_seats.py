"""A seat opens its desk for as long as it is there, and not a request longer."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete

from intake.desks import seats
from intake.desks.models import Seat
from intake.extensions import db, transaction
from tests.factories import STORY, House, make_case, make_member, make_recording, sign_in


def test_a_seat_that_is_gone_opens_nothing_in_the_session_that_used_it(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, _ = make_case("KZ", recording=make_recording())
    visitor, key_id = house.visitors[member.id], house.keys["KZ"][0]
    sign_in(client, member)
    page = client.get(f"/desk/cases/{case.reference}").get_data(as_text=True)
    assert STORY in page
    assert seats.open_key(visitor, key_id) == house.identity("KZ")
    with transaction():
        db.session.execute(delete(Seat).where(Seat.member_id == member.id))
    with pytest.raises(seats.NoSeatError):
        seats.open_key(visitor, key_id)
    assert seats.keys_held(visitor) == []
    heard = page.partition(f'src="/desk/cases/{case.reference}/files/')[2].partition('"')[0]
    for path in ("", "/history", "/clock", "/code", f"/files/{heard}"):
        assert client.get(f"/desk/cases/{case.reference}{path}").status_code == 404, path
    assert case.reference not in client.get("/desk/").get_data(as_text=True)
