"""The built-in jobs by name, those of other packages, and how often the shipped ones come round."""

from collections.abc import Iterable, Mapping
from datetime import time, timedelta
from importlib.metadata import EntryPoint, entry_points

from medic.core.errors import MedicError
from rhythm.jobs import canary, health_check, report
from rhythm.ports import Builtin
from rhythm.spec import FAST, At, Every, JobSpec

BUILTINS: Mapping[str, Builtin | tuple[str, ...]] = {
    "canary": canary.run,
    "health-check": health_check.run,
    "report": report.RUN,
}
"""A coroutine function that runs inside Medic, or an argument list for what is heavy."""


def load(points: Iterable[EntryPoint] | None = None) -> dict[str, Builtin | tuple[str, ...]]:
    """Return the built-in jobs and those of the entry points ``medic.jobs``; raises MedicError that names a bad one.

    An entry point names a coroutine function that takes a ``rhythm.ports.Context``, or an argument list. A built-in
    cannot be replaced this way: configure a job of its name instead.
    """
    jobs = dict(BUILTINS)
    for point in entry_points(group="medic.jobs") if points is None else points:
        if point.name in jobs:
            raise MedicError(f"the job {point.name!r} of {point.value} exists already; its package must rename it")
        jobs[point.name] = _load(point)
    return jobs


def _load(point: EntryPoint) -> Builtin | tuple[str, ...]:
    try:
        found: object = point.load()
    except (ImportError, AttributeError) as error:
        raise MedicError(f"the job {point.name!r} cannot be loaded from {point.value}: {error}") from error
    if isinstance(found, tuple) and found and all(isinstance(word, str) for word in found):
        return found
    if callable(found):
        return found
    raise MedicError(f"the job {point.name!r} ({point.value}) must be a coroutine function or a tuple of arguments")


def shipped(daily_report: time = time(3), timezone: str = "UTC") -> tuple[JobSpec, ...]:
    """Return the jobs that every Medic has; an entry of the configuration with such a name changes it."""
    minutes = timedelta(minutes=1)
    return (
        JobSpec("health-check", Every(10 * minutes), "health-check", timeout=2 * minutes, priority=FAST),
        JobSpec("canary", Every(30 * minutes), "canary", timeout=minutes, priority=FAST, at_start=True),
        JobSpec("report", At(daily_report, timezone), "report", timeout=10 * minutes, priority=30),
    )
