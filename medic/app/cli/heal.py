"""``medic heal``: heal by hand, and see what was healed."""

import sys

import click

from medic.app.cli.options import NOT_WELL, Place, as_json, dry_run, placed
from medic.app.cli.text import Column, items_of, print_answer, print_json, print_table, value_of, write
from medic.core.queue import Json
from medic.core.targets import parse_target


def _outcome(value: Json) -> str:
    return "being verified" if value is None else write(value)


HISTORY = (
    "id",
    Column("reserved_at", "at"),
    "remedy",
    "target",
    "action",
    Column("number", "try"),
    Column("outcome", show=_outcome),
    "detail",
)
TIMEOUT = 120.0


@click.group("heal")
def command() -> None:
    """Heal by hand, and see what was healed."""


@command.command("run")
@click.argument("target")
@click.option("--remedy", help="The remedy to use.  [default: restart pools and workers, else the first that fits]")
@placed
@dry_run
@as_json
def run(place: Place, target: str, remedy: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Heal TARGET now, through the same gates as ever.

    The exit code is 1 when a gate refuses.
    """
    body: Json = {"target": str(parse_target(target)), "remedy": remedy, "dry_run": dry_run}
    answer = place.daemon().post("/api/v1/heal", body, timeout=TIMEOUT)
    print_answer(answer, write(value_of(answer, "text")), as_json=as_json)
    if value_of(answer, "refused"):
        sys.exit(NOT_WELL)


@command.command("history")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="The last so many.")
@placed
@as_json
def history(place: Place, limit: int, *, as_json: bool) -> None:
    """List attempts, the latest first."""
    attempts = items_of(place.daemon().get("/api/v1/attempts", limit=str(limit)), "attempts")
    if as_json:
        print_json(attempts)
    else:
        print_table(HISTORY, attempts, none="nothing was healed yet")


@command.command("reset")
@click.argument("target")
@placed
@dry_run
@as_json
def reset(place: Place, target: str, *, dry_run: bool, as_json: bool) -> None:
    """Forget the failed attempts on TARGET: close its breaker."""
    named = str(parse_target(target))
    if dry_run:
        click.echo(f"would close the breaker of {named} and count its failures from none")
        return
    answer = place.daemon().post("/api/v1/reset", {"target": named})
    print_answer(answer, f"the failures of {named} are forgotten, its breaker is closed", as_json=as_json)


@command.command("approve")
@click.argument("episode", type=click.IntRange(1), metavar="ID")
@placed
@dry_run
@as_json
def approve(place: Place, episode: int, *, dry_run: bool, as_json: bool) -> None:
    """Approve the healing that episode ID waits to do."""
    if dry_run:
        click.echo(f"would approve episode {episode}")
        return
    answer = place.daemon().post("/api/v1/approve", {"id": episode})
    print_answer(answer, f"approved episode {episode}", as_json=as_json)
