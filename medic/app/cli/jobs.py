"""``medic jobs``: what recurs, when, and how it went."""

import sys
from urllib.parse import quote

import click

from medic.app.cli.options import NOT_WELL, Place, as_json, dry_run, placed
from medic.app.cli.text import ABSENT, Column, items_of, print_answer, print_json, print_table, value_of, write

LIST = (
    "job",
    Column("trigger", "rhythm"),
    "next_due",
    Column("last.state", "last"),
    Column("last.started_at", "started"),
    "last.reason",
    "note",
)
HISTORY = (
    "id",
    "due",
    "trigger",
    "state",
    Column("started_at", "started"),
    Column("ended_at", "ended"),
    "reason",
    "output",
)
DAY = 86_400.0


@click.group("jobs")
def command() -> None:
    """See and run the recurring jobs."""


@command.command("list")
@placed
@as_json
def list_(place: Place, *, as_json: bool) -> None:
    """List the jobs with their last run and next due time."""
    jobs = items_of(place.daemon().get("/api/v1/jobs"), "jobs")
    if as_json:
        print_json(jobs)
    else:
        print_table(LIST, jobs, none="there are no jobs")


@command.command("run")
@click.argument("name")
@placed
@dry_run
@as_json
def run(place: Place, name: str, *, dry_run: bool, as_json: bool) -> None:
    """Run job NAME now and wait for its end.

    The exit code is 1 when it fails.
    """
    path = f"/api/v1/jobs/{quote(name, safe='')}/run"
    answer = place.daemon().post(path, {"dry_run": dry_run}, timeout=DAY)
    state, reason = (write(value_of(answer, key)) for key in ("state", "reason"))
    print_answer(answer, f"{name}: {state}" + (f" ({reason})" if reason != ABSENT else ""), as_json=as_json)
    if value_of(answer, "state") in {"failed", "interrupted", "skipped", "missed"}:
        sys.exit(NOT_WELL)


@command.command("history")
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="The last so many.")
@placed
@as_json
def history(place: Place, name: str, limit: int, *, as_json: bool) -> None:
    """List what became of the due times of job NAME.

    The latest stand first.
    """
    path = f"/api/v1/jobs/{quote(name, safe='')}/history"
    runs = items_of(place.daemon().get(path, limit=str(limit)), "runs")
    if as_json:
        print_json(runs)
    else:
        print_table(HISTORY, runs, none=f"{name} was never due yet")
