"""``medic check``: the system check, by the running daemon, or without one."""

import sys
from dataclasses import asdict

import click

from medic.app.cli.options import NOT_WELL, Place, as_json, placed
from medic.app.cli.text import items_of, print_json, value_of, write
from medic.core.errors import NotRunningError
from medic.core.queue import Json


@click.command("check")
@placed
@as_json
def command(place: Place, *, as_json: bool) -> None:
    """Check that all is as it should be.

    The exit code is 1 when a check fails.
    """
    try:
        answer = place.daemon().get("/api/v1/check")
    except NotRunningError as error:
        answer = _without_daemon(place, str(error))
    if as_json:
        print_json(answer)
    else:
        _print(answer)
    if value_of(answer, "passed") != value_of(answer, "total"):
        sys.exit(NOT_WELL)


def _without_daemon(place: Place, why: str) -> Json:
    from medic.app.offline import Check, checks

    done = [Check("daemon", ok=False, text=why), *checks(place.settings(people=True))]
    return {"passed": sum(check.ok for check in done), "total": len(done), "checks": [asdict(check) for check in done]}


def _print(answer: Json) -> None:
    for check in items_of(answer, "checks"):
        mark = "✓" if value_of(check, "ok") else "✗"
        click.echo(f"{mark} {write(value_of(check, 'name'))}: {write(value_of(check, 'text'))}")
    passed, total = value_of(answer, "passed"), value_of(answer, "total")
    if isinstance(passed, int) and isinstance(total, int):
        click.echo(f"{passed}/{total} checks passed ({passed * 100 // total if total else 100}%)")
