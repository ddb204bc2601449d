"""A scheduler as a process of its own, for tests that kill it; `python -m tests.rhythm.program STATE`.

Its jobs append their name and due time to STATE/lines, so that what really ran can be held against the ledger.
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from medic.core.clock import SystemClock
from medic.store.database import open_database
from medic.store.ledger import LedgerStore
from rhythm.ports import Context
from rhythm.runner import Runner
from rhythm.scheduler import Scheduler
from rhythm.spec import Every, JobSpec, Missed

PERIOD = timedelta(milliseconds=100)


def jobs(state):
    line = ("sh", "-c", f'echo "$MEDIC_JOB $MEDIC_DUE" >> {state}/lines')
    return [
        JobSpec("first", Every(PERIOD), line, priority=95),
        JobSpec("second", Every(2 * PERIOD), line, after=("first",)),
        JobSpec("third", Every(3 * PERIOD), line, missed=Missed.ALL),
        JobSpec("broken", Every(5 * PERIOD), ("false",)),
        JobSpec("skipped", Every(5 * PERIOD), line, after=("broken",)),
    ]


async def main(state):
    async with open_database(state / "journal.db", schema="journal", sync="FULL") as database:
        clock = SystemClock()
        runner = Runner(state, {}, Context(clock))
        await Scheduler(jobs(state), ledger=LedgerStore(database), runner=runner, clock=clock).run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
