"""Reading Prometheus' test scripts of the query language: loads, evaluations and what they expect."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from math import inf, nan

from medic.core.samples import Labels

SECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
PAIR = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[\w:.]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"))?\s*,?')
SERIES = re.compile(
    r"(?P<name>[a-zA-Z_:][\w:]*)?\s*(?:\{(?P<labels>(?:[^{}\"]|\"(?:[^\"\\]|\\.)*\")*)\})?\s*(?P<rest>.*)"
)
EVAL = re.compile(
    r"eval(?P<mode>_\w+)?\s+(?:instant\s+at\s+(?P<at>\S+)"
    r"|range\s+from\s+(?P<start>\S+)\s+to\s+(?P<end>\S+)\s+step\s+(?P<step>\S+))\s+(?P<query>.*)"
)
RANGE = re.compile(r"range vector from (\S+) to (\S+) step (\S+)")

Point = float | None | str
"""A number, a gap, or the word "stale" or "histogram"."""


@dataclass(frozen=True)
class Line:
    """A series with values: loaded, or expected."""

    labels: Labels
    values: tuple[Point, ...]
    bare: bool = False
    """There are no labels at all, not even braces: a scalar is expected."""


@dataclass
class Load:
    """Samples to add."""

    step: int
    lines: list[Line] = field(default_factory=list)
    custom_buckets: bool = False


@dataclass
class Evaluation:
    """A query with what it must give."""

    number: int
    query: str
    times: range
    instant: bool
    lines: list[Line] = field(default_factory=list)
    expect: dict[str, str] = field(default_factory=dict)
    """What stands after ``expect``, by its first word."""


@dataclass(frozen=True)
class Clear:
    """Empties the store."""


Command = Load | Evaluation | Clear


def milliseconds(text: str) -> int:
    """Read a duration or a number of seconds."""
    if re.fullmatch(r"-?[0-9.]+", text):
        return round(float(text) * 1000)
    sign = -1 if text.startswith("-") else 1
    return sign * sum(int(amount) * SECONDS[unit] for amount, unit in re.findall(r"(\d+)(ms|[smhdwy])", text))


def read_labels(name: str | None, text: str) -> Labels:
    """Read what stands between braces; a quoted word without a value is the name."""
    found = {"__name__": name} if name else {}
    for key, value in PAIR.findall(text):
        plain = unquote(key) if key.startswith('"') else key
        found.update({plain: unquote(value)} if value else {"__name__": plain})
    return tuple(sorted((key, value) for key, value in found.items() if value))


def unquote(text: str) -> str:
    """Read a string in any of the three quotes; the scripts use few escapes."""
    body = text[1:-1]
    return body if text[0] == "`" else re.sub(r"\\(.)", r"\1", body)


def number(text: str) -> float:
    """Read a value."""
    lowered = text.lower().lstrip("+")
    return {"inf": inf, "-inf": -inf, "nan": nan}.get(lowered) or float(text)


def points(text: str) -> Iterator[Point]:
    """Expand the short notations of values."""
    for token in re.findall(r"\{\{.*?\}\}(?:[-+]\{\{.*?\}\})?(?:x\d+)?|\S+", text):
        if token.startswith("{{"):
            yield from ["histogram"] * (int(token.rpartition("}}x")[2] or 0) + 1 if "}}x" in token else 1)
        elif found := re.fullmatch(r"_(?:x(\d+))?", token):
            yield from [None] * int(found[1] or 1)
        elif found := re.fullmatch(r"(stale)(?:x(\d+))?", token):
            yield from ["stale"] * (int(found[2] or 0) + 1)
        elif found := re.fullmatch(
            r"(-?[0-9.]+(?:e[-+]?\d+)?|[-+]?inf|nan)([-+][0-9.]+(?:e[-+]?\d+)?)?x(\d+)", token, re.IGNORECASE
        ):
            # added up step by step, as Prometheus does: 1+0.1x3 ends in 1.3000000000000003
            yield from accumulate([number(found[1]), *[float(found[2] or 0)] * int(found[3])])
        else:
            yield number(token)


def read_line(text: str) -> Line:
    """Read a series line, or one that holds only a number."""
    if re.match(r"[-+.0-9]|(?:nan|inf)\b", text, re.IGNORECASE):
        return Line((), tuple(points(text)), bare=True)
    found = SERIES.fullmatch(text)
    assert found, text
    return Line(read_labels(found["name"], found["labels"] or ""), tuple(points(found["rest"])))


def read(text: str) -> Iterator[Command]:
    """Yield the commands of a script; a blank line or the next command ends one."""
    current: Command = Clear()
    started = False
    for index, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith("#"):
            continue
        if not line or re.match(r"(clear|load|eval)", line):
            if started:
                yield current
            started = bool(line)
            if line:
                current = begin(line, index)
        elif started:
            extend(current, line)
    if started:
        yield current


def begin(line: str, index: int) -> Command:
    """Read the first line of a command."""
    if line.startswith("clear"):
        return Clear()
    if line.startswith("load"):
        word, step = line.split()
        return Load(milliseconds(step), custom_buckets=word == "load_with_nhcb")
    found = EVAL.fullmatch(line)
    assert found, line
    instant = found["at"] is not None
    start = milliseconds(found["at"] if instant else found["start"])
    end = start if instant else milliseconds(found["end"])
    step = 1 if instant else milliseconds(found["step"])
    expect = {found["mode"].strip("_"): ""} if found["mode"] else {}
    return Evaluation(index, found["query"], range(start, end + 1, step), instant, expect=expect)


def extend(command: Command, line: str) -> None:
    """Read a further line of a command."""
    if isinstance(command, Evaluation) and line.startswith("expect "):
        word, _, rest = line.removeprefix("expect ").partition(" ")
        command.expect[word] = rest.strip()
    elif not isinstance(command, Clear):
        command.lines.append(read_line(line))
