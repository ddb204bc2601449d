"""How a worker's end is put into words: who cannot begin says why."""

import asyncio
from datetime import timedelta

import pytest

from medic.core.targets import worker_target
from medic.core.workers import ExitReason
from tests.fakes import HandClock
from tests.workers.scene import Bell, kill, pid_of, shell, spec, supervised
from workers.slots import YOUNG, Place
from workers.supervisor import Supervisor

ONE = worker_target("rpa", 1)


def says(text, *, then="exit 1"):
    return spec(command=shell(f"printf '{text}' >&2; {then}"))


async def test_a_worker_that_ends_at_once_tells_its_last_line(state, exits):
    async with supervised(state, says("trying\\nthe port is taken\\n"), on_exit=exits):
        assert (await exits.next()).status == "exit 1: the port is taken"


async def test_what_an_earlier_worker_of_the_slot_wrote_is_not_repeated(state, exits):
    mute = spec(command=shell('[ -e "$MEDIC_STATE/mark" ] && exit 2; touch "$MEDIC_STATE/mark"; echo first; exit 1'))
    async with supervised(state, mute, on_exit=exits) as supervisor:
        assert (await exits.next()).status == "exit 1: first"
        await supervisor.ensure()
        assert (await exits.next()).status == "exit 2"


async def test_a_last_line_is_short_and_printable(state, exits):
    async with supervised(state, says("\\033[31m" + "x" * 9000), on_exit=exits):
        status = (await exits.next()).status
        assert len(status) <= 220
        assert status.isprintable()


@pytest.mark.parametrize(
    ("age", "status"),
    [(YOUNG - timedelta(milliseconds=1), "SIGKILL: ready"), (YOUNG, "SIGKILL"), (timedelta(days=1), "SIGKILL")],
)
async def test_of_a_worker_that_had_begun_its_end_alone_is_told(state, exits, tmp_path, age, status):
    clock, bell = HandClock(), Bell(tmp_path / "bell")
    begins = spec(command=shell('echo ready; echo $$ > "$BELL"; exec sleep 600'), env=bell.env)
    async with Supervisor([begins], state, clock, exits) as supervisor:
        await supervisor.ensure()
        await bell.heard()
        clock.pass_by(seconds=age.total_seconds())
        kill(pid_of(supervisor, ONE))
        assert (await exits.next()).status == status
        await supervisor.end()
    bell.close()


async def test_an_end_that_was_asked_for_needs_no_words(state, exits, tmp_path):
    bell = Bell(tmp_path / "bell")
    begins = spec(command=shell('echo ready; echo $$ > "$BELL"; exec sleep 600'), env=bell.env)
    async with supervised(state, begins, on_exit=exits) as supervisor:
        await bell.heard()
        async with asyncio.timeout(20):
            await supervisor.restart(ONE, ExitReason.OPERATOR)
        assert (await exits.next()).status == "SIGTERM"
    bell.close()


async def test_a_worker_whose_output_is_gone_ends_in_words_all_the_same(state, exits):
    removes = spec(command=shell(f"rm -f '{Place(state, 'rpa', 1).output}'; echo lost; exit 1"))
    async with supervised(state, removes, on_exit=exits):
        assert (await exits.next()).status == "exit 1"
