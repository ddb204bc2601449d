"""How the rules fare: what metrics, pages and the API show of the engine."""

from dataclasses import dataclass

from rules.groups import Rule
from rules.states import Active


@dataclass(frozen=True, slots=True)
class RuleStatus:
    """One rule and its last evaluation."""

    rule: Rule
    error: str
    """What was wrong in the last evaluation, else empty."""
    evaluated_at: int | None
    """Milliseconds since the epoch; None before the first."""
    duration: float
    """Seconds that the last evaluation took."""
    alerts: tuple[Active, ...]
    """Resolved ones of the last 15 minutes included; empty for recording rules."""

    @property
    def health(self) -> str:
        """Prometheus' word for it: ``ok``, ``err``, or ``unknown`` before the first evaluation."""
        if self.evaluated_at is None:
            return "unknown"
        return "err" if self.error else "ok"


@dataclass(frozen=True, slots=True)
class GroupStatus:
    """One group and its last evaluation."""

    file: str
    name: str
    interval_ms: int
    rules: tuple[RuleStatus, ...]
    failures: int
    """Evaluations of its rules that failed, since the start."""
    evaluated_at: int | None
    duration: float

    @property
    def key(self) -> str:
        """The ``rule_group`` label, as in Prometheus: ``file;group``."""
        return f"{self.file};{self.name}"
