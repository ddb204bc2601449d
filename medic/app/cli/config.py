"""``medic config``: the configuration, checked and shown."""

import click

from medic.app.cli.options import Place, as_json, placed
from medic.app.cli.text import print_json


@click.group("config")
def command() -> None:
    """Check the configuration."""


@command.command("check")
@placed
@as_json
def check(place: Place, *, as_json: bool) -> None:
    """Say every mistake in the configuration and its rule files; --json prints what is in force, secrets hidden."""
    from medic.app.offline import load_rules
    from medic.app.settings import show

    settings = place.settings()
    groups = load_rules(settings)
    if as_json:
        print_json(show(settings))
        return
    where = settings.file or "no file: the defaults are in force"
    counts = (
        f"{len(settings.queues)} queues",
        f"{len(settings.workers)} pools",
        f"{len(settings.remedies)} remedies",
        f"{len(settings.every_job)} jobs",
        f"{groups} rule groups",
    )
    click.echo(f"{where}: well; {', '.join(counts)}; state in {settings.state}")
