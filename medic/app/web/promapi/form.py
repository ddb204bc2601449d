"""The fields of a request, from its address and its form, and the kinds of values that they hold."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from medic.app.web.promapi.errors import ApiError, ErrorType
from medic.core.clock import EPOCH
from rules.durations import DurationError, parse_duration

MOST_FIELDS = 1000
FARTHEST = 2**53
"""Milliseconds since the epoch, before and after it, that a time may name."""
EARLIEST, LATEST = "-292273086-05-16T16:47:06Z", "292277025-08-18T07:12:54.999999999Z"
"""How clients of Prometheus write: from the beginning, and to the end, of all times."""
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(Z|[-+][0-9]{2}:[0-9]{2})")
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Form:
    """Fields by name, each with all its values; those of the body come first, as in Go."""

    fields: Mapping[str, Sequence[str]]

    def first(self, name: str) -> str:
        """Return the first value of a field, empty where there is none."""
        return next(iter(self.fields.get(name, ())), "")

    def every(self, name: str) -> Sequence[str]:
        """Return all values of a field that may be repeated."""
        return self.fields.get(name, ())


def read_form(query: str, body: bytes = b"") -> Form:
    """Read the part of an address behind ``?`` and a form-encoded body; raises ApiError for what is neither."""
    fields: dict[str, list[str]] = {}
    try:
        for text in (body.decode("ascii"), query):
            for name, value in parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS):
                fields.setdefault(name, []).append(value)
    except ValueError as error:  # a UnicodeError is one, too
        text = f"error parsing form values: {error}; send UTF-8, percent-encoded, and at most {MOST_FIELDS} fields"
        raise ApiError(ErrorType.BAD_DATA, text) from error
    return Form(fields)


def read_time(text: str) -> int:
    """Read seconds since the epoch or RFC 3339 as whole milliseconds; raises ValueError for anything else."""
    if text in {EARLIEST, LATEST}:
        return -FARTHEST if text == EARLIEST else FARTHEST
    moment = _MOMENT.fullmatch(text)
    found = _read_moment(moment) if moment else _read_seconds(text)
    if found is None or abs(found) > FARTHEST:
        raise ValueError(f'cannot parse "{text[:100]}" to a valid timestamp')
    return round(found)


def _read_moment(found: re.Match[str]) -> int | None:
    try:
        second = datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00"))
    except ValueError:
        return None
    return (second - EPOCH) // _MILLISECOND + int(f"{found[2] or '.'}000"[1:4])


def _read_seconds(text: str) -> float | None:
    return float(text) * 1000 if _NUMBER.fullmatch(text) else None


def read_duration(text: str) -> float:
    """Read ``90``, ``1.5`` or ``1m30s`` as seconds; raises ValueError for anything else."""
    problem = f'cannot parse "{text[:100]}" to a valid duration'
    if _NUMBER.fullmatch(text):
        seconds = float(text)
        if abs(seconds) > FARTHEST / 1000:
            raise ValueError(f"{problem}. It overflows int64")
        return seconds
    try:
        return parse_duration(text) / 1000
    except DurationError:
        raise ValueError(problem) from None


def read_count(text: str) -> int | None:
    """Read a limit: None for no limit, which 0 means, too; raises ValueError for what is no such number."""
    if not text:
        return None
    number = read_number(text)
    if number < 0:
        raise ValueError("limit must be non-negative")
    return number or None


def read_number(text: str) -> int:
    """Read a whole number of up to 18 digits; raises ValueError for anything else."""
    if not re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        raise ValueError(f'"{text[:100]}" is not a whole number')
    return int(text)
