"""Running one evaluation of a test script against the engine, and judging its result."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan

from medic.core.errors import MedicError
from medic.core.samples import Labels, Sample
from rules.promql import Answer, Matrix, Query, QueryError, Row, Scalar, Text, Vector, compile_query
from rules.series import Series
from tests.promqltest_script import RANGE, Evaluation, Line, Load, milliseconds, unquote

HISTOGRAMS = "native histograms"
PLACE = re.compile(r" \(\d+:\d+\)$| \\\(\[0-9\]\+:\[0-9\]\+\\\)$")
"""Where in the query an annotation belongs; ours carry no place."""


@dataclass(frozen=True)
class Verdict:
    """What became of one evaluation."""

    number: int
    query: str
    failure: str = ""
    uncounted: str = ""


class Store:
    """The samples loaded so far; series that hold native histograms are only remembered by their labels."""

    def __init__(self) -> None:
        self.floats: dict[Labels, dict[int, float | None]] = {}
        self.histograms: set[Labels] = set()
        self._series: Series | None = None

    def load(self, command: Load) -> None:
        self._series = None
        for line in command.lines:
            if "histogram" in line.values:
                self.histograms.add(line.labels)
            if command.custom_buckets:
                self.histograms.add(custom(line.labels))
            timed = {index * command.step: value for index, value in enumerate(line.values) if value is not None}
            floats = {at: None if value == "stale" else value for at, value in timed.items() if value != "histogram"}
            self.floats.setdefault(line.labels, {}).update(floats)

    def series(self) -> Series:
        if self._series is None:
            self._series = Series(history=1 << 60)
            for labels, samples in self.floats.items():
                fill(self._series, labels, samples)
        return self._series


def custom(labels: Labels) -> Labels:
    """Return the labels of the native histogram that is made of a classic bucket series."""
    pairs = {key: value for key, value in labels if key != "le"}
    return tuple(sorted({**pairs, "__name__": re.sub("_(bucket|sum|count)$", "", pairs["__name__"])}.items()))


def fill(series: Series, labels: Labels, samples: dict[int, float | None]) -> None:
    name = dict(labels).get("__name__", "")
    rest = tuple(pair for pair in labels if pair[0] != "__name__")
    for at, value in sorted(samples.items()):
        batch = [] if value is None else [Sample(name, rest, value)]
        series.append_samples(batch, at, source=repr(labels))


def touches_histograms(query: Query, store: Store) -> bool:
    known = [dict(labels) for labels in store.histograms]
    return any(
        all(one.accepts(labels.get(one.name, "")) for one in reach.matchers)
        for reach in query.reaches
        for labels in known
    )


def judge(command: Evaluation, store: Store) -> Verdict:
    """Evaluate and compare; what the engine refuses as experimental or native does not count."""
    if any("histogram" in line.values for line in command.lines):
        return Verdict(command.number, command.query, uncounted=HISTOGRAMS)
    try:
        query = compile_query(command.query, delayed_names=True)
    except QueryError as problem:
        return refused(command, str(problem))
    if touches_histograms(query, store):
        return Verdict(command.number, command.query, uncounted=HISTOGRAMS)
    try:
        answer = ask(query, command, store.series())
    except MedicError as problem:
        return Verdict(command.number, command.query, failure="" if "fail" in command.expect else str(problem))
    return Verdict(command.number, command.query, failure=compare(command, answer))


def refused(command: Evaluation, problem: str) -> Verdict:
    for reason in ("experimental", HISTOGRAMS):
        if reason in problem:
            return Verdict(command.number, command.query, uncounted=reason)
    return Verdict(command.number, command.query, failure="" if "fail" in command.expect else problem)


def ask(query: Query, command: Evaluation, series: Series) -> Answer:
    view = series.view()
    return query.answer(view, command.times[0]) if command.instant else query.over(view, command.times)


def compare(command: Evaluation, answer: Answer) -> str:
    """Return what differs, empty when nothing does."""
    if "fail" in command.expect:
        return f"gave {answer.value} and should fail"
    return notes(command, answer.notes) or values(command, answer)


def notes(command: Evaluation, given: Iterable[str]) -> str:
    found = list(given)
    for word, prefix in (("warn", "PromQL warning"), ("info", "PromQL info")):
        of_kind = [note for note in found if note.startswith(prefix)]
        if f"no_{word}" in command.expect and of_kind:
            return f"unexpected annotations: {of_kind}"
        if word in command.expect and not any(fits(command.expect[word], note) for note in of_kind):
            return f"expected {word} {command.expect[word]!r}, got {found}"
    return ""


def fits(wanted: str, note: str) -> bool:
    kind, _, text = wanted.partition(":")
    text = PLACE.sub("", text.strip())
    return not wanted or (re.search(text, note) is not None if kind == "regex" else text == note)


def values(command: Evaluation, answer: Answer) -> str:
    value = answer.value
    if isinstance(value, Text):
        wanted = unquote(command.expect.get("string", '""'))
        return "" if value.text == wanted else f"got {value.text!r} instead of {wanted!r}"
    if isinstance(value, Scalar):
        wanted = command.lines[0].values[0] if command.lines and command.lines[0].bare else None
        return "" if isinstance(wanted, float) and close(value.value, wanted) else f"got {value}, wanted {wanted}"
    if isinstance(value, Vector):
        value = Matrix(tuple(Row(labels, ((value.at_ms, number),)) for labels, number in value.samples))
    return rows(command, value)


def rows(command: Evaluation, value: Matrix) -> str:
    grid = expected_times(command)
    wanted = [(line.labels, expected(line, grid)) for line in command.lines]
    given = [(row.labels, list(row.points)) for row in value.rows]
    if "ordered" not in command.expect:
        wanted, given = sorted(wanted, key=lambda row: row[0]), sorted(given, key=lambda row: row[0])
    wanted = [row for row in wanted if row[1]]
    same = len(wanted) == len(given) and all(map(same_row, wanted, given))
    return "" if same else f"got {given}, wanted {wanted}"


def expected_times(command: Evaluation) -> range:
    found = RANGE.fullmatch(f"range {command.expect['range']}") if "range" in command.expect else None
    if found is None:
        return command.times
    start, end, step = map(milliseconds, found.groups())
    return range(start, end + 1, step)


def expected(line: Line, times: range) -> list[tuple[int, float]]:
    return [(at, value) for at, value in zip(times, line.values, strict=False) if isinstance(value, float)]


def same_row(wanted: tuple[Labels, list[tuple[int, float]]], given: tuple[Labels, list[tuple[int, float]]]) -> bool:
    return (
        wanted[0] == given[0]
        and len(wanted[1]) == len(given[1])
        and all(
            left[0] == right[0] and close(left[1], right[1]) for left, right in zip(wanted[1], given[1], strict=True)
        )
    )


def close(left: float, right: float) -> bool:
    """Compare with a relative error below 1e-6; NaN equals NaN."""
    if left == right or (isnan(left) and isnan(right)):
        return True
    if left == 0 or right == 0:
        return abs(left - right) < 1e-6 * 2.2250738585072014e-308
    return abs(left - right) / (abs(left) + abs(right)) < 1e-6
