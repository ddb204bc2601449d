"""What the log says of runs: a line each for those that were made, one for many that were not."""

import logging
from collections.abc import Iterable, Sequence

from medic.core.runs import Run, RunState

log = logging.getLogger(__name__)

LEVELS = {RunState.FAILED: logging.WARNING, RunState.DONE: logging.DEBUG}


def note_end(run: Run) -> None:
    """Write a line about a run that ended; one that went well is a matter of course, and no terminal shows it."""
    log.log(LEVELS.get(run.state, logging.INFO), "run ended", extra=_fields(run))


def note_unrun(runs: Iterable[Run]) -> None:
    """Write a line for each job and reason, however many due times went by: a night without Medic has thousands."""
    groups: dict[tuple[str, str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.job, str(run.state), run.reason), []).append(run)
    for group in groups.values():
        _note_group(group)


def note_reset(jobs: Iterable[str]) -> None:
    """Write a line for each job whose rhythm goes on, though it is known further ahead than the clock now says."""
    for job in jobs:
        log.warning("the clock was set back, the rhythm goes on from now", extra={"job": job})


def _note_group(runs: Sequence[Run]) -> None:
    first, last = min(runs, key=lambda run: run.due), max(runs, key=lambda run: run.due)
    if len(runs) == 1:
        note_end(first)
    else:
        log.info("runs not made", extra={"count": len(runs), "until": last.due.isoformat(), **_fields(first)})


def _fields(run: Run) -> dict[str, str]:
    return {"job": run.job, "due": run.due.isoformat(), "state": str(run.state), "reason": run.reason}
