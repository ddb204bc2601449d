"""What is measured of sending to Alertmanagers, modelled on Prometheus' own ``prometheus_notifications_*``."""

from collections.abc import Iterable
from typing import NamedTuple

from medic.core.samples import Family, counter, gauge, labels

PREFIX = "medic_alertmanager_notifications"


class Figures(NamedTuple):
    """What became of the alerts that were meant for one Alertmanager."""

    alertmanager: str
    """Its address, without a user."""
    sent: int
    errors: int
    dropped: int
    waiting: int
    latency: float | None
    """Seconds that the last request took; None before the first."""


def families(figures: Iterable[Figures]) -> list[Family]:
    """Return the families, each with a sample an Alertmanager."""
    known = {labels(alertmanager=each.alertmanager): each for each in figures}
    latencies = [(key, each.latency) for key, each in known.items() if each.latency is not None]
    return [
        counter(
            f"{PREFIX}_sent_total",
            "Alerts that an Alertmanager took.",
            *((key, each.sent) for key, each in known.items()),
        ),
        counter(
            f"{PREFIX}_errors_total",
            "Alerts in requests that failed.",
            *((key, each.errors) for key, each in known.items()),
        ),
        counter(
            f"{PREFIX}_dropped_total",
            "Alerts that were given up: too many waited, or their request failed.",
            *((key, each.dropped) for key, each in known.items()),
        ),
        gauge(
            f"{PREFIX}_queue_length",
            "Alerts that wait to be sent.",
            *((key, each.waiting) for key, each in known.items()),
        ),
        gauge(f"{PREFIX}_latency_seconds", "How long the last request took.", *latencies),
    ]
