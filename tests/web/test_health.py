"""What a load balancer and a monitor are told: letters in trouble wake somebody, and take no server away."""

from datetime import datetime, timedelta

from flask.testing import FlaskClient

from intake.extensions import transaction
from intake.i18n import now
from intake.outbox import alarms, postmaster
from tests.factories import House, make_case, make_member


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


def test_figures_are_for_who_has_the_token_and_no_small_number_is_among_them(client: FlaskClient, house: House) -> None:
    app, token = client.application, "okapi-" * 6
    assert client.get("/metrics", headers={"Authorization": "Bearer None"}).status_code == 404
    app.config["METRICS_TOKEN"] = token
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": f"Bearer {token}x"}).status_code == 404
    make_member(house, "KZ", name="Zarina", address="zarina@example.org")
    make_case("KZ", story="quagga")
    with transaction():
        postmaster.started(now() - timedelta(minutes=14))
        alarms.raised(alarms.NO_DELIVERY, now())
    text = client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).get_data(as_text=True)
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert {float(figures["intake_letters_owed"]), float(figures["intake_worker_heard_seconds"])} == {5.0, 600.0}
    assert figures['intake_alarm{kind="no_delivery"}'] == "1.0"
    assert figures['intake_alarm{kind="canary_late"}'] == "0.0"
    assert not any(value in {"1.0", "2.0", "3.0", "4.0"} for name, value in figures.items() if "alarm" not in name)
    assert not any(word in text for word in ("zarina", "Zarina", "quagga", token))


def test_who_finds_a_hole_learns_whom_to_write_to(client: FlaskClient) -> None:
    text = client.get("/.well-known/security.txt").get_data(as_text=True)
    told = dict(line.split(": ", 1) for line in text.splitlines())
    assert told["Contact"] == "mailto:info@acca.media"
    until = datetime.fromisoformat(told["Expires"])
    assert timedelta(days=30) < until - now() < timedelta(days=365), "RFC 9116 wants less than a year"
    assert "uz" in told["Preferred-Languages"].split(", ")
