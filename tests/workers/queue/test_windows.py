"""The success ratio of the embedded queue, held against a recount of the tasks themselves."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from medic.core.clock import to_ms
from medic.store.queue import open_queue
from medic.store.tallies import SLICE
from tests.fakes import HandClock
from workers.queue.broker import Broker
from workers.queue.figures import HOUR, WINDOWS, ratio
from workers.queue.spec import QueueSpec
from workers.queue.wire import LeaseRequest, Submission

SPEC = QueueSpec("default")
ASK = LeaseRequest("rpa/1")

steps = st.lists(
    st.tuples(
        st.integers(0, 5 * 3600),  # seconds that pass before it
        st.booleans(),  # whether it is completed
        st.integers(0, 3).map(lambda number: number == 0),  # whether it is a canary
        st.integers(0, 5).map(lambda number: number == 0),  # whether the queue server is restarted before
    ),
    max_size=12,
)


async def end(broker, *, well, canary):
    await broker.submit([Submission("order", canary=canary)])
    task = await broker.lease(ASK)
    if well:
        await broker.complete(task.id, "rpa/1", None)
    else:
        await broker.fail(task.id, "rpa/1", "broken")


async def live(folder, plan, clock):
    """Work the plan, over restarts of the queue server; return its last figures and the ends of what counts."""
    ends, waiting = [], list(plan)
    while True:
        async with open_queue(folder / "queue.db") as store:
            broker = Broker(SPEC, store, clock)
            await broker.open()
            while waiting:
                seconds, well, canary, restart = waiting.pop(0)
                clock.pass_by(seconds=seconds)
                await end(broker, well=well, canary=canary)
                if not canary:
                    ends.append((to_ms(clock.now()), well))
                if restart:
                    break
            else:
                return await broker.figures(), ends


@settings(max_examples=25, deadline=None)
@given(steps)
async def test_every_window_and_ratio_is_what_a_recount_finds_over_restarts_and_without_canaries(plan):
    clock = HandClock()
    with TemporaryDirectory() as folder:
        figures, ends = await live(Path(folder), plan, clock)
    now = to_ms(clock.now())
    assert (figures.completed, figures.failed) == (sum(well for _, well in ends), sum(not well for _, well in ends))
    for window, (name, length) in zip(figures.windows, WINDOWS, strict=True):
        found = [well for at, well in ends if at - at % SLICE > now - length]
        assert (window.name, window.completed, window.failed) == (name, sum(found), len(found) - sum(found))
        told = ratio(window.completed, window.failed)
        assert told is None if not found else 0 <= told <= 1


@settings(max_examples=25, deadline=None)
@given(steps)
async def test_the_weighted_ratio_is_that_of_the_tasks_weighed_by_their_age(plan):
    clock = HandClock()
    with TemporaryDirectory() as folder:
        figures, ends = await live(Path(folder), plan, clock)
    now = to_ms(clock.now())
    weights = [(2.0 ** (-(now - (at - at % SLICE)) / (HOUR // 2)), well) for at, well in ends if at > now - 25 * HOUR]
    total = sum(weight for weight, _ in weights)
    if figures.weighted_ratio is None:
        assert total < 2**-9
    else:
        assert abs(figures.weighted_ratio - sum(weight for weight, well in weights if well) / total) < 1e-6
