"""``medic config``: the configuration, checked and shown."""

import click

from medic.app.cli.options import Place, as_json, placed
from medic.app.cli.text import number_of, print_json


@click.group("config")
def command() -> None:
    """Check the configuration."""


@command.command("check")
@placed
@as_json
def check(place: Place, *, as_json: bool) -> None:
    """Tell every mistake in the configuration.

    Its rule files are checked too. --json prints what is in force, with secrets hidden.
    """
    from medic.app.rulebook import load_groups
    from medic.app.settings import show

    settings = place.settings(people=True)
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
