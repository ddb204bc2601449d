"""The facts of a report: what a day has left in the journal and the ledger, and how things stand at its end."""

import platform
from datetime import timedelta

from medic.app.house import House
from medic.app.status import checks
from medic.app.zone import local
from rhythm.reports.facts import Facts

DAY = timedelta(days=1)
MOST = 10_000


async def gather(house: House) -> Facts:
    """Gather the facts of the last 24 hours."""
    status = await house.status()
    start = status.now - DAY
    attempts = await house.journal.attempts(MOST)
    episodes = await house.journal.episodes(MOST)
    return Facts(
        host=platform.node(),
        start=start,
        end=status.now,
        timezone=local(),
        checks=checks(status),
        pools=status.pools,
        queues=status.queues,
        probes=status.probes,
        alerts=status.alerts,
        episodes=tuple(each for each in episodes if each.ended_at is None or each.ended_at >= start),
        attempts=tuple(each for each in attempts if each.reserved_at >= start),
        runs=await house.ledger.between(start, status.now),
    )
