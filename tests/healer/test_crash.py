import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from medic.core.healing import Outcome
from medic.store.audit import Audit, verify
from medic.store.database import open_database
from medic.store.journal import Journal
from tests.fakes import HandClock
from tests.healer.crash import POLICY, FilePools
from tests.healer.house import house

ROOT = Path(__file__).resolve().parents[2]
POINTS = [f"journal.{name}.{side}" for name in ("reserved", "acted", "closed") for side in ("before", "after")]
POINTS += ["action.before", "action.after"]


def die_at(point, state, trouble):
    environment = {**os.environ, "MEDIC_FAILPOINT": point, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.healer.crash", str(state), trouble]
    ended = subprocess.run(command, cwd=ROOT, env=environment, timeout=30, check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


@pytest.mark.parametrize("point", POINTS)
async def test_medic_killed_while_it_replaces_a_worker_does_nothing_twice_and_forgets_no_attempt(tmp_path, point):
    die_at(point, tmp_path, "exit")
    pools = FilePools(tmp_path)
    done = pools.count()
    assert len(done) == (0 if point in {"journal.reserved.before", "journal.reserved.after", "action.before"} else 1)
    clock = HandClock()
    clock.set(days=3650)
    async with house(tmp_path, POLICY, clock=clock, pools=pools) as it:
        journaled = await it.journal.attempts(100)
        assert len(journaled) == (0 if point == "journal.reserved.before" else 1)
        await it.settle()
        await it.tick(seconds=1)
        assert pools.count() == done
        looked_at = [attempt for attempt in await it.journal.attempts(100) if attempt.id <= len(journaled)]
        expected = [] if not journaled else [Outcome.HEALED if done else Outcome.FAILED]
        assert [attempt.outcome for attempt in looked_at] == expected


@pytest.mark.parametrize("point", ["journal.receive.after", "journal.reserved.after", "action.after"])
async def test_an_acknowledged_alert_is_acted_upon_exactly_once_or_looked_at_after_a_kill(tmp_path, point):
    die_at(point, tmp_path, "alert")
    pools = FilePools(tmp_path)
    done = pools.count()
    async with house(tmp_path, POLICY, pools=pools) as it:
        it.clock.set(days=3650)
        await it.settle()
        assert len(await it.journal.episodes(100)) == 1
        expected = done if point != "journal.receive.after" else ["restart pool:rpa"]
        assert pools.count() == expected
        await it.tick(seconds=6)
        first = (await it.journal.attempts(100))[-1]
        assert first.outcome in {Outcome.UNKNOWN, Outcome.FAILED}


@pytest.mark.parametrize("point", ["journal.reserved.after", "journal.acted.after"])
async def test_the_audit_has_every_change_after_a_kill_and_its_chain_is_whole(tmp_path, point):
    die_at(point, tmp_path, "exit")
    path = tmp_path / "audit.jsonl"
    async with open_database(tmp_path / "journal.db", schema="journal", sync="FULL") as database:
        written = await Audit(database, path).catch_up()
        history = await Journal(database).load()
    assert written >= 3
    assert len(history.attempts) == 1
    assert verify(path).problem == ""


async def test_what_a_restart_finds_half_done_stays_one_attempt_however_often_it_restarts(tmp_path):
    die_at("action.before", tmp_path, "exit")
    clock = HandClock()
    clock.set(days=3650)
    for _ in range(3):
        async with house(tmp_path, POLICY, clock=clock, pools=FilePools(tmp_path)) as it:
            await it.healer.pause(None, timedelta(hours=1), why="looking", by="ann")
            await it.settle()
            assert len(await it.journal.attempts(100)) == 1
