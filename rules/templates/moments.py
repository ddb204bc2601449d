"""Times and durations: from seconds, as Go prints them, and the arithmetic of their methods."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from rules.templates.values import Moment, Month, Span, TemplateError, Weekday

SECOND = 1_000_000_000
_DAY = 86_400
_EARLIEST = -(2**63)
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_UNITS = ("ns", "\u00b5s", "ms")
_NOON = 12
_TO_YEAR_1 = 62_135_596_800
"""Seconds from the start of year 1, where Go's rounding begins, to 1970."""


def month_name(month: int) -> str:
    """Name a month from 1 to 12."""
    return _MONTHS[month - 1]


def weekday_name(day: int) -> str:
    """Name a day of the week; 0 is Sunday."""
    return _DAYS[day]


def moment(seconds: float) -> Moment:
    """Make a time of seconds since 1970, in whole milliseconds as Prometheus does.

    Raises TemplateError for NaN, and for what is further away than 292 years.
    """
    if not math.isfinite(seconds):
        raise TemplateError("value is NaN or Inf, which is no time")
    nanoseconds = seconds * 1e9  # as Go rounds it: 4.1 s are 4.099 s
    if abs(nanoseconds) > -_EARLIEST:
        raise TemplateError(f"{seconds!r} is beyond the times that can be written")
    milliseconds = abs(int(nanoseconds)) // 1_000_000
    return Moment(milliseconds * 1_000_000 if seconds >= 0 else -milliseconds * 1_000_000)


def span(seconds: float) -> Span:
    """Make a duration of seconds; what has no place in 64 bits becomes the smallest, as in Go on most machines."""
    nanoseconds = seconds * 1e9
    return Span(int(nanoseconds) if _EARLIEST <= nanoseconds < -_EARLIEST else _EARLIEST)


def wrapped(nanoseconds: int) -> int:
    """Keep the 64 bits that Go keeps."""
    return (nanoseconds - _EARLIEST) % (1 << 64) + _EARLIEST


class Fields(NamedTuple):
    """A time as calendar and clock show it."""

    year: int
    month: Month
    day: int
    hour: int
    minute: int
    second: int
    nanosecond: int
    weekday: Weekday
    year_day: int


def fields(at: Moment) -> Fields:
    """Read calendar and clock in the time's zone; years may lie before 1 and after 9999."""
    seconds, nanosecond = divmod(at.nanoseconds, SECOND)
    days, clock = divmod(seconds + at.offset, _DAY)
    year, month, day = _date(days)
    year_day = days - _days(year, 1, 1) + 1
    weekday = Weekday((days + 4) % 7)
    return Fields(year, Month(month), day, clock // 3600, clock // 60 % 60, clock % 60, nanosecond, weekday, year_day)


def _date(days: int) -> tuple[int, int, int]:
    """Turn days since 1970 into a date.

    400 years have 146,097 days; a year that begins in March ends with its leap day, and has 153 days in five months.
    """
    era, rest = divmod(days + 719_468, 146_097)
    year = (rest - rest // 1_460 + rest // 36_524 - rest // 146_096) // 365
    rest -= 365 * year + year // 4 - year // 100
    month = (5 * rest + 2) // 153
    day = rest - (153 * month + 2) // 5 + 1
    beyond, month = divmod(month + 2, 12)
    return year + era * 400 + beyond, month + 1, day


def _days(year: int, month: int, day: int) -> int:
    """Turn a date into days since 1970."""
    before, month = divmod(month - 3, 12)
    era, rest = divmod(year + before, 400)
    return era * 146_097 + rest * 365 + rest // 4 - rest // 100 + (153 * month + 2) // 5 + day - 1 - 719_468


def add_date(at: Moment, years: int, months: int, days: int) -> Moment:
    """Move a time by the calendar; the 31st of a month that has none runs over into the next, as in Go."""
    now = fields(at)
    year, month = divmod((now.year + years) * 12 + now.month - 1 + months, 12)
    moved = _days(year, month + 1, 1) + now.day - 1 + days
    difference = moved - _days(now.year, now.month, now.day)
    return Moment(at.nanoseconds + difference * _DAY * SECOND, at.zone, at.offset)


def add(at: Moment, step: Span) -> Moment:
    """Move a time by a duration."""
    return Moment(at.nanoseconds + step.nanoseconds, at.zone, at.offset)


def since(at: Moment, before: Moment) -> Span:
    """Return the time between, at most what 64 bits hold."""
    return Span(max(_EARLIEST, min(-_EARLIEST - 1, at.nanoseconds - before.nanoseconds)))


def local(at: Moment) -> Moment:
    """Look at a time in the host's own zone; raises TemplateError for years that it does not know."""
    try:
        seen = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at.nanoseconds // SECOND)).astimezone()
    except OverflowError:
        raise TemplateError("this host's zone is not known for that year") from None
    return Moment(at.nanoseconds, seen.tzname() or "", round((seen.utcoffset() or timedelta()).total_seconds()))


def is_zero(at: Moment) -> bool:
    """Tell whether a time is the first instant of year 1."""
    return at.nanoseconds == -_TO_YEAR_1 * SECOND


def truncate(at: Moment, step: Span) -> Moment:
    """Round down to a multiple of *step* since the start of year 1."""
    return Moment(at.nanoseconds - _beyond(at, step), at.zone, at.offset) if step.nanoseconds > 0 else at


def round_to(at: Moment, step: Span) -> Moment:
    """Round to the nearest multiple of *step*, halves up."""
    if step.nanoseconds <= 0:
        return at
    beyond = _beyond(at, step)
    move = -beyond if 2 * beyond < step.nanoseconds else step.nanoseconds - beyond
    return Moment(at.nanoseconds + move, at.zone, at.offset)


def _beyond(at: Moment, step: Span) -> int:
    return (at.nanoseconds + _TO_YEAR_1 * SECOND) % step.nanoseconds


def truncate_span(of: Span, step: Span) -> Span:
    """Round towards 0 to a multiple of *step*."""
    if step.nanoseconds <= 0:
        return of
    return Span(int(math.copysign(1, of.nanoseconds)) * (abs(of.nanoseconds) // step.nanoseconds * step.nanoseconds))


def round_span(of: Span, step: Span) -> Span:
    """Round to the nearest multiple of *step*, halves away from 0."""
    if step.nanoseconds <= 0:
        return of
    sign = -1 if of.nanoseconds < 0 else 1
    rounded = (2 * abs(of.nanoseconds) + step.nanoseconds) // (2 * step.nanoseconds) * step.nanoseconds
    return Span(max(_EARLIEST, min(-_EARLIEST - 1, sign * rounded)))


def write_span(of: Span) -> str:
    """Write a duration as Go does: ``1h0m0s``, ``1.5s``, ``300ms``."""
    left = abs(of.nanoseconds)
    sign = "-" if of.nanoseconds < 0 else ""
    if left < SECOND:
        return sign + _below_a_second(left)
    whole, fraction = divmod(left, SECOND)
    text = f"{whole % 60}{_fraction(fraction, 9)}s"
    minutes, hours = whole // 60 % 60, whole // 3600
    if minutes or hours:
        text = f"{minutes}m{text}"
    return f"{sign}{hours}h{text}" if hours else sign + text


def _below_a_second(nanoseconds: int) -> str:
    if nanoseconds == 0:
        return "0s"
    thousands = (len(str(nanoseconds)) - 1) // 3
    whole, fraction = divmod(nanoseconds, 1000**thousands)
    return f"{whole}{_fraction(fraction, 3 * thousands)}{_UNITS[thousands]}"


def _fraction(value: int, digits: int) -> str:
    return f".{value:0{digits}d}".rstrip("0") if value else ""


def write_moment(at: Moment) -> str:
    """Write a time as Go prints it: ``2009-11-10 23:00:00 +0000 UTC``."""
    return formatted(at, "2006-01-02 15:04:05.999999999 -0700 MST")


def go_syntax(at: Moment) -> str:
    """Write a time as Go's ``%#v`` does."""
    now = fields(at)
    zone = "time.UTC" if at.zone == "UTC" else "time.Local"
    clock = f"{now.hour}, {now.minute}, {now.second}, {now.nanosecond}"
    return f"time.Date({now.year}, time.{month_name(now.month)}, {now.day}, {clock}, {zone})"


_PIECES = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|2006|__2|_2(?!006)|[1-5]|PM|pm"
    r"|(?P<zone>[-Z]07(?:0000|:00:00|00|:00|))|(?P<fraction>[.,](?:0+|9+)(?![0-9]))"
)


def formatted(at: Moment, layout: str) -> str:
    """Write a time in one of Go's layouts, which show the time 2006-01-02 15:04:05."""
    now = fields(at)

    def piece(found: re.Match[str]) -> str:
        if found["zone"]:
            return _zone(found["zone"], at.offset)
        if found["fraction"]:
            return _fractional(found["fraction"], now.nanosecond)
        return _WRITERS[found[0]](now, at)

    return _PIECES.sub(piece, layout)


def _zone(shape: str, offset: int) -> str:
    if shape[0] == "Z" and offset == 0:
        return "Z"
    minutes, seconds = divmod(abs(offset), 60)
    colon = ":" if ":" in shape else ""
    text = f"{'-' if offset < 0 else '+'}{minutes // 60:02d}"
    parts = (text, f"{minutes % 60:02d}", f"{seconds:02d}")
    return colon.join(parts[: len(shape.replace(":", "")) // 2])


def _fractional(shape: str, nanosecond: int) -> str:
    digits = f"{nanosecond:09d}"[: len(shape) - 1]
    if shape[1] == "0":
        return shape[0] + digits
    digits = digits.rstrip("0")
    return shape[0] + digits if digits else ""


def _year(year: int) -> str:
    return f"{'-' if year < 0 else ''}{abs(year):04d}"


_WRITERS: Mapping[str, Callable[[Fields, Moment], str]] = {
    "January": lambda now, _: month_name(now.month),
    "Jan": lambda now, _: month_name(now.month)[:3],
    "Monday": lambda now, _: weekday_name(now.weekday),
    "Mon": lambda now, _: weekday_name(now.weekday)[:3],
    "MST": lambda _, at: at.zone,
    "01": lambda now, _: f"{int(now.month):02d}",
    "1": lambda now, _: str(int(now.month)),
    "02": lambda now, _: f"{now.day:02d}",
    "_2": lambda now, _: f"{now.day:2d}",
    "2": lambda now, _: str(now.day),
    "002": lambda now, _: f"{now.year_day:03d}",
    "__2": lambda now, _: f"{now.year_day:3d}",
    "15": lambda now, _: f"{now.hour:02d}",
    "03": lambda now, _: f"{now.hour % 12 or 12:02d}",
    "3": lambda now, _: str(now.hour % 12 or 12),
    "04": lambda now, _: f"{now.minute:02d}",
    "4": lambda now, _: str(now.minute),
    "05": lambda now, _: f"{now.second:02d}",
    "5": lambda now, _: str(now.second),
    "06": lambda now, _: f"{max(now.year, 0) % 100:02d}",
    "2006": lambda now, _: _year(now.year),
    "PM": lambda now, _: "PM" if now.hour >= _NOON else "AM",
    "pm": lambda now, _: "pm" if now.hour >= _NOON else "am",
}
