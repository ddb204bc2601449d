"""Pid files: which process they name, and when they name none because their writer is long gone."""

from collections.abc import Iterable
from pathlib import Path

from exporter.collectors.groups.spec import Group
from exporter.files import read, read_or_none
from exporter.table import Table
from medic.core.processes import CLOCK_TICKS

LARGEST = 20
"""Characters; what is longer holds no process number."""
SLACK = 60.0
"""Seconds by which a process may seem to have started after its file was written, as the clock is set now and then."""


def read_pidfiles(groups: Iterable[Group], table: Table) -> dict[Path, int]:
    """Return the process number that each pid file of *groups* holds; files that are not there are left out.

    So are those that are older than the process that has their number now: it is another one.
    """
    files = {group.pidfile for group in groups if group.pidfile is not None}
    if not files:
        return {}
    starts = {each.pid: each.start for each in table.look()}
    booted = booted_at(table.proc)
    found: dict[Path, int] = {}
    for file in files:
        pid = _pid(file)
        if pid in starts and booted + starts[pid] / CLOCK_TICKS <= _written_at(file) + SLACK:
            found[file] = pid
    return found


def booted_at(proc: Path) -> int:
    """Return when the kernel started, in unixtime."""
    text = read(f"{proc}/stat")
    return int(text[text.index("\nbtime ") :].split(None, 2)[1])


def _pid(file: Path) -> int:
    text = (read_or_none(str(file)) or "").split("\n", 1)[0].strip()
    return int(text) if len(text) <= LARGEST and text.isascii() and text.isdigit() else 0


def _written_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
