"""Figures for the operator's Prometheus: how the house is, never what is told in it, and no small number."""

import hmac
import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, current_app, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from intake.complaint import canary
from intake.i18n import now
from intake.outbox import alarms, postmaster
from intake.outbox import queries as letters
from intake.web.access import public

blueprint = Blueprint("metrics", __name__)
STEP = 5  # numbers are rounded up to fives, so that none tells of one person
ROUNDING = timedelta(minutes=10)  # and times down, as everywhere


@blueprint.get("/metrics")
@public
def page() -> Response:
    """Answer whoever has the token; to everybody else there is no such page."""
    token = current_app.config["METRICS_TOKEN"]
    given = request.headers.get("Authorization", "")
    if token is None or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        abort(404)
    registry = CollectorRegistry()
    registry.register(House(now()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class House(Collector):
    """How the house is at a moment."""

    def __init__(self, moment: datetime) -> None:
        """Take the moment; nothing is asked yet."""
        self._moment = moment

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: that would ask everything twice."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        post, kept = letters.health(self._moment), postmaster.kept()
        yield _one("letters_owed", "Letters owed, rounded up to fives.", _rounded(post.owed))
        yield _one("letters_late", "Letters that should have been tried, rounded up to fives.", _rounded(post.late))
        yield _one("letters_failing", "Letters that failed once, rounded up to fives.", _rounded(post.failing))
        yield from self._since("letter_oldest_owed_seconds", "Age of the oldest letter owed.", post.oldest_owed_at)
        yield from self._since("letter_delivered_seconds", "Since a letter went out.", post.delivered_at)
        yield from self._since("worker_heard_seconds", "Since the worker was heard of.", kept.beat_at if kept else None)
        standing = {sign.kind for sign in alarms.signs(self._moment)}
        yield _each(
            "alarm", "Whether an alarm of a kind stands.", "kind", {kind: kind in standing for kind in alarms.KINDS}
        )
        good = {each.country: each.good_at for each in canary.figures()}
        ages = {country: self._age(at) for country, at in good.items() if at is not None}
        yield _each("canary_good_seconds", "Since the way of complaints was found good.", "country", ages)
        free = shutil.disk_usage(current_app.config["INSTANCE"]).free
        yield _one("disk_free_bytes", "Free on the disk of the instance folder.", free)

    def _since(self, name: str, what: str, at: datetime | None) -> Iterator[Metric]:
        if at is not None:
            yield _one(name, f"{what} In whole ten minutes.", self._age(at))

    def _age(self, at: datetime) -> float:
        return (self._moment - at) // ROUNDING * ROUNDING.total_seconds()


def _rounded(count: int) -> int:
    return -(-count // STEP) * STEP


def _one(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(f"intake_{name}", what, value)


def _each(name: str, what: str, label: str, values: dict[str, bool] | dict[str, float]) -> Metric:
    family = GaugeMetricFamily(f"intake_{name}", what, labels=[label])
    for each, value in values.items():
        family.add_metric([each], value)
    return family
