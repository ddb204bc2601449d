"""Functions that read a number of seconds since the epoch as a date in UTC."""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import nan

from rules.promql.frame import Frame, Samples, VectorOf
from rules.promql.nodes import Node
from rules.promql.parts import CompileVector, Parts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

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


def compile_date(name: str) -> CompileVector:
    """Return the compiler of the function *name*; without an argument it reads the time of evaluation."""
    field = FIELDS[name]

    def read(seconds: float) -> float:
        try:
            return float(field(EPOCH + timedelta(seconds=int(seconds))))
        except (OverflowError, ValueError):  # beyond the years 1 to 9999, or no number
            return nan

    def compile_call(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
        if not args:
            return lambda frame: {frame.catalog.empty: read(frame.at_ms / 1000)}
        vector = parts.vector(args[0])

        def evaluate(frame: Frame) -> Samples:
            return frame.mapped(vector(frame), read)

        return evaluate

    return compile_call
