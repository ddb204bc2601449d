"""Functions that read a number of seconds since the epoch as a date in UTC."""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from rules.promql.frame import Frame, Samples, VectorOf
from rules.promql.nodes import Node
from rules.promql.parts import CompileVector, Parts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CYCLE = 146_097 * 86_400
"""Seconds of 400 years, after which the calendar repeats, the days of the week too."""
SMALLEST = -(2**63)
"""What Go makes of a number that is no 64-bit integer."""
BEGIN = -(719_162 + 730_692_556 * 146_097) * 86_400
"""Go's calendar begins here, in the year -292277022399; what is earlier wraps around to its end."""

FIELDS: dict[str, Callable[[datetime], int]] = {
    "day_of_month": lambda date: date.day,
    "day_of_week": lambda date: date.isoweekday() % 7,
    "day_of_year": lambda date: date.timetuple().tm_yday,
    "days_in_month": lambda date: monthrange(date.year, date.month)[1],
    "hour": lambda date: date.hour,
    "minute": lambda date: date.minute,
    "month": lambda date: date.month,
    "year": lambda date: date.year,
}


def whole(seconds: float) -> int:
    """Cut off the fraction as Go does, infinities and NaN included; what is before Go's calendar is at its end."""
    found = int(seconds) if SMALLEST <= seconds < -SMALLEST else SMALLEST
    return found if found >= BEGIN else found + 2**64


def compile_date(name: str) -> CompileVector:
    """Return the compiler of the function *name*; without an argument it reads the time of evaluation."""
    field = FIELDS[name]

    def read(seconds: float) -> float:
        cycles, rest = divmod(whole(seconds), CYCLE)
        found = field(EPOCH + timedelta(seconds=rest))
        return float(found + 400 * cycles if name == "year" else found)

    def compile_call(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
        if not args:
            return lambda frame: {frame.catalog.empty: read(frame.at_ms / 1000)}
        vector = parts.vector(args[0])

        def evaluate(frame: Frame) -> Samples:
            return frame.mapped(vector(frame), read)

        return evaluate

    return compile_call
