"""``medic pause``: leave a target, or everything, alone for a while."""

from datetime import timedelta

import click

from medic.app.cli.options import Place, Span, as_json, dry_run, placed
from medic.app.cli.text import print_answer
from medic.core.errors import NotRunningError
from medic.core.queue import Json
from medic.core.targets import parse_target


@click.command("pause")
@click.argument("target", required=False)
@click.option("--for", "span", type=Span(), required=True, help="For how long, such as 30m.")
@click.option("--why", required=True, help="The reason, for whoever wonders.")
@placed
@dry_run
@as_json
def command(place: Place, target: str | None, span: timedelta, why: str, *, dry_run: bool, as_json: bool) -> None:
    """Heal nothing, or nothing of TARGET, for a while."""
    from medic.app.settings.kinds import write_duration

    named = str(parse_target(target)) if target else None
    said = f"the healing of {named or 'everything'} for {write_duration(span)}: {why}"
    if dry_run:
        click.echo(f"would pause {said}")
        return
    try:
        daemon = place.daemon()
    except NotRunningError as error:
        file = place.folder().paused
        raise NotRunningError(
            f"{error}; nothing is healed meanwhile. To keep it so once Medic runs, create the file {file} "
            "(it stops all healing until you remove it)"
        ) from error
    body: Json = {"target": named, "for_seconds": span.total_seconds(), "why": why}
    print_answer(daemon.post("/api/v1/pause", body), f"paused {said}", as_json=as_json)
