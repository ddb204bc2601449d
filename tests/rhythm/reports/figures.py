"""Facts of one day, good and bad, for the tests of reports."""

from datetime import UTC, datetime, timedelta

from medic.core.alerts import Alert, AlertState, Source
from medic.core.healing import Attempt, Ending, Episode, Outcome
from medic.core.queue import QueueFigures, Window
from medic.core.runs import Run, RunState, Trigger
from medic.core.samples import labels
from medic.core.targets import parse_target
from medic.core.workers import ExitReason, Pool, SlotState, Worker
from rhythm.ports import Check
from rhythm.reports.facts import Facts

END = datetime(2026, 3, 29, 3, tzinfo=UTC)
START = END - timedelta(days=1)
HOUR = timedelta(hours=1)
NASTY = "<script>alert(1)</script>|`x`\n[a](b)"
POOL = parse_target("pool:rpa")


def facts(**more):
    return Facts("box", START, END, **more)


def queue(completed=99, failed=1, **more):
    windows = (Window("1h", 1, 0), Window("24h", completed, failed))
    return QueueFigures("default", "embedded", more.pop("up", True), 3, 2, windows=windows, **more)


def pool(running=2, expected=2):
    workers = tuple(Worker("rpa", slot + 1, SlotState.RUNNING) for slot in range(running))
    return Pool("rpa", expected, workers, ((ExitReason.CRASH, 4), (ExitReason.OOM, 1)))


def alert(state=AlertState.FIRING, text="rate is low", **more):
    pairs = labels(alertname="SuccessRateLow", queue="default")
    return Alert(pairs, labels(summary=text), state, START + HOUR, Source.RULES, **more)


def attempt(outcome=Outcome.HEALED, **more):
    at = START + 2 * HOUR
    why = "SuccessRateLow is firing"
    closed = at + HOUR if outcome else None
    return Attempt(
        1, 1, "restart-workers", POOL, "restart", 1, False, why, at, outcome=outcome, closed_at=closed, **more
    )


def episode(ending=Ending.GIVEN_UP):
    return Episode(1, "restart-workers", POOL, (alert(),), START, START, ended_at=START + 4 * HOUR, ending=ending)


def run(hour=1, state=RunState.DONE, job="etl", seconds=2.0, reason=""):
    due = START + hour * HOUR
    made = state not in {RunState.SKIPPED, RunState.MISSED}
    end = due + timedelta(seconds=seconds)
    return Run(1, job, due, Trigger.EVERY, state, started_at=due if made else None, ended_at=end, reason=reason)


WELL = facts(checks=(Check("disk", True, "fine"),), pools=(pool(),), queues=(queue(),), runs=(run(),))
FULL = facts(
    timezone="Europe/Berlin",
    checks=(Check("disk", True, "fine"), Check("queue", False, NASTY)),
    pools=(pool(1),),
    queues=(queue(1, 1), QueueFigures("mail", "http", up=False)),
    alerts=(alert(text=NASTY), alert(resolved_at=END - HOUR, why_resolved="condition false")),
    episodes=(episode(),),
    attempts=(attempt(), attempt(Outcome.FAILED), attempt(None)),
    runs=(run(1), run(2, RunState.FAILED, reason=NASTY), run(3, RunState.SKIPPED, "child", reason="etl failed")),
)
