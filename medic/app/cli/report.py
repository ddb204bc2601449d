"""``medic report``: a report now."""

import json

import click

from medic.app.cli.options import Place, as_json, dry_run, placed
from medic.app.cli.text import print_answer
from medic.core.queue import Json


@click.command("report")
@placed
@dry_run
@as_json
def command(place: Place, *, dry_run: bool, as_json: bool) -> None:
    """Write a report of the last day, and say where it lies.

    It is made in this process, from the facts that the running daemon gives.
    """
    settings = place.settings()
    if dry_run:
        click.echo(f"would write a report into {place.folder().reports}")
        return
    from medic.app.api import connect
    from medic.app.state import State
    from medic.core.clock import SystemClock
    from rhythm.reports.facts import decode
    from rhythm.reports.files import write_report
    from rhythm.reports.summary import summarize

    state = State(settings.state)
    facts = decode(json.dumps(connect(state).get("/api/v1/facts")).encode())
    file = write_report(summarize(facts, SystemClock().now()), state.reports, settings.reports.keep)
    answer: Json = {"report": str(file)}
    print_answer(answer, f"wrote {file}", as_json=as_json)
