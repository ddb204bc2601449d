"""How answers are printed: aligned tables for people, JSON for programs."""

import json
from collections.abc import Iterable, Sequence

import click

from medic.core.queue import Json

ABSENT = "-"


def print_json(value: Json) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(columns: Sequence[str], items: Iterable[Json], *, none: str) -> None:
    """Print one line for each mapping in *items* with the values of *columns*; *none* when there is no item.

    A column may name a value inside of a value: ``labels.alertname``. Its head is its last word.
    """
    rows = [[write(value_of(item, column)) for column in columns] for item in items]
    if not rows:
        click.echo(none)
        return
    heads = [column.rpartition(".")[2].upper() for column in columns]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def value_of(item: Json, path: str) -> Json:
    """Return the value at a dotted path; None where there is none."""
    for part in path.split("."):
        item = item.get(part) if isinstance(item, dict) else None
    return item


def items_of(answer: Json, path: str) -> list[Json]:
    """Return the list at a dotted path of *answer*, or *answer* itself when it is one; else an empty list."""
    found = answer if isinstance(answer, list) else value_of(answer, path)
    return found if isinstance(found, list) else []


def print_answer(answer: Json, text: str, *, as_json: bool) -> None:
    """Print what came of an order: *text* for people, the daemon's whole answer for programs."""
    if as_json:
        print_json(answer)
    else:
        click.echo(text)


def write(value: Json) -> str:
    """Write a single value for people: ``-`` for what is unknown, yes and no, lists with commas, no counts of 0."""
    if value is None or value == "":
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(map(write, value)) or ABSENT
    if isinstance(value, dict):
        return ", ".join(f"{key}={write(each)}" for key, each in value.items() if each) or ABSENT
    return str(value)
