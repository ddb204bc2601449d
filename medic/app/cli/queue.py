"""``medic queue``: the embedded queue's server, and its door for people and scripts."""

import json
from contextlib import closing

import click

from medic.app.cli.options import Place, as_json, dry_run, placed
from medic.app.cli.text import Column, percent, print_json, print_table
from medic.core.queue import Json

STATS = ("queue", "total", "pending", "running", "completed", "failed", Column("success_rate", "success", percent))
MOST = 10_000


@click.group("queue")
def command() -> None:
    """Serve, feed and look at the embedded queues."""


@command.command("serve")
@placed
def serve(place: Place) -> None:
    """Serve the embedded queues until SIGTERM.

    `medic run` does this by itself.
    """
    import asyncio

    from medic.app.serving import serve_queues

    asyncio.run(serve_queues(place.settings()))


@command.command("submit")
@click.argument("task")
@click.argument("payload", required=False)
@click.option("--queue", help="The queue, where there are several.")
@click.option("--count", type=click.IntRange(1, MOST), default=1, show_default=True, help="So many of them.")
@placed
@dry_run
@as_json
def submit(
    place: Place, task: str, payload: str | None, queue: str | None, count: int, *, dry_run: bool, as_json: bool
) -> None:
    """Submit a task of type TASK, and print its id.

    PAYLOAD is what it is to work on, in JSON.
    """
    from medic.app.queues import choose, client
    from workers.queue.wire import Submission

    settings, value = place.settings(), _payload(payload)
    if dry_run:
        click.echo(f"would submit {count} of {task} to queue {choose(settings, queue).name}")
        return
    with closing(client(settings, queue)) as door:
        ids = door.submit_many([Submission(task, value)] * count)
    if as_json:
        print_json({"ids": list(ids)})
    else:
        click.echo("\n".join(ids))


@command.command("stats")
@click.argument("queue", required=False)
@placed
@as_json
def stats(place: Place, queue: str | None, *, as_json: bool) -> None:
    """Show the figures of an embedded QUEUE, or of all."""
    from medic.app.queues import choose, client

    settings = place.settings()
    names = [queue] if queue else [each.name for each in settings.embedded] or [choose(settings, None).name]
    figures: list[Json] = []
    for name in names:
        with closing(client(settings, name)) as door:
            figures.append(door.stats())
    if as_json:
        print_json(figures[0] if queue else figures)
    else:
        print_table(STATS, figures, none="no queues")


def _payload(text: str | None) -> Json:
    try:
        return None if text is None else json.loads(text)
    except ValueError as error:
        advice = f"{text!r} is not JSON ({error}); write a number, or '{{\"amount\": 3}}' in single quotes"
        raise click.BadParameter(advice, param_hint="PAYLOAD") from error
