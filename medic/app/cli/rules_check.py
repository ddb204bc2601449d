"""``medic rules check``: rule files, checked as promtool checks them, and against what this host measures."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from medic.app.cli.options import NOT_WELL, Place, as_json, placed
from medic.app.cli.text import number_of, print_json
from medic.core.errors import NotRunningError

if TYPE_CHECKING:
    from medic.app.api import Daemon
    from medic.app.rulechecks import Checked

compat_option = click.option(
    "--compat",
    type=click.Choice(["prometheus-2", "prometheus-3"]),
    help="Whose rules hold.  [default: rules.compat of the configuration]",
)


@click.command("check")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@compat_option
@placed
@as_json
def command(place: Place, files: tuple[str, ...], compat: str | None, *, as_json: bool) -> None:
    """Find what is wrong in rule files.

    Without FILE these are the configuration's, the shipped ones included. What `promtool check rules` minds is an
    error, and the exit code is 1. What works but may not be meant is a warning.
    """
    from medic.app.rulechecks import check
    from medic.core.clock import SystemClock
    from rules.promql import Compat

    settings = place.settings()
    chosen = Compat(compat or settings.rules.compat)
    checked = check(files, settings, chosen, clock=SystemClock(), daemon=_daemon(place))
    well = all(each.ok for each in checked)
    if as_json:
        print_json({"files": [each.show() for each in checked], "ok": well})
    else:
        for each in checked:
            _print(each)
    if not well:
        sys.exit(NOT_WELL)


def _daemon(place: Place) -> Daemon | None:
    try:
        return place.daemon()
    except NotRunningError:
        return None


def _print(checked: Checked) -> None:
    click.echo(f"Checking {checked.reading.file}")
    if checked.ok:
        click.echo(f"  SUCCESS: {number_of(checked.reading.rules, 'rule')} found")
    else:
        click.echo("  FAILED:")
    for line in (*checked.reading.mistakes, *checked.warnings):
        click.echo(f"  {line}")
    click.echo()
