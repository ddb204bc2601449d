"""``medic notify``: whether people can be reached."""

import sys

import click

from medic.app.cli.options import NOT_WELL, Place, as_json, dry_run, placed
from medic.app.cli.text import print_answer, value_of

TIMEOUT = 90.0


@click.group("notify")
def command() -> None:
    """See that people are reached."""


@command.command("test")
@placed
@dry_run
@as_json
def test(place: Place, *, dry_run: bool, as_json: bool) -> None:
    """Send a test to everyone under notify: in the configuration.

    The exit code is 1 when it does not arrive, or when nobody is named there.
    """
    if dry_run:
        click.echo(f"would send a test to {len(place.settings().notify)} places")
        return
    answer = place.daemon().post("/api/v1/notify/test", timeout=TIMEOUT)
    reached = value_of(answer, "outcome") == "delivered"
    said = "delivered" if reached else "nobody is notified: it was logged; name somebody under notify:"
    print_answer(answer, said, as_json=as_json)
    if not reached:
        sys.exit(NOT_WELL)
