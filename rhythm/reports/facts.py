"""What a report is made from: facts of a period, gathered by the wiring, and their way into a child process."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from medic.core.alerts import Alert
from medic.core.errors import MedicError
from medic.core.healing import Attempt, Episode
from medic.core.probes import ProbeFigures
from medic.core.queue import QueueFigures
from medic.core.runs import Run
from medic.core.workers import Pool
from rhythm.ports import Check

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a report may know; what is empty was not recorded."""

    host: str
    start: datetime
    end: datetime
    """The period ends before this."""
    timezone: str = "UTC"
    """The name of the zone in which times are told."""
    checks: tuple[Check, ...] = ()
    pools: tuple[Pool, ...] = ()
    """As they stand at the end."""
    queues: tuple[QueueFigures, ...] = ()
    """As they stand at the end."""
    alerts: tuple[Alert, ...] = ()
    """Active at the end, or resolved within the period."""
    episodes: tuple[Episode, ...] = ()
    """Open at the end, or ended within the period."""
    attempts: tuple[Attempt, ...] = ()
    """Reserved within the period."""
    runs: tuple[Run, ...] = ()
    """Due within the period."""
    probes: tuple[ProbeFigures, ...] = ()
    """As they stand at the end, over the last hour."""


def encode(facts: Facts) -> bytes:
    """Write facts as JSON, for the child process that makes the report; without pydantic, which the daemon spares."""
    return json.dumps({"facts": _written(facts)}).encode()


def _written(value: object) -> object:
    """Write what JSON has no words for as pydantic reads it; the last bound of a histogram is infinity."""
    if is_dataclass(value):
        return {each.name: _written(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _written(each) for key, each in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [_written(each) for each in value]
    return value.total_seconds() if isinstance(value, timedelta) else _word(value)


def _word(value: object) -> str | float | None:
    if value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return value.isoformat() if isinstance(value, datetime) else str(value)


def decode(text: bytes) -> Facts:
    """Read what ``encode`` wrote; raises MedicError when it is something else."""
    from pydantic import ValidationError

    try:
        found: Facts = _envelope().model_validate_json(text).facts  # type: ignore[attr-defined]  # made at run time
    except ValidationError as error:
        count = error.error_count()
        raise MedicError(f"the facts of a report cannot be read ({count} faults); restart Medic") from error
    return found


def _envelope() -> "type[BaseModel]":
    """Make the model around the facts."""
    from pydantic import create_model

    return create_model("Envelope", facts=(Facts, ...))
