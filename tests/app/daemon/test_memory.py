"""What the whole daemon takes of memory, with its default collectors and rules."""

import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from rules.blocks import ROWS
from rules.retention import SWEEP
from tests.harness import Medic

MOST = 75_000_000
GROWTH = 1_000_000
FULL, HOUR = 480 + ROWS + SWEEP, 2400
"""Ticks until the first part of the history has been dropped again, and those of an hour at a tenth of 15 s."""
SPARED = ("pydantic", "jinja2", "apprise", "rich", "pynvml", "psutil", "celery", "redis", "prometheus_client", "click")
"""What the daemon does without, or imports when it is asked for it."""


def resident(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def test_the_daemon_imports_nothing_dear_that_it_may_never_need():
    program = "import sys, medic.app.daemon; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True, timeout=60)
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert "aiohttp" in loaded
    assert not loaded & set(SPARED)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.timeout(3600)
@pytest.mark.stress
def test_with_its_history_filled_it_takes_75_mb_and_an_hour_of_ten_fold_ticks_adds_nothing_to_speak_of(tmp_path):
    """At 625 ms, 480 ticks are the five minutes of most rules' windows, as they are at 15 s."""
    with Medic(tmp_path / "medic", {"listen": "127.0.0.1:0", "interval": "625ms"}) as medic:
        medic.start()
        pid = medic.process.pid
        with medic.listening() as events:
            ticks = (kind for kind, _ in events if kind == "tick")
            assert len(list(islice(ticks, FULL))) == FULL
            full = resident(pid)
            assert len(list(islice(ticks, HOUR))) == HOUR
        print(  # noqa: T201 - the figure is the proof
            f"\n{full:,} bytes with its history full, {resident(pid) - full:+,} after {HOUR:,} ticks more"
        )
        assert full <= MOST
        assert resident(pid) - full < GROWTH
