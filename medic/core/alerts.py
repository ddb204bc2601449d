"""What is judged: alerts, their states, and the fingerprint that tells two of them apart."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from medic.core.samples import Labels


class AlertState(StrEnum):
    """Prometheus' three states of an alert."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"


class Source(StrEnum):
    """Who says that the alert is active."""

    RULES = "rules"
    PROMETHEUS = "prometheus"
    """Or whatever else posts alerts as to an Alertmanager."""
    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"
    WORKER = "worker"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as a rule, a webhook, a worker's exit or a person raised it."""

    labels: Labels
    """With ``alertname``, without ``__name__``."""
    annotations: Labels
    state: AlertState
    active_at: datetime
    """When the condition became true: pending counts; of an external alert its ``startsAt``."""
    source: Source
    value: float | None = None
    resolved_at: datetime | None = None
    why_resolved: str = ""
    """Why it is no longer active: condition false, series vanished, rule removed, resolved by its sender."""
    collectors: frozenset[str] = frozenset()
    """Those whose families the rule reads; empty for external alerts."""
    frozen: str = ""
    """Why no healing may rest on it now (a collector failed, a window is not yet filled, the rule errs), else empty."""

    @property
    def name(self) -> str:
        """The ``alertname`` label."""
        return self.label("alertname")

    @property
    def is_news(self) -> bool:
        """Whether it only tells something (``severity`` info or none), so that a host on which it fires is well.

        ``none`` is what an alert has that always fires, so that its silence tells of a broken chain.
        """
        return self.label("severity") in {"info", "none"}

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that are the same for the same labels, from whatever source, as in Alertmanager."""
        return fingerprint(self.labels)

    def label(self, name: str) -> str:
        """Return a label's value, empty where it is missing."""
        return next((value for key, value in self.labels if key == name), "")


_OFFSET, _PRIME, _MASK = 14695981039346656037, 1099511628211, 2**64 - 1


@lru_cache(maxsize=32_768)  # the same alerts come with every tick and every post, and hashing byte by byte is slow
def fingerprint(labels: Labels) -> str:
    """Hash labels as prometheus/common's ``LabelSet.Fingerprint``: FNV-1a 64 over name, 0xFF, value, 0xFF."""
    digest = _OFFSET
    for name, value in sorted(labels):
        for byte in name.encode() + b"\xff" + value.encode() + b"\xff":
            digest = ((digest ^ byte) * _PRIME) & _MASK
    return f"{digest:016x}"
