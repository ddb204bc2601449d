"""What is known of a service that is probed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProbeFigures:
    """How a probed service is and has been; None is unknown.

    Percentiles are of the last hour's runs that succeeded, in seconds.
    """

    probe: str
    target: str
    """Where it asks, without what may be secret there."""
    success: bool | None
    """None before the first run."""
    reason: str
    """Why the last run did not succeed."""
    seconds: float | None
    """How long the last run took."""
    availability: float | None
    """The share of the last hour's runs that succeeded."""
    median: float | None
    p95: float | None
    p99: float | None
