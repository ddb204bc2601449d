"""``medic run``: the daemon, in the foreground."""

import sys

import click

from medic.app.cli.options import Place, placed


@click.command("run")
@placed
def command(place: Place) -> None:
    """Run Medic in the foreground until SIGTERM or Ctrl-C."""
    from medic.app.daemon import run

    sys.exit(run(place.settings(people=True)))
