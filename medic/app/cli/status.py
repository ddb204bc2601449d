"""``medic status``: how the host is, as the running daemon sees it."""

import sys

import click

from medic.app.cli.options import NOT_WELL, Place, as_json, placed
from medic.app.cli.text import items_of, print_json, print_table, value_of, write
from medic.core.queue import Json

SECTIONS = (
    ("alerts", ("labels.alertname", "state", "activeAt", "labels", "frozen"), "no alert is active"),
    ("episodes", ("id", "remedy", "target", "alerts", "opened_at"), "nothing is being healed"),
    ("pools", ("pool", "running", "expected", "restarts"), "no pools"),
    ("queues", ("queue", "backend", "up", "pending", "running", "completed", "failed", "success_rate_1h"), "no queues"),
    ("pauses", ("target", "until", "why", "by"), "healing is not paused"),
)
"""What is shown: the key of the answer, its columns, and what is said when it is empty."""


@click.command("status")
@placed
@as_json
def command(place: Place, *, as_json: bool) -> None:
    """Show how the host is.

    The exit code is 1 when something is wrong.
    """
    answer = place.daemon().get("/api/v1/status")
    if as_json:
        print_json(answer)
    else:
        _print(answer)
    if items_of(answer, "problems"):
        sys.exit(NOT_WELL)


def _print(answer: Json) -> None:
    problems = items_of(answer, "problems")
    state = "not well" if problems else "well"
    click.echo(f"Medic {write(value_of(answer, 'version'))} at {write(value_of(answer, 'now'))}: {state}")
    for problem in problems:
        click.echo(f"  ! {write(problem)}")
    for key, columns, none in SECTIONS:
        click.echo()
        print_table(columns, items_of(answer, key), none=none)
