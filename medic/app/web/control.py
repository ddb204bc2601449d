"""The API's changing half: what commands and operators order; every request has passed the token's guard."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeVar

from aiohttp import web

from healer.webhook import parse
from medic.app import reload as reloading
from medic.app import views
from medic.app.offline import show
from medic.app.settings import ConfigError, parsing
from medic.app.settings.mistakes import write_path
from medic.app.settings.sections import Bounds, Section
from medic.app.web.busy import BusyError
from medic.app.web.keys import HOUSE
from medic.app.web.peers import own
from medic.app.web.site import failure
from medic.core.errors import InboxFullError, MedicError
from medic.core.targets import Target, parse_target
from medic.core.workers import ExitReason
from workers.changes import Ensured
from workers.supervisor import Supervisor

routes = web.RouteTableDef()

DAY = 86_400.0
NAME = 64
MOST = 2**63 - 1
"""The largest number of SQLite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Section):
    """What a request's body may say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTarget(Order):
    """An order about one target, or about all where that makes sense."""

    target: str | None = None
    dry_run: bool = False

    def found(self) -> Target:
        """Return the target; raises MedicError when none is named."""
        if self.target is None:
            raise MedicError('say which target: {"target": "pool:rpa"}')
        return parse_target(self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseOrder(Order):
    """An order to leave a target, or all, alone for a while."""

    target: str | None = None
    for_seconds: Annotated[float, Bounds(gt=0, le=366 * DAY)]
    why: Annotated[str, Bounds(min_length=1, max_length=1000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealOrder(OnTarget):
    """An order to heal."""

    remedy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsureOrder(Order):
    """An order to see that every worker runs."""

    pool: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleOrder(Order):
    """An order to change the number of a pool's workers."""

    pool: str
    count: Annotated[int, Bounds(ge=0, le=1000)]
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveOrder(Order):
    """A person's yes to an episode."""

    id: Annotated[int, Bounds(ge=1, le=MOST)]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOrder(Order):
    """An order to run a job."""

    dry_run: bool = False


Body = TypeVar("Body", bound=Order)


async def body_of(request: web.Request, kind: type[Body]) -> Body:
    """Read the request's body; an empty one is an empty object. Raises MedicError that names each wrong field."""
    try:
        content = json.loads(await request.read() or b"{}", parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise MedicError(f"the body is not what this path takes: it is no JSON ({error})") from error
    order, wrong = parsing.parse(kind, content, Path())
    if order is None:
        faults = "; ".join(f"{write_path(each.path) or 'body'} {each.text}, {each.advice}" for each in wrong)
        raise MedicError(f"the body is not what this path takes: {faults}")
    return order


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


@routes.post("/-/reload")
async def reload(request: web.Request) -> web.Response:
    """Read the configuration again; refused with every mistake, and nothing changed, when it cannot be."""
    house = request.app[HOUSE]
    try:
        done = await reloading.apply(house)
    except ConfigError as error:
        return failure(400, str(error))
    return web.json_response({"reloaded": True, **done._asdict()})


@routes.post("/api/v1/pause")
async def pause(request: web.Request) -> web.Response:
    """Pause healing, of a target or of all."""
    order = await body_of(request, PauseOrder)
    target = parse_target(order.target) if order.target else None
    house = request.app[HOUSE]
    await house.healer.pause(target, timedelta(seconds=order.for_seconds), why=order.why, by=who(request))
    return web.json_response({"pauses": [views.pause(each) for each in house.healer.pauses]})


@routes.post("/api/v1/resume")
async def resume(request: web.Request) -> web.Response:
    """End a pause."""
    order = await body_of(request, OnTarget)
    target = parse_target(order.target) if order.target else None
    await request.app[HOUSE].healer.resume(target, by=who(request))
    return web.json_response({"resumed": order.target or "all"})


@routes.post("/api/v1/heal")
async def heal(request: web.Request) -> web.Response:
    """Heal a target now, through the same gates as ever; a dry run says what would be done, and why."""
    order = await body_of(request, HealOrder)
    house = request.app[HOUSE]
    healing = await house.healer.heal(order.found(), order.remedy, by=who(request), dry_run=order.dry_run)
    return web.json_response(views.healing(healing, dry_run=order.dry_run))


@routes.post("/api/v1/reset")
async def reset(request: web.Request) -> web.Response:
    """Forget the failures of a target: its breaker closes."""
    target = (await body_of(request, OnTarget)).found()
    await request.app[HOUSE].healer.reset(target, by=who(request))
    return web.json_response({"reset": str(target)})


@routes.post("/api/v1/approve")
async def approve(request: web.Request) -> web.Response:
    """Allow the action of an episode."""
    order = await body_of(request, ApproveOrder)
    await request.app[HOUSE].healer.approve(order.id, by=who(request))
    return web.json_response({"approved": order.id})


@routes.post("/api/v1/workers/ensure")
async def ensure(request: web.Request) -> web.Response:
    """See that every worker runs, and none too many."""
    order = await body_of(request, EnsureOrder)
    return _answer(await request.app[HOUSE].supervisor.ensure(order.pool, dry_run=order.dry_run))


@routes.post("/api/v1/workers/scale")
async def scale(request: web.Request) -> web.Response:
    """Change how many workers a pool has."""
    order = await body_of(request, ScaleOrder)
    return _answer(await request.app[HOUSE].supervisor.scale(order.pool, order.count, dry_run=order.dry_run))


@routes.post("/api/v1/workers/restart")
async def restart(request: web.Request) -> web.Response:
    """Restart workers for an operator, whatever the gates say: it is a person's own hand."""
    target, dry_run = await _target(request)
    async with _hands(request) as supervisor:
        return _answer(await supervisor.restart(target, ExitReason.OPERATOR, dry_run=dry_run))


@routes.post("/api/v1/workers/start")
async def start(request: web.Request) -> web.Response:
    """Start what an operator had stopped."""
    target, dry_run = await _target(request)
    async with _hands(request) as supervisor:
        return _answer(await supervisor.start(target, ExitReason.OPERATOR, dry_run=dry_run))


@routes.post("/api/v1/workers/stop")
async def stop(request: web.Request) -> web.Response:
    """Stop workers until an operator starts them."""
    target, dry_run = await _target(request)
    async with _hands(request) as supervisor:
        return _answer(await supervisor.stop(target, dry_run=dry_run))


@routes.post("/api/v1/jobs/{name}/run")
async def run_job(request: web.Request) -> web.Response:
    """Run a job now and wait for its end."""
    order = await body_of(request, JobOrder)
    run = await request.app[HOUSE].scheduler.run_now(request.match_info["name"], dry_run=order.dry_run)
    return web.json_response(views.run(run))


@routes.post("/api/v1/notify/test")
async def notify_test(request: web.Request) -> web.Response:
    """Send a test to everyone who is to be notified."""
    await body_of(request, Order)
    outcome = await request.app[HOUSE].people.send("Medic: a test", f"This test was asked for by {who(request)}.")
    return web.json_response({"outcome": outcome})


@routes.post("/api/v1/webhook/alertmanager")
async def alertmanager(request: web.Request) -> web.Response:
    """Take alerts; 202 means that they are on disk, nothing is healed within the request."""
    alerts = parse(await request.read(), own(request.app[HOUSE]))
    try:
        await request.app[HOUSE].healer.receive(alerts)
    except InboxFullError as error:
        raise BusyError(str(error)) from error
    return web.json_response({"accepted": len(alerts)}, status=202)


@asynccontextmanager
async def _hands(request: web.Request) -> AsyncIterator[Supervisor]:
    """Yield who obeys; then the healer learns what a person wants down, also where the order failed halfway."""
    house = request.app[HOUSE]
    try:
        yield house.supervisor
    finally:
        await house.healer.keep_down(house.supervisor.stopped(), by=who(request))


async def _target(request: web.Request) -> tuple[Target, bool]:
    order = await body_of(request, OnTarget)
    return order.found(), order.dry_run


def _answer(done: Ensured) -> web.Response:
    return web.json_response(show(done))


def who(request: web.Request) -> str:
    """Name who orders: what the client says of itself, as far as that is a name."""
    name = request.headers.get("X-Medic-User", "")
    return name if name.isprintable() and 0 < len(name) <= NAME else f"api from {request.remote or 'unknown'}"
