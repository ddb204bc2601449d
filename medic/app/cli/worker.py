"""``medic worker``: one worker process, as a pool's command."""

import sys
from datetime import timedelta
from pathlib import Path

import click

from medic.app.cli.options import Place, Span, placed


@click.command("worker")
@click.option("--queue", help="The queue to take tasks from, where there are several.")
@click.option(
    "--tasks",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A Python file whose TASKS names more task types; may be repeated.",
)
@click.option("--grace", type=Span(), default="8s", show_default=True, help="What a running task may take at the end.")
@click.option("--limit", type=Span(), default="1h", show_default=True, help="What any task may take.")
@placed
def command(place: Place, queue: str | None, files: tuple[Path, ...], grace: timedelta, limit: timedelta) -> None:
    """Work on the tasks of a queue until SIGTERM."""
    from medic.app.serving import work

    times = {"grace": grace.total_seconds(), "limit": limit.total_seconds()}
    sys.exit(work(place.settings(), queue, files, **times))
