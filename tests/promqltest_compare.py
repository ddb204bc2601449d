"""Comparing what the engine answered with what a test script expects."""

from collections.abc import Iterable
from math import isnan

from medic.core.samples import Labels
from rules.promql import Matrix, Row, Scalar, Text, Value, Vector, VectorSample
from tests.promqltest_script import Evaluation, Line, Words

KINDS = {"warn": "PromQL warning", "info": "PromQL info"}
SMALLEST = 2.2250738585072014e-308
EPSILON = 1e-6

Points = list[tuple[int, float]]


def compare_notes(command: Evaluation, given: Iterable[str]) -> str:
    """Return what is wrong with the annotations: each expected one is there, and no other where some are expected."""
    found = list(given)
    for word, prefix in KINDS.items():
        told = [note for note in found if note.startswith(prefix)]
        wanted = command.expect.get(word, [])
        if f"no_{word}" in command.expect and told:
            return f"unexpected annotations: {told}"
        if missing := [one for one in wanted if not any(fits(one, note) for note in told)]:
            return f"expected {word} {missing}, got {found}"
        if wanted and (extra := [note for note in told if not any(fits(one, note) for one in wanted)]):
            return f"unexpected annotations: {extra}"
    return ""


def fits(wanted: Words, given: str, *, whole: bool = True) -> bool:
    """Tell whether a message is the expected one; advice may follow an error's text (*whole* False)."""
    if wanted.pattern is not None:
        return wanted.pattern.search(given) is not None
    return not wanted.text or wanted.text == given or (not whole and wanted.text in given)


def middle(value: Value, at: int, *, scalar: bool) -> Value:
    """Return what a range query gave at *at*, as the instant query would."""
    assert isinstance(value, Matrix)
    points = [VectorSample(row.labels, number) for row in value.rows for time, number in row.points if time == at]
    return Scalar(points[0].value, at) if scalar else Vector(tuple(points), at)


def compare_value(command: Evaluation, value: Value) -> str:
    """Return what differs, empty when nothing does."""
    if isinstance(value, Text):
        return "" if value.text == (command.text or "") else f"got {value.text!r} instead of {command.text!r}"
    if isinstance(value, Scalar):
        wanted = command.lines[0].values[0] if command.lines and command.lines[0].bare else None
        return "" if isinstance(wanted, float) and close(value.value, wanted) else f"got {value}, wanted {wanted}"
    if any(line.bare for line in command.lines) or command.text is not None:
        return f"got {value}, which is no scalar and no string"
    if isinstance(value, Vector):
        value = Matrix(tuple(Row(labels, ((command.times[0], number),)) for labels, number in value.samples))
    return compare_rows(command, value)


def compare_rows(command: Evaluation, value: Matrix) -> str:
    grid = command.points or command.times
    if any(len(line.values) > len(grid) for line in command.lines):
        return "the script expects more points than the query can give"
    last = {line.labels: line for line in command.lines}  # of two lines for one series the last counts
    wanted = [(labels, expected(line, grid)) for labels, line in last.items()]
    given = [(row.labels, list(row.points)) for row in value.rows]
    if "ordered" not in command.expect:
        wanted, given = sorted(wanted, key=lambda row: row[0]), sorted(given, key=lambda row: row[0])
    same = len(wanted) == len(given) and all(map(same_row, wanted, given))
    return "" if same else f"got {given}, wanted {wanted}"


def expected(line: Line, times: range) -> Points:
    return [(at, value) for at, value in zip(times, line.values, strict=False) if isinstance(value, float)]


def same_row(wanted: tuple[Labels, Points], given: tuple[Labels, Points]) -> bool:
    return (
        wanted[0] == given[0]
        and len(wanted[1]) == len(given[1])
        and all(
            left[0] == right[0] and close(left[1], right[1]) for left, right in zip(wanted[1], given[1], strict=True)
        )
    )


def close(left: float, right: float) -> bool:
    """Compare as Prometheus' runner does, with a relative error below 1e-6; NaN equals NaN."""
    if left == right or (isnan(left) and isnan(right)):
        return True
    together, apart = abs(left) + abs(right), abs(left - right)
    if left == 0 or right == 0 or together < SMALLEST:
        return apart < EPSILON * SMALLEST
    return apart / together < EPSILON
