"""What a report is made from: facts of a period, gathered by the wiring, and their way into a child process."""

from dataclasses import dataclass
from datetime import datetime
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
    """Write facts as JSON, for the child process that makes the report."""
    return _envelope()(facts=facts).model_dump_json().encode()


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
    """Make the model around the facts; the last bound of a histogram is infinity, which JSON has only as a text."""
    from pydantic import ConfigDict, create_model

    return create_model("Envelope", __config__=ConfigDict(ser_json_inf_nan="strings"), facts=(Facts, ...))
