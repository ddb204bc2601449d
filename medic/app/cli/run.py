"""``medic run``: the daemon, in the foreground."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from medic.app.cli.options import Place, placed, web_options

if TYPE_CHECKING:
    from medic.app.settings.web import Orders


@click.command("run")
@placed
@web_options
def command(place: Place, orders: Orders) -> None:
    """Run Medic in the foreground until SIGTERM or Ctrl-C.

    The options --web.* are those of Prometheus' exporters; they count for more than the configuration file. What
    node_exporter takes as --collector.* and --path.* stands under `collectors:` in that file.
    """
    from medic.app.daemon import run

    sys.exit(run(place.settings(people=True, orders=orders)))
