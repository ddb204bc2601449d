"""``medic workers``: the processes of the pools."""

import sys
from collections.abc import Callable

import click

from medic.app.cli.options import NOT_WELL, Place, as_json, dry_run, placed
from medic.app.cli.text import items_of, print_json, print_table, value_of
from medic.core.queue import Json
from medic.core.targets import TargetError, TargetKind, parse_target

LIST = ("worker", "state", "pid", "since", "adopted", "life", "doubt")
CHANGES = ("do", "worker", "why", "error")
TIMEOUT = 300.0
MOST = 1000


@click.group("workers")
def command() -> None:
    """See, start and stop the workers of the pools."""


@command.command("list")
@placed
@as_json
def list_(place: Place, *, as_json: bool) -> None:
    """List the workers."""
    pools = items_of(place.daemon().get("/api/v1/workers"), "pools")
    if as_json:
        print_json(pools)
    else:
        workers = [worker for pool in pools for worker in items_of(value_of(pool, "workers"), "")]
        print_table(LIST, workers, none="there are no pools")


@command.command("ensure")
@click.argument("pool", required=False)
@placed
@dry_run
@as_json
def ensure(place: Place, pool: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Start what is missing, stop what is too many.

    It works with a daemon and without one, and any number may ask at once.
    """
    from medic.app.offline import ensure as ensure_anyhow

    _finish(ensure_anyhow(place.settings(), _pool(pool), dry_run=dry_run), as_json=as_json)


@command.command("scale")
@click.argument("pool")
@click.argument("count", type=click.IntRange(0, MOST))
@placed
@dry_run
@as_json
def scale(place: Place, pool: str, count: int, *, dry_run: bool, as_json: bool) -> None:
    """Give POOL so many workers.

    They are COUNT until the configuration is read again.
    """
    body: Json = {"pool": _pool(pool), "count": count, "dry_run": dry_run}
    _finish(place.daemon().post("/api/v1/workers/scale", body, timeout=TIMEOUT), as_json=as_json)


def _order(verb: str, text: str) -> Callable[..., None]:
    """Make a command that gives an order to the workers of one target."""

    @command.command(verb, help=text)
    @click.argument("target", metavar="POOL|TARGET")
    @placed
    @dry_run
    @as_json
    def order(place: Place, target: str, *, dry_run: bool, as_json: bool) -> None:
        body: Json = {"target": _target(target), "dry_run": dry_run}
        _finish(place.daemon().post(f"/api/v1/workers/{verb}", body, timeout=TIMEOUT), as_json=as_json)

    return order


restart = _order("restart", "Restart a pool (rpa) or a worker (worker:rpa/1).")
start = _order("start", "Start what an operator had stopped.")
stop = _order("stop", "Stop a pool or a worker until it is started.")


def _finish(answer: Json, *, as_json: bool) -> None:
    """Print what was done; exit code 1 when something of it failed."""
    changes = items_of(answer, "changes")
    if as_json:
        print_json(answer)
    else:
        print_table(CHANGES, changes, none="nothing to do")
    if any(value_of(change, "error") for change in changes):
        sys.exit(NOT_WELL)


def _target(text: str) -> str:
    return str(parse_target(text if ":" in text else f"pool:{text}"))


def _pool(text: str | None) -> str | None:
    """Return the bare name of a pool that is written as ``rpa`` or ``pool:rpa``."""
    if text is None:
        return None
    target = parse_target(_target(text))
    if target.kind is not TargetKind.POOL:
        raise TargetError(f"{text!r} is not a pool: write its name (rpa)")
    return target.name
