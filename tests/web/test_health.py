"""What a load balancer and a monitor are told: letters in trouble wake somebody, and take no server away."""

from datetime import timedelta

from flask.testing import FlaskClient

from intake.extensions import transaction
from intake.i18n import now
from intake.outbox import alarms, postmaster


def test_letters_in_trouble_are_told_to_monitors_and_keep_the_server_in(
    client: FlaskClient, statements: list[str]
) -> None:
    for path in ("/healthz", "/healthz/letters"):
        assert (client.get(path).status_code, client.get(path).json) == (200, {"ok": True})
    with transaction():
        for about in ("41", "42"):
            alarms.raised(alarms.ADDRESS_BOUNCES, now(), about)
        postmaster.started(now() - timedelta(minutes=11))
    statements.clear()
    said, strictly = client.get("/healthz"), client.get("/healthz/letters")
    assert len(statements) == 2
    assert said.json == strictly.json == {"ok": True, "degraded": ["address_bounces", "worker_silent"]}
    assert (said.status_code, strictly.status_code) == (200, 503)
    with transaction():
        postmaster.note("beat_at", now())
        for about in ("41", "42"):
            alarms.end(alarms.ADDRESS_BOUNCES, now(), about)
    assert client.get("/healthz/letters").status_code == 200
