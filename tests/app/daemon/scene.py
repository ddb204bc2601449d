"""What the tests of the daemon share: a small configuration, and what can be seen of a Medic from outside."""

import json
import os
import signal
import sqlite3
from contextlib import closing

from medic.store.audit import verify
from tests.harness import until

SLEEPER = ["sleep", "1000"]
QUIET = [{"name": name, "enabled": False} for name in ("canary", "health-check", "report")]


def configuration(**sections):
    return {
        "listen": "127.0.0.1:0",
        "interval": "200ms",
        "rules": {"defaults": False},
        "healing": {"rest": "0s"},
        "workers": [{"pool": "pair", "command": SLEEPER, "count": 2}],
        "jobs": QUIET,
        **sections,
    }


def slay(pid):
    os.kill(pid, signal.SIGKILL)


def is_whole(medic, pool="pair", count=2):
    """Tell whether each slot of a pool has exactly one process, and no other slot has any."""
    wanted = [f"{pool}/{number}" for number in range(1, count + 1)]
    slots = medic.slots(pool)
    return sorted(slots) == sorted(wanted) and all(len(pids) == 1 for pids in slots.values())


def await_whole(medic, pool="pair", count=2):
    until(lambda: is_whole(medic, pool, count), what=f"{count} workers of {pool}, not {medic.slots(pool)}")
    return medic.slots(pool)


def attempts(medic):
    return medic.json("/api/v1/attempts?limit=10000")["attempts"]


def await_attempt(medic, **wanted):
    """Wait for an attempt that has these fields, and return the latest such."""
    return until(
        lambda: next((each for each in attempts(medic) if wanted.items() <= each.items()), None),
        what=f"an attempt with {wanted}",
    )


def rows(medic, query, file="journal.db"):
    """Read a database beside the daemon that may have it open."""
    with closing(sqlite3.connect(f"file:{medic.state / file}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(query).fetchall()


def check_journal(medic):
    """The journal is whole, and the audit is a chain that tells of each of its changes, in their order.

    Returns how many lines the audit has.
    """
    assert rows(medic, "PRAGMA integrity_check") == [("ok",)]
    written = [seq for (seq,) in rows(medic, "SELECT seq FROM audit ORDER BY seq")]
    told = until(lambda: len(found := audit(medic)) >= len(written) and [found], what="the audit has caught up")[0]
    assert [line["seq"] for line in told][: len(written)] == written
    copy = medic.folder / "audit.copy"
    copy.write_text("".join(whole_lines(medic.state / "audit.jsonl")))
    assert verify(copy).problem == ""
    return len(told)


def audit(medic, kind=""):
    """Return the lines of the audit, or those of one kind."""
    lines = [json.loads(line) for line in whole_lines(medic.state / "audit.jsonl")]
    return [line for line in lines if kind in {"", line["kind"]}]


def whole_lines(path):
    """Return the lines of a file that somebody may just be writing the end of."""
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [line for line in lines if line.endswith("\n")]
