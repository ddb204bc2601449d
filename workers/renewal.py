"""Brings a changed command to running workers: one after the other, and only as long as it lives."""

import logging
from collections.abc import Mapping

from medic.core.workers import ExitReason
from workers.plan import Do, Order, Verb
from workers.pool import Keeper

log = logging.getLogger(__name__)


async def renew(keepers: Mapping[str, Keeper], settle: float) -> None:
    """Restart the workers that run an outdated command, one after the other; a pool whose new command dies is left."""
    given_up: set[tuple[str, str]] = set()

    def find() -> tuple[Keeper, int] | None:
        candidates = (keeper for keeper in keepers.values() if (keeper.spec.name, keeper.spec.digest) not in given_up)
        return next(((keeper, slot) for keeper in candidates for slot in keeper.outdated()), None)

    while (found := find()) is not None:
        keeper, slot = found
        changes = await keeper.order(Order(Verb.RESTART, slot, ExitReason.DEPLOY))
        done = all(change.do is Do.RESTART and not change.error for change in changes)
        if not done or not await keeper.survives(slot, settle):
            log.error("new command does not live", extra={"worker": f"{keeper.spec.name}/{slot}"})
            given_up.add((keeper.spec.name, keeper.spec.digest))
