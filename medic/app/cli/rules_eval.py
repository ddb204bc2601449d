"""``medic rules eval``: an expression, evaluated over what the running daemon measures."""

import click

from medic.app.cli.options import Place, as_json, placed
from medic.app.cli.text import print_json


@click.command("eval")
@click.argument("expression", metavar="EXPR")
@click.option("--at", metavar="TIME", help="When: 2026-01-31T12:00:00Z, unix seconds, or how long ago (1h).")
@click.option("--from", "begin", metavar="TIME", help="Evaluate over time, from here.")
@click.option("--to", "end", metavar="TIME", help="Evaluate over time, up to here.  [default: now]")
@click.option("--step", metavar="DURATION", help="Between two evaluations over time.  [default: 1/250 of it]")
@placed
@as_json
def command(place: Place, /, *, expression: str, as_json: bool, **asked: str | None) -> None:
    """Evaluate a PromQL expression.

    It is evaluated now, --at a time, or --from one --to another, over the series of the running daemon. What
    Prometheus would warn of goes to the standard error.
    """
    from medic.app.cli.results import lines
    from medic.app.expressions import ask, check, question
    from medic.core.clock import SystemClock
    from rules.promql import Compat

    when = question(asked, SystemClock().now())
    query = check(expression, Compat(place.settings().rules.compat))
    data, notes = ask(place.daemon(), query, when)
    for note in notes:
        click.echo(note, err=True)
    if as_json:
        print_json(data)
        return
    for line in lines(data):
        click.echo(line)
