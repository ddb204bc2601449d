"""``medic config``: the configuration, checked and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from medic.app.cli.options import Place, as_json, placed, web_options
from medic.app.cli.text import number_of, print_json

if TYPE_CHECKING:
    from medic.app.settings.web import Orders


@click.group("config")
def command() -> None:
    """Check the configuration."""


@command.command("check")
@placed
@web_options
@as_json
def check(place: Place, orders: Orders, *, as_json: bool) -> None:
    """Tell every mistake in the configuration.

    Its rule files and its web configuration file are checked too. --json prints what is in force, with secrets hidden.
    """
    from medic.app.rulebook import load_groups
    from medic.app.settings import show
    from medic.app.web.toolkit.reading import read

    settings = place.settings(people=True, orders=orders)
    if settings.web.config_file is not None:
        read(settings.web.config_file)
    groups = len(load_groups(settings))
    if as_json:
        print_json(show(settings))
        return
    where = settings.file or "no file: the defaults are in force"
    counts = (
        number_of(len(settings.queues), "queue"),
        number_of(len(settings.workers), "pool"),
        number_of(len(settings.remedies), "remedy", "remedies"),
        number_of(len(settings.every_job), "job"),
        number_of(groups, "rule group"),
    )
    click.echo(f"{where}: well; {', '.join(counts)}; state in {settings.state}")
