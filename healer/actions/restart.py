"""``restart``: have a pool's workers, one worker, or a queue's server restarted by those who own them."""

from healer.action import Action, Done, Order
from healer.settings import Options
from medic.core.errors import MedicError
from medic.core.targets import TargetKind


async def restart(order: Order) -> Done:
    """Restart the target; returns once its new processes are there."""
    return Done(succeeded=True, detail=await order.pools.restart(order.target))


def check(options: Options) -> None:
    """Refuse options: there are none."""
    if options:
        raise MedicError(f"restart: unknown option {next(iter(options))!r}; write `restart: {{}}`")


ACTION = Action(restart, check, frozenset({TargetKind.POOL, TargetKind.WORKER, TargetKind.QUEUE}))
