"""How answers are printed: aligned tables for people, JSON for programs."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import click

from medic.core.queue import Json

ABSENT = "-"


def print_json(value: Json) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(columns: Sequence["str | Column"], items: Iterable[Json], *, none: str) -> None:
    """Print one line for each mapping in *items* with the values of *columns*; *none* when there is no item.

    A column may name a value inside of a value: ``last.reason``. Unless it says otherwise, its head is its last word.
    """
    named = [Column(column) if isinstance(column, str) else column for column in columns]
    rows = [[column.show(value_of(item, column.path)) for column in named] for item in items]
    if not rows:
        click.echo(none)
        return
    heads = [(column.head or column.path.rpartition(".")[2]).upper() for column in named]
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


def percent(value: Json) -> str:
    """Write a ratio from 0 to 1 as people read it."""
    return f"{value:.1%}" if isinstance(value, int | float) else write(value)


def milliseconds(value: Json) -> str:
    """Write seconds as people read latencies."""
    return f"{value * 1000:.1f} ms" if isinstance(value, int | float) else write(value)


def everything(value: Json) -> str:
    """Write a target, where none means that all are meant."""
    return "everything" if value is None else write(value)


def number_of(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun: ``1 queue``, ``2 queues``; *many* is for a noun that takes no s."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"


class Column(NamedTuple):
    """A column of a table: the path of its value, its head where that differs, and how it is written."""

    path: str
    head: str = ""
    show: Callable[[Json], str] = write
