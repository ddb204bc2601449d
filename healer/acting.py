"""Carrying out one attempt: the action between its failpoints, bounded in time, its errors turned into words."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from healer.action import Action, Done, Order
from medic.core.errors import MedicError
from medic.core.failpoints import failpoint
from medic.core.tasks import guarded

LIMIT = timedelta(minutes=70)
"""Beyond the longest time that an action may set itself: one that hangs all the same is cancelled."""


async def perform(actions: Mapping[str, Action], order: Order, limit: timedelta = LIMIT) -> Done:
    """Run the order's action and return what came of it; never raises but when cancelled."""
    failpoint("action.before")
    results: list[Done] = []

    async def act() -> None:
        results.append(await _act(actions, order, limit))

    await guarded(act, name=f"attempt {order.attempt.id}")
    failpoint("action.after")
    return results[0] if results else Done(succeeded=False, detail="the action broke; the log says how")


async def _act(actions: Mapping[str, Action], order: Order, limit: timedelta) -> Done:
    action = actions.get(order.attempt.action)
    if action is None:
        return Done(succeeded=False, detail=f"there is no action {order.attempt.action}")
    if order.target.kind not in action.kinds:
        return Done(succeeded=False, detail=f"{order.attempt.action} cannot act on {order.target}")
    try:
        async with asyncio.timeout(limit.total_seconds()):
            return await action.act(order)
    except MedicError as error:
        return Done(succeeded=False, detail=str(error))
    except TimeoutError:
        return Done(succeeded=False, detail=f"still running after {limit}; it was cancelled")
