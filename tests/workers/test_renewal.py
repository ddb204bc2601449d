"""A changed command reaches running workers one after the other, and only as long as it lives."""

import asyncio
from datetime import timedelta

from medic.core.clock import SystemClock
from medic.core.workers import ExitReason
from tests.workers.scene import living, living_count, shell, spec, supervised
from workers.supervisor import Supervisor

QUICK = timedelta(seconds=0.02)
OLD = shell("echo old $MEDIC_SLOT > $BELL; exec sleep 600")
NEW = shell("echo new $MEDIC_SLOT > $BELL; exec sleep 600")


async def test_a_reload_renews_each_worker_in_turn(state, bell, exits):
    async with supervised(state, spec(command=OLD, count=3, env=bell.env), on_exit=exits, settle=QUICK) as supervisor:
        for _ in range(3):
            await bell.heard()
        await supervisor.replace([spec(command=NEW, count=3, env=bell.env)])
        assert [await bell.heard() for _ in range(3)] == ["new 1", "new 2", "new 3"]
        for _ in range(3):
            await exits.next()
        assert [(each.slot, each.reason) for each in exits.all] == [(slot, ExitReason.DEPLOY) for slot in (1, 2, 3)]
        assert living_count(state) == 3


async def test_a_command_that_dies_replaces_one_worker_and_no_more(state, exits):
    async with supervised(state, spec(count=3), on_exit=exits, settle=timedelta(seconds=1)) as supervisor:
        before = living(state)
        await supervisor.replace([spec(command=shell("exit 7"), count=3)])
        assert (await exits.next()).reason is ExitReason.DEPLOY
        died = await exits.next()
        assert (died.slot, died.reason, died.status) == (1, ExitReason.CRASH, "exit 7")
        await quiet(supervisor)
        assert living(state) == {slot: pids for slot, pids in before.items() if slot != "rpa.1"}


async def test_a_command_that_cannot_run_replaces_one_worker_and_no_more(state, exits):
    async with supervised(state, spec(count=2), on_exit=exits, settle=QUICK) as supervisor:
        before = living(state)
        await supervisor.replace([spec(command=("/no/such",), count=2)])
        await exits.until(ExitReason.CRASH)
        await quiet(supervisor)
        assert living(state) == {"rpa.2": before["rpa.2"]}


async def test_workers_of_an_older_configuration_are_renewed_when_they_are_adopted(state, bell):
    async with Supervisor([spec(command=OLD, env=bell.env)], state, SystemClock(), print) as first:
        await first.ensure()
        assert await bell.heard() == "old 1"
    async with supervised(state, spec(command=NEW, env=bell.env), settle=QUICK):
        assert await bell.heard() == "new 1"


async def test_a_second_change_overtakes_the_first(state, bell):
    async with supervised(state, spec(command=OLD, count=2, env=bell.env), settle=QUICK) as supervisor:
        for _ in range(2):
            await bell.heard()
        await supervisor.replace([spec(command=NEW, count=2, env=bell.env)])
        await supervisor.replace([spec(command=OLD, count=2, env={**bell.env, "TWICE": "yes"})])
        heard = set()
        while heard != {"old 1", "old 2"}:
            line = await bell.heard()
            heard = {*heard, line} if line.startswith("old") else heard
        assert living_count(state) == 2


async def quiet(supervisor):
    """Wait until the supervisor has nothing more to do by itself."""
    while any(task.get_name() == "deploy" for task in asyncio.all_tasks()):
        await asyncio.wait([task for task in asyncio.all_tasks() if task.get_name() == "deploy"])
    await supervisor.ensure(dry_run=True)
