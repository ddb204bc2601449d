"""Reading Prometheus' test scripts of the query language: loads, evaluations and what they expect."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from math import inf, nan

from medic.core.samples import Labels
from rules.promql.literals import unquote

SECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`"
PAIR = re.compile(rf"\s*(?P<name>{QUOTED}|[a-zA-Z_][a-zA-Z0-9_]*)\s*(?:=\s*(?P<value>{QUOTED}))?\s*(?:,|$)")
SERIES = re.compile(
    rf"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)?\s*(?:\{{(?P<labels>(?:[^{{}}\"'`]|{QUOTED})*)\}})?(?P<rest>.*)"
)
COMMAND = re.compile(r"clear$|load(?:_with_nhcb)?\s|eval(?:_\w+)?\s+(?:instant|range)\s", re.IGNORECASE)
EVAL = re.compile(
    r"eval(?:_(?P<mode>fail|warn|info|ordered))?\s+(?:instant\s+at\s+(?P<at>\S+)"
    r"|range\s+from\s+(?P<start>\S+)\s+to\s+(?P<end>\S+)\s+step\s+(?P<step>\S+))\s+(?P<query>.*)"
)
RANGE = re.compile(r"expect\s+range\s+vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)")
STRING = re.compile(rf"expect\s+string\s+({QUOTED})")
EXPECT = re.compile(r"expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(msg|regex):\s*(.*))?")
FAILURE = re.compile(r"expected_fail_(message|regexp)\s+(.*)")
NUMBER = r"[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?|inf|nan)"
POINTS = re.compile(
    rf"(?P<gap>_)(?:x(?P<gaps>\d+))?|(?P<stale>stale)(?:x(?P<stales>\d+))?"
    rf"|(?P<first>{NUMBER})(?P<step>[-+](?:[0-9]+\.?[0-9]*|\.[0-9]+|inf|nan)(?:e[-+]?[0-9]+)?)?(?:x(?P<count>\d+))?",
    re.IGNORECASE,
)
HISTOGRAM = re.compile(r"\{\{.*?\}\}(?:[-+]\{\{.*?\}\})?(?:x(\d+))?")

Point = float | None | str
"""A number, a gap, or the word "stale" or "histogram"."""


class UnreadableError(Exception):
    """A line of a script is not understood."""


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
    started: set[Labels] = field(default_factory=set)
    """The series that carry start timestamps, which only an experimental engine reads."""
    all_started: bool = False

    def extend(self, line: str) -> None:
        """Read a further line."""
        if re.match(r"@st\s", line):
            self.all_started = True
        elif "@st " in line.partition("=")[0] or re.search(r"\}@st\s", line):
            self.started.add(read_line(line.partition("@st")[0] + " _").labels)
        else:
            self.lines.append(read_line(line))
            if self.all_started:
                self.started.add(self.lines[-1].labels)


@dataclass(frozen=True)
class Words:
    """What an error or an annotation must say: a text, a pattern, or anything."""

    text: str = ""
    pattern: re.Pattern[str] | None = None


@dataclass
class Evaluation:
    """A query with what it must give."""

    number: int
    query: str
    times: range
    instant: bool
    lines: list[Line] = field(default_factory=list)
    expect: dict[str, list[Words]] = field(default_factory=dict)
    """What stands after ``expect``, by its first word."""
    text: str | None = None
    """The string that it must give."""
    points: range | None = None
    """The times of the range vector that it must give."""

    def extend(self, line: str) -> None:
        """Read a further line."""
        if found := RANGE.fullmatch(line):
            self.points = grid(*map(milliseconds, found.groups()))
        elif found := STRING.fullmatch(line):
            self.text = unquoted(found[1])
        elif found := FAILURE.fullmatch(line):
            self.expect["fail"] = [words("regex" if found[1] == "regexp" else "msg", found[2])]
        elif re.match(r"expect\s", line):
            found = EXPECT.fullmatch(line)
            if found is None:
                raise UnreadableError(f"this expects what is not known: {line}")
            self.expect.setdefault(found[1], []).append(words(found[2], found[3] or ""))
        else:
            self.lines.append(read_line(line))


@dataclass(frozen=True)
class Clear:
    """Empties the store."""


@dataclass
class Broken:
    """A command that could not be read; it counts as a failure."""

    number: int
    line: str
    why: str


Command = Load | Evaluation | Clear | Broken


def words(kind: str | None, text: str) -> Words:
    """Read what stands behind ``msg:`` or ``regex:``."""
    try:
        return Words(pattern=re.compile(text.strip())) if kind == "regex" else Words(text.strip())
    except re.error as problem:
        raise UnreadableError(f"{problem} in {text}") from None


def milliseconds(text: str) -> int:
    """Read a duration or a number of seconds."""
    if re.fullmatch(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)", text):
        return round(float(text) * 1000)
    if not re.fullmatch(r"-?(?:\d+(?:ms|[smhdwy]))+", text):
        raise UnreadableError(f"{text} is no duration")
    sign = -1 if text.startswith("-") else 1
    return sign * sum(int(amount) * SECONDS[unit] for amount, unit in re.findall(r"(\d+)(ms|[smhdwy])", text))


def grid(start: int, end: int, step: int) -> range:
    """Return the times from *start* to *end*, both of them included."""
    if step <= 0 or end < start:
        raise UnreadableError("a range must run forward")
    return range(start, end + 1, step)


def read_labels(name: str | None, text: str) -> Labels:
    """Read what stands between braces; a quoted word without a value is the name."""
    found = {"__name__": name} if name else {}
    at = 0
    while text[at:].strip():
        pair = PAIR.match(text, at)
        if pair is None or not (pair["value"] or pair["name"][0] in "\"'`"):
            raise UnreadableError(f"these are no labels: {text}")
        plain = unquoted(pair["name"]) if pair["name"][0] in "\"'`" else pair["name"]
        found.update({plain: unquoted(pair["value"])} if pair["value"] else {"__name__": plain})
        at = pair.end()
    return tuple(sorted((key, value) for key, value in found.items() if value))


def unquoted(text: str) -> str:
    """Read a string in any of the three quotes."""
    try:
        return unquote(text)
    except ValueError as problem:
        raise UnreadableError(str(problem)) from None


def number(text: str) -> float:
    """Read a value."""
    lowered = text.lower().lstrip("+")
    return {"inf": inf, "-inf": -inf, "nan": nan, "-nan": nan}.get(lowered) or float(text)


def points(text: str) -> Iterator[Point]:
    """Expand the short notations of values."""
    for token in re.findall(r"\{\{.*?\}\}\S*?(?:\{\{.*?\}\}\S*)?(?=\s|$)|\S+", text):
        if histogram := HISTOGRAM.fullmatch(token):
            yield from ["histogram"] * (int(histogram[1] or 0) + 1)
            continue
        found = POINTS.fullmatch(token)
        if found is None or (found["step"] and not found["count"]):
            raise UnreadableError(f"{token} is no value")
        yield from expand(found)


def expand(found: re.Match[str]) -> Iterator[Point]:
    """Yield the points of one notation."""
    if found["gap"]:
        yield from [None] * int(found["gaps"] or 1)
    elif found["stale"]:
        yield from ["stale"] * (int(found["stales"] or 0) + 1)
    else:
        # added up step by step, as Prometheus does: 1+0.1x3 ends in 1.3000000000000003
        steps = [number(found["step"] or "0")] * int(found["count"] or 0)
        yield from accumulate([number(found["first"]), *steps])


def read_line(text: str) -> Line:
    """Read a series line, or one that holds only a number."""
    if re.fullmatch(rf"{NUMBER}|0x[0-9a-f]+", text, re.IGNORECASE):
        return Line((), (float(int(text, 16)) if text[:2].lower() == "0x" else number(text),), bare=True)
    found = SERIES.fullmatch(text)
    if found is None or not (found["name"] or found["labels"] is not None):
        raise UnreadableError(f"this is no series: {text}")
    return Line(read_labels(found["name"], found["labels"] or ""), tuple(points(found["rest"])))


def read(text: str) -> Iterator[Command]:
    """Yield the commands of a script; a blank line or the next command ends one, and what cannot be read is told."""
    current: Command | None = None
    for index, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith("#"):
            continue
        if not line or COMMAND.match(line):
            if current is not None:
                yield current
            current = _begun(line, index) if line else None
        elif isinstance(current, Load | Evaluation):
            current = _extended(current, line, index)
        elif current is None:
            current = Broken(index, line, "this is no command")
    if current is not None:
        yield current


def _begun(line: str, index: int) -> Command:
    try:
        return begin(line, index)
    except UnreadableError as problem:
        return Broken(index, line, str(problem))


def _extended(command: Load | Evaluation, line: str, index: int) -> Command:
    try:
        command.extend(line)
    except UnreadableError as problem:
        return Broken(index, line, str(problem))
    return command


def begin(line: str, index: int) -> Command:
    """Read the first line of a command."""
    word, *rest = line.split()
    if word.lower() == "clear":
        return Clear()
    if word.lower() in {"load", "load_with_nhcb"}:
        return Load(milliseconds("".join(rest)), custom_buckets=word.lower() == "load_with_nhcb")
    found = EVAL.fullmatch(line)
    if found is None:
        raise UnreadableError("this is no evaluation")
    expect = {found["mode"]: [Words()]} if found["mode"] else {}
    if found["at"] is not None:
        at = milliseconds(found["at"])
        return Evaluation(index, found["query"], range(at, at + 1), instant=True, expect=expect)
    times = grid(*(milliseconds(found[name]) for name in ("start", "end", "step")))
    return Evaluation(index, found["query"], times, instant=False, expect=expect)
