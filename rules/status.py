"""How the rules fare: what metrics, pages and the API show of the engine."""

from dataclasses import dataclass

from rules.groups import Group, Rule
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

    group: Group
    """As its file has it: ``group.interval_ms`` is what was written."""
    interval_ms: int
    """At which it is evaluated: whole ticks."""
    rules: tuple[RuleStatus, ...]
    failures: int = 0
    """Evaluations of its rules that failed, since the start; so count the next two."""
    iterations: int = 0
    """Slots that have passed, those that were missed included."""
    missed: int = 0
    """Slots that passed without an evaluation, because a tick came too late."""
    evaluated_at: int | None = None
    """Milliseconds since the epoch; None before the first."""
    duration: float = 0.0
    """Seconds that the last evaluation took."""

    @property
    def file(self) -> str:
        """The file that it is from."""
        return self.group.file

    @property
    def name(self) -> str:
        """Its name, which is unique in its file."""
        return self.group.name

    @property
    def key(self) -> str:
        """The ``rule_group`` label, as in Prometheus: ``file;group``."""
        return f"{self.file};{self.name}"
