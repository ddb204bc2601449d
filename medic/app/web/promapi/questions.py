"""What is asked, read off the fields of a request and checked as Prometheus checks it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from medic.app.web.promapi.errors import ApiError, ErrorType, refused
from medic.app.web.promapi.form import FARTHEST, Form, read_count, read_duration, read_time
from rules.promql.frame import LOOKBACK_MS

T = TypeVar("T")

MOST_POINTS = 11_000
"""Points that one series of an answer may have, so that a wrong step cannot ask for millions."""


@dataclass(frozen=True, slots=True)
class Instant:
    """A query at one time."""

    query: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Range:
    """A query at many times."""

    query: str
    times: range
    """Milliseconds since the epoch; never empty."""


@dataclass(frozen=True, slots=True)
class Options:
    """What any query may say beside itself."""

    timeout: float | None = None
    """Seconds; None leaves it to the server."""
    limit: int | None = None
    """The most series in the answer."""
    stats: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """Which samples make a series count, in milliseconds; both ends belong to it."""

    start_ms: int
    end_ms: int

    @property
    def is_all(self) -> bool:
        """Tell whether it is all time, so that no sample needs to be looked at."""
        return self.start_ms == -FARTHEST and self.end_ms == FARTHEST


def instant(form: Form, now_ms: int) -> Instant:
    """Read the parameters of ``query``; raises ApiError for the first that is wrong."""
    return Instant(form.first("query"), _optional(form, "time", read_moment("time"), now_ms))


def over(form: Form) -> Range:
    """Read the parameters of ``query_range``; raises ApiError for the first that is wrong."""
    start, end = (_field(form, name, read_time) for name in ("start", "end"))
    if end < start:
        raise refused("end", "end timestamp must not be before start time")
    seconds = _field(form, "step", read_duration)
    step = int(seconds * 1000)
    if step <= 0:
        words = "zero or negative query resolution step widths are not accepted. Try a positive integer"
        raise refused("step", words)
    if (end - start) // step > MOST_POINTS:
        words = f"exceeded maximum resolution of {MOST_POINTS:,} points per timeseries. "
        raise ApiError(ErrorType.BAD_DATA, f"{words}Try decreasing the query resolution (?step=XX)")
    return Range(form.first("query"), range(start, end + 1, step))


def options(form: Form) -> Options:
    """Read what goes with any query; raises ApiError for the first that is wrong."""
    lookback = _optional(form, "lookback_delta", read_duration, LOOKBACK_MS / 1000)
    if lookback != LOOKBACK_MS / 1000:
        raise refused("lookback_delta", "Medic looks back 5m; leave the parameter out")
    return Options(
        _optional(form, "timeout", read_duration, None), _field(form, "limit", read_count), bool(form.first("stats"))
    )


def period(form: Form) -> Period:
    """Read ``start`` and ``end`` of a question about series; without them all time is meant."""
    return Period(
        _optional(form, "start", read_moment("start"), -FARTHEST), _optional(form, "end", read_moment("end"), FARTHEST)
    )


def limit(form: Form) -> int | None:
    """Read how many elements an answer may have; None means all."""
    return _field(form, "limit", read_count)


def read_moment(name: str) -> Callable[[str], int]:
    """Return what reads the time in the field *name*, whose refusal names it twice, as Prometheus' does."""

    def read(text: str) -> int:
        try:
            return read_time(text)
        except ValueError as error:
            raise ValueError(f"Invalid time value for '{name}': {error}") from None

    return read


def _field(form: Form, name: str, read: Callable[[str], T]) -> T:
    try:
        return read(form.first(name))
    except ValueError as error:
        raise refused(name, error) from error


def _optional(form: Form, name: str, read: Callable[[str], T], default: T) -> T:
    return _field(form, name, read) if form.first(name) else default
