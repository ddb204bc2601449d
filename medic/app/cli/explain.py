"""``medic explain``: why something is, or is not, being healed."""

import click

from medic.app.cli.options import Place, as_json, placed
from medic.app.cli.text import Column, items_of, print_json, print_table, value_of, write
from medic.core.queue import Json

GATES = (Column("name", "gate"), "open", "value", "until", "seconds_left")


@click.command("explain")
@click.argument("of", metavar="TARGET|ALERT")
@placed
@as_json
def command(place: Place, of: str, *, as_json: bool) -> None:
    """Say why something is healed or not.

    Shows every gate on the way to healing TARGET (pool:rpa, host), or what ALERT (SuccessRateLow) concerns.
    """
    answer = place.daemon().get("/api/v1/explain", of=of)
    if as_json:
        print_json(answer)
        return
    if text := value_of(answer, "text"):
        click.echo(write(text))
    for episode in items_of(answer, "episodes"):
        _print(episode)


def _print(episode: Json) -> None:
    named = {key: write(value_of(episode, key)) for key in ("id", "remedy", "target", "alerts")}
    click.echo("\nepisode {id}: {remedy} on {target} for {alerts}".format_map(named))
    print_table(GATES, items_of(episode, "gates"), none="no gates")
