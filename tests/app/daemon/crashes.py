"""Where Medic may be killed, how it is brought there, and what must hold when the next one runs."""

import contextlib
import re
import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from medic.core.alerts import fingerprint
from medic.core.samples import labels
from medic.store import journal
from tests.app.daemon.scene import (
    QUIET,
    attempts,
    await_whole,
    check_journal,
    configuration,
    rows,
    slay,
)
from tests.harness import until

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime.now(UTC)


def crash_configuration(folder):
    """Configure a remedy that leaves a line for each time it acts, and a job that leaves one for each of its runs."""

    def leave_a_line(text, file):
        return ["sh", "-c", f'echo "{text}" >> "$0"', str(folder / file)]

    act = {"command": {"argv": leave_a_line("$MEDIC_ATTEMPT $MEDIC_LABEL_ID", "effects")}}
    to_unit = {"target": "unit:{{ labels.unit }}", "mode": "auto", "verify": {"within": "1h", "stable": "0s"}}
    return configuration(
        targets={"units": ["a.service", "b.service"]},
        remedies=[
            {"name": "quick", "match": ['alertname="Quick"'], "do": act, "grace": "0s", **to_unit},
            {"name": "slow", "match": ['alertname="Slow"'], "do": act, "grace": "1h", **to_unit},
        ],
        jobs=[
            *QUIET,
            {"name": "beat", "every": "1s", "run": leave_a_line("$MEDIC_JOB $MEDIC_DUE", "runs")},
            {"name": "bad", "every": "1s", "run": ["false"]},
            {"name": "child", "every": "1s", "after": ["bad"], "run": ["true"]},
        ],
    )


def alert(name, number=1, *, unit="a.service", resolved=False):
    return {
        "status": "resolved" if resolved else "firing",
        "labels": {"alertname": name, "unit": unit, "id": str(number)},
        "annotations": {},
        "startsAt": NOW.isoformat(),
        "endsAt": (NOW + timedelta(minutes=1)).isoformat() if resolved else "0001-01-01T00:00:00Z",
    }


def send(medic, *alerts):
    """Send alerts as Alertmanager does, and return those that were acknowledged: all or none."""
    body = {"version": "4", "alerts": list(alerts)}
    return list(alerts) if medic.try_post("/api/v1/webhook/alertmanager", body)[0] == 202 else []


def lines(medic, file):
    path = medic.folder / file
    return path.read_text().splitlines() if path.exists() else []


# --- the situations: each brings a running Medic to where it dies, and returns the alerts that it acknowledged


def nothing(_medic):
    """It comes there by itself."""
    return []


def a_worker_dies(medic):
    slay(medic.slots("pair")["pair/1"][0])
    return []


def a_person_restarts_the_pool(medic):
    medic.try_post("/api/v1/workers/restart", {"target": "pool:pair"})
    return []


def a_person_pauses(medic):
    medic.try_post("/api/v1/pause", {"for_seconds": 3600, "why": "a test"})
    return []


def an_alert_comes(medic, name="Quick"):
    return send(medic, alert(name))


def a_second_alert_joins(medic):
    first = send(medic, alert("Slow"))
    until(lambda: rows(medic, "SELECT 1 FROM episodes"), what="an episode")
    return [*first, *send(medic, alert("Slow", 2))]


def an_alert_is_resolved(medic, name="Slow"):
    sent = send(medic, alert(name))
    over = "attempts WHERE acted_at" if name == "Quick" else "episodes"
    until(lambda: rows(medic, f"SELECT 1 FROM {over}"), what=over)
    send(medic, alert(name, resolved=True))
    return sent


def its_clock_was_a_day_ahead(medic):
    """Give it a life before, whose clock was a day ahead when a job last ran."""
    medic.start()
    until(lambda: rows(medic, "SELECT 1 FROM dues WHERE job = 'beat' AND state = 'done'"), what="a job done")
    medic.end()
    with contextlib.closing(sqlite3.connect(medic.state / "journal.db")) as journal_, journal_:
        journal_.execute("UPDATE jobs SET answered_ms = answered_ms + 86400000 WHERE name = 'beat'")


def it_is_asked_to_end(medic):
    medic.process.terminate()
    return []


@dataclass(frozen=True)
class Crash:
    """One instant to die at."""

    point: str
    bring: object = nothing
    acts: int | None = None
    """How often the remedy acts in all; None where no alert is for it."""
    before: object = nothing
    """What must have been before it is started to die."""
    short: bool = False
    """Whether it is among those that every test run tries."""

    def __str__(self):
        bring = self.bring.func if isinstance(self.bring, partial) else self.bring
        return f"{self.point}-{bring.__name__}"

    @property
    def at_start(self):
        return self.bring is nothing


nobody_knows_it = partial(an_alert_comes, name="Nobody")
it_has_to_wait = partial(an_alert_comes, name="Slow")
it_is_healed = partial(an_alert_is_resolved, name="Quick")

CRASHES = (
    Crash("journal.interrupt.before"),
    Crash("journal.interrupt.after"),
    Crash("journal.register.before"),
    Crash("journal.register.after"),
    Crash("journal.reset.before", before=its_clock_was_a_day_ahead),
    Crash("journal.reset.after", before=its_clock_was_a_day_ahead),
    Crash("journal.prune.before"),
    Crash("journal.prune.after"),
    Crash("history.prune.before"),
    Crash("history.prune.after"),
    Crash("history.append.before", it_is_asked_to_end),
    Crash("history.append.after", it_is_asked_to_end),
    Crash("worker.lock.before"),
    Crash("worker.lock.after"),
    Crash("worker.spawn.before:2"),
    Crash("worker.spawn.after:2", short=True),
    Crash("worker.write.after"),
    Crash("worker.lock.before:3", a_worker_dies),
    Crash("worker.lock.after:3", a_worker_dies),
    Crash("worker.spawn.before:3", a_worker_dies),
    Crash("worker.spawn.after:3", a_worker_dies),
    Crash("worker.write.after:3", a_worker_dies, short=True),
    Crash("journal.reserved.before", a_worker_dies, short=True),
    Crash("journal.reserved.after", a_worker_dies),
    Crash("action.before", a_worker_dies),
    Crash("action.after", a_worker_dies),
    Crash("journal.acted.before", a_worker_dies),
    Crash("worker.stop.before", a_person_restarts_the_pool),
    Crash("worker.stop.after:2", a_person_restarts_the_pool, short=True),
    Crash("journal.receive.before", an_alert_comes, acts=1),
    Crash("journal.receive.after", an_alert_comes, acts=1, short=True),
    Crash("journal.reserved.before", an_alert_comes, acts=1, short=True),
    Crash("journal.reserved.after", an_alert_comes, acts=0, short=True),
    Crash("action.before", an_alert_comes, acts=0),
    Crash("action.after", an_alert_comes, acts=1, short=True),
    Crash("journal.acted.before", an_alert_comes, acts=1),
    Crash("journal.acted.after", an_alert_comes, acts=1),
    Crash("journal.closed.before", it_is_healed, acts=1, short=True),
    Crash("journal.closed.after", it_is_healed, acts=1),
    Crash("journal.opened.before", it_has_to_wait),
    Crash("journal.opened.after", it_has_to_wait),
    Crash("journal.joined.before", a_second_alert_joins),
    Crash("journal.joined.after", a_second_alert_joins),
    Crash("journal.ended.before", an_alert_is_resolved),
    Crash("journal.ended.after", an_alert_is_resolved),
    Crash("journal.taken.before", nobody_knows_it),
    Crash("journal.taken.after", nobody_knows_it),
    Crash("journal.note.before", a_person_pauses),
    Crash("journal.note.after", a_person_pauses),
    Crash("journal.claim.before"),
    Crash("journal.claim.after:2", short=True),
    Crash("rhythm.run.before:2"),
    Crash("rhythm.run.after:2", short=True),
    Crash("journal.finish.before:2"),
    Crash("journal.finish.after:2"),
    Crash("journal.close.before"),
    Crash("journal.close.after"),
)

OF_THE_QUEUE = frozenset(
    f"queue.{name}.{when}"
    for name in ("submit", "lease", "change", "lapse", "renew", "prune")
    for when in ("before", "after")
)
"""Those of the other process, whose own tests kill it."""


def failpoints():
    """Return the name of every failpoint that stands in the product."""
    rooms = ("medic", "exporter", "rules", "healer", "workers", "rhythm")
    sources = [path.read_text() for room in rooms for path in (ROOT / room).rglob("*.py")]
    named = {name for text in sources for name in re.findall(r'failpoint\("([\w.]+)"\)', text)}
    files = {"journal": "journal", "ledger": "journal", "history": "history", "queue": "queue"}
    writes = {
        (file, name)
        for module, file in files.items()
        for name in re.findall(r'\.write\("(\w+)"', (ROOT / "medic" / "store" / f"{module}.py").read_text())
    }
    changes = {("journal", kind.__name__.lower()) for kind in journal._WEIGHT} | {("journal", "note")}
    return named | {f"{file}.{name}.{when}" for file, name in writes | changes for when in ("before", "after")}


# --- what must hold


def check(medic, acknowledged=()):
    """Hold what happened against what is written: nobody doubled or missing, nothing done twice, nothing forgotten."""
    await_whole(medic)
    assert all(len(pids) == 1 for pids in medic.slots().values())
    check_alerts(medic, acknowledged)
    check_actions(medic)
    check_runs(medic)
    check_journal(medic)


def check_alerts(medic, acknowledged):
    """Each alert that was acknowledged and that a remedy is for has its episode."""
    until(lambda: rows(medic, "SELECT count(*) FROM inbox") == [(0,)], what="the inbox is empty")
    wanted = {fingerprint(labels(**each["labels"])) for each in acknowledged if each["labels"]["alertname"] != "Nobody"}
    assert wanted <= {row[0] for row in rows(medic, "SELECT fingerprint FROM episode_alerts")}


def check_actions(medic):
    """Each attempt acted once at most, none acted unreserved, and no target had two open at a time."""
    done = Counter(line.split()[0] for line in lines(medic, "effects"))
    assert [line for line, count in done.items() if count > 1] == []
    reserved = attempts(medic)
    assert set(done) <= {str(each["id"]) for each in reserved if each["remedy"] == "quick"}
    open_ = Counter(each["target"] for each in reserved if each["outcome"] is None)
    assert [target for target, count in open_.items() if count > 1] == []


def check_runs(medic):
    """Each due time was run once at most, after it was claimed, and what is done was run."""
    ran = Counter(lines(medic, "runs"))
    assert [line for line, count in ran.items() if count > 1] == []
    known = rows(medic, "SELECT due_ms, state FROM dues WHERE job = 'beat'")
    done = {due for due, state in known if state == "done"}
    times = {_ms(line.split()[1]) for line in ran}
    assert times <= {due for due, _ in known}
    assert done <= times


def _ms(text):
    return round(datetime.fromisoformat(text).timestamp() * 1000)
