"""``start``: fill the empty slot of a worker that died."""

from healer.action import Action, Done, Order
from healer.settings import Options
from medic.core.errors import MedicError
from medic.core.targets import TargetKind


async def start(order: Order) -> Done:
    """Start the worker; a slot that is filled already is left as it is."""
    return Done(succeeded=True, detail=await order.pools.start(order.target))


def check(options: Options) -> None:
    """Refuse options: there are none."""
    if options:
        raise MedicError(f"start: unknown option {next(iter(options))!r}; write `start: {{}}`")


ACTION = Action(start, check, frozenset({TargetKind.WORKER}))
