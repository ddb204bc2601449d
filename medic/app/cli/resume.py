"""``medic resume``: end a pause."""

import click

from medic.app.cli.options import Place, as_json, dry_run, placed
from medic.app.cli.text import print_answer
from medic.core.targets import parse_target


@click.command("resume")
@click.argument("target", required=False)
@placed
@dry_run
@as_json
def command(place: Place, target: str | None, *, dry_run: bool, as_json: bool) -> None:
    """End the pause of TARGET, or of everything."""
    named = str(parse_target(target)) if target else None
    if dry_run:
        click.echo(f"would resume the healing of {named or 'everything'}")
        return
    answer = place.daemon().post("/api/v1/resume", {"target": named})
    print_answer(answer, f"resumed the healing of {named or 'everything'}", as_json=as_json)
