"""``medic rules test``: unit tests of rules in promtool's format, with promtool's verdicts."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from medic.app.cli.options import NOT_WELL, Place, as_json, placed
from medic.app.cli.text import number_of, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medic.core.queue import Json
    from rules.promql import Compat
    from rules.testing.comparing import Failure
    from rules.testing.files import Verdict

COMPATS = ("prometheus-2", "prometheus-3")
COLORS = {"- ": "red", "+ ": "green"}


@click.command("test")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@placed
@click.option("--compat", type=click.Choice(COMPATS), help="Whose windows.  [default: what the configuration says]")
@click.option("--run", "wanted", multiple=True, metavar="REGEX", help="Run only tests whose name it matches.")
@click.option("--color/--no-color", default=None, help="Colour the differences.  [default: on a terminal]")
@as_json
def command(
    place: Place,
    *,
    files: tuple[Path, ...],
    compat: str | None,
    wanted: tuple[str, ...],
    color: bool | None,
    as_json: bool,
) -> None:
    """Run unit tests of rules, written for `promtool test rules`.

    The exit code is 1 when a test fails.
    """
    from rules.testing.files import run_file

    patterns = [_pattern(text) for text in wanted]

    def is_wanted(name: str) -> bool:
        return not patterns or any(pattern.search(name) for pattern in patterns)

    chosen = _compat(place, compat)
    verdicts = [run_file(path, compat=chosen, wanted=is_wanted) for path in files]
    if as_json:
        print_json({"files": [_as_json(verdict) for verdict in verdicts], "ok": all(each.passed for each in verdicts)})
    else:
        _print(verdicts, color=False if color is None and os.environ.get("NO_COLOR") else color)
    if not all(verdict.passed for verdict in verdicts):
        sys.exit(NOT_WELL)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise click.BadParameter(f"{text!r} is no regular expression: {error}", param_hint="--run") from None


def _compat(place: Place, named: str | None) -> Compat:
    from rules.promql import Compat

    return Compat(named or place.settings().rules.compat)


def _print(verdicts: list[Verdict], *, color: bool | None) -> None:
    for verdict in verdicts:
        for warning in verdict.warnings:
            click.echo(f"warning: {warning}", err=True)
        for line in _lines(verdict):
            click.echo(line, color=color)


def _lines(verdict: Verdict) -> Iterator[str]:
    word = click.style("SUCCESS", fg="green") if verdict.passed else click.style("FAILED", fg="red", bold=True)
    yield f"{verdict.file}: {word} ({number_of(verdict.tests, 'test')})"
    yield from (f"  {mistake}" for mistake in verdict.mistakes)
    for failure in verdict.failures:
        yield f"  {verdict.file}:{failure.line}: {_headline(failure)}"
        for line in failure.diff():
            color = COLORS.get(line[:2])
            yield "    " + (click.style(line, fg=color) if color else line)


def _headline(failure: Failure) -> str:
    parts = (failure.case, failure.about, failure.problem or "expected (-) and got (+) differ")
    return ": ".join(part for part in parts if part)


def _as_json(verdict: Verdict) -> Json:
    return {
        "file": verdict.file,
        "ok": verdict.passed,
        "tests": verdict.tests,
        "errors": list(verdict.mistakes),
        "warnings": list(verdict.warnings),
        "failures": [
            {
                "line": failure.line,
                "test": failure.case,
                "about": failure.about,
                "problem": failure.problem,
                "expected": list(failure.expected),
                "got": list(failure.got),
            }
            for failure in verdict.failures
        ],
    }
