"""``medic status``: how the host is, as the running daemon sees it."""

import sys

import click

from medic.app.cli.options import NOT_WELL, Place, as_json, placed
from medic.app.cli.text import (
    Column,
    everything,
    items_of,
    milliseconds,
    percent,
    print_json,
    print_table,
    value_of,
    write,
)
from medic.core.queue import Json


def _labels(value: Json) -> str:
    """Write the labels but for the name, which has a column of its own."""
    return write(
        {name: each for name, each in value.items() if name != "alertname"} if isinstance(value, dict) else value
    )


SUCCESS = Column("success_rate_1h", "success_1h", percent)
SECTIONS = (
    (
        "alerts",
        (
            Column("labels.alertname", "alert"),
            "state",
            Column("activeAt", "since"),
            Column("labels", show=_labels),
            Column("frozen", "not healed, as"),
        ),
        "no alert is active",
    ),
    (
        "episodes",
        (Column("id", "episode"), "remedy", "target", Column("alerts", "for"), Column("opened_at", "since")),
        "nothing is being healed",
    ),
    ("pools", ("pool", "running", "expected", "restarts"), "no pools"),
    ("queues", ("queue", "backend", "up", "pending", "running", "completed", "failed", SUCCESS), "no queues"),
    (
        "probes",
        (
            "probe",
            Column("success", "answers"),
            Column("seconds", "last", milliseconds),
            Column("p95_1h", "p95_1h", milliseconds),
            "reason",
        ),
        "no probes",
    ),
    ("pauses", (Column("target", "paused", everything), "until", "why", "by"), "healing is not paused"),
    (
        "notices",
        (
            Column("at", "told at"),
            Column("title", "notification"),
            Column("delivered_at", "delivered"),
            Column("error", "why not"),
        ),
        "nobody had to be told anything",
    ),
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
    if stopped := items_of(answer, "stopped"):
        click.echo(f"\nstopped by an operator: {write(stopped)}; `medic workers start` lets it run again")
