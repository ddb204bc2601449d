"""``medic init``: a folder to begin with."""

import os
from pathlib import Path

import click

from medic.app.cli.options import Place, dry_run, placed


@click.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
@click.option("--force", is_flag=True, help="Overwrite what is there.")
@placed
@dry_run
def command(place: Place, folder: Path, *, force: bool, dry_run: bool) -> None:
    """Write a folder to begin with.

    FOLDER gets a commented medic.yml, an example rule file, and files for Prometheus, Alertmanager and Grafana.
    """
    from medic.app.init import files, write
    from medic.app.places import default_state

    state = place.named_state()
    wanted = files(state or default_state(os.environ).absolute(), named=state is not None)
    if not dry_run:
        write(folder, wanted, force=force)
    for file in wanted:
        click.echo(f"{'would write' if dry_run else 'wrote'} {folder / file.name}")
    if not dry_run:
        click.echo(f"next: medic run --config {folder / 'medic.yml'}")
