"""The types of single values: durations, addresses, names, times of day; each says what to write instead."""

import re
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from medic.app.settings.environment import Substituted
from medic.app.settings.sections import (
    AfterValidator,
    BeforeValidator,
    Bounds,
    PlainSerializer,
    PlainValidator,
    WrongValueError,
)
from medic.app.settings.yaml import scalar
from medic.core.errors import MedicError
from medic.core.targets import Target, parse_target


class HostPort(NamedTuple):
    """Where something listens; port 0 means any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        """Write it back: ``127.0.0.1:8091``, ``[::1]:8091``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


_UNITS = {
    "y": timedelta(days=365),
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_BYTES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_SIZE = re.compile(rf"(?P<count>[0-9]{{1,9}})(?P<unit>{'|'.join(_BYTES)})")
_DURATION = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,9}}){unit})?" for unit in _UNITS))
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_HOST_PORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9_.-]+):(?P<port>[0-9]{1,5})")
_TIME = re.compile(r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})")
_MAX_PORT = 65_535


def parse_duration(value: object) -> timedelta:
    """Read a duration as Prometheus writes it (``15s``, ``1h30m``); units in falling order, ``0`` alone without one."""
    if isinstance(value, timedelta):
        return value
    if value == "0" or (is_whole(value) and value == 0):
        return timedelta(0)
    if not isinstance(value, str):
        raise WrongValueError("is not a duration", f"give it a unit: {value}s" if is_whole(value) else "write 15s")
    match = _DURATION.fullmatch(value)
    if match is None or not value:
        raise WrongValueError("is not a duration", "write it as 15s, 1h30m or 90d")
    try:
        return sum((int(amount) * _UNITS[unit] for unit, amount in match.groupdict("0").items()), timedelta(0))
    except OverflowError:
        raise WrongValueError("is too long", "write at most some thousand years") from None


def write_duration(value: timedelta) -> str:
    """Write a duration as Prometheus does, ``1h30m``: years and weeks only when they are exact, zero is ``0s``."""
    parts: list[str] = []
    for unit, size in _UNITS.items():
        if unit in {"y", "w"} and value % size:
            continue
        amount, value = divmod(value, size)
        parts += [f"{amount}{unit}"] if amount else []
    return "".join(parts) or "0s"


def parse_size(value: object) -> int:
    """Read an amount of memory with its unit, ``256MiB``, as bytes."""
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise WrongValueError("is not an amount of memory", f"write a whole number with {', '.join(_BYTES)}: 256MiB")
    return int(match["count"]) * _BYTES[match["unit"]]


def write_size(value: int) -> str:
    """Write bytes with the largest unit that leaves a whole number."""
    unit = next(name for name, size in reversed(_BYTES.items()) if value % size == 0 or size == 1)
    return f"{value // _BYTES[unit]}{unit}" if value else "0B"


def at_least(least: timedelta) -> AfterValidator:
    """Refuse shorter durations; put it behind ``Duration`` in an annotation."""

    def check(value: timedelta) -> timedelta:
        if value < least:
            raise WrongValueError("is too short", f"write at least {write_duration(least)}")
        return value

    return AfterValidator(check)


def at_most(most: timedelta) -> AfterValidator:
    """Refuse longer durations; put it behind ``Duration`` in an annotation."""

    def check(value: timedelta) -> timedelta:
        if value > most:
            raise WrongValueError("is too long", f"write at most {write_duration(most)}")
        return value

    return AfterValidator(check)


def no_smaller(least: int) -> AfterValidator:
    """Refuse smaller sizes; put it behind ``Size`` in an annotation."""

    def check(value: int) -> int:
        if value < least:
            raise WrongValueError("is too little", f"write at least {write_size(least)}")
        return value

    return AfterValidator(check)


def parse_host_port(value: object) -> HostPort:
    """Read ``host:port``; an IPv6 address stands in brackets."""
    match = _HOST_PORT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise WrongValueError("is not an address", "write host:port, such as 127.0.0.1:10119 or [::1]:10119")
    port = int(match["port"])
    if port > _MAX_PORT:
        raise WrongValueError("has a port that does not exist", f"choose one up to {_MAX_PORT}")
    return HostPort(match["host"].strip("[]"), port)


def parse_name(value: object) -> str:
    """Read the name of a pool, queue, job or remedy."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise WrongValueError("is not a name", "use up to 63 of a-z, 0-9 and -, such as nightly-etl")
    return str(value)


def parse_time(value: object) -> time:
    """Read a time of day, ``02:30``."""
    if isinstance(value, time):
        return value
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    try:
        return time(int(match["hour"]), int(match["minute"])) if match else _no_time()
    except ValueError:
        return _no_time()


def parse_declared(value: object) -> Target:
    """Read a target, ``pool:rpa``; whether it is declared is checked elsewhere."""
    try:
        if isinstance(value, str):
            return parse_target(value)
    except MedicError:
        pass
    raise WrongValueError("is not a target", "write KIND:NAME, such as queue:default or pool:rpa")


def parse_http_url(value: object) -> str:
    """Read the address of an HTTP service."""
    try:
        if isinstance(value, str) and (parts := urlsplit(value)).scheme in {"http", "https"} and parts.hostname:
            _ = parts.port  # raises for one that is no number
            return value
    except ValueError:
        pass
    raise WrongValueError("is not an HTTP address", "write it as http://127.0.0.1:8092/api/stats")


def hide_password(url: str) -> str:
    """Return *url* without the password it may hold."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{parts.username}:***@{place}").geturl()


def _no_time() -> time:
    raise WrongValueError("is not a time of day", 'write it as "02:30", from 00:00 to 23:59')


def is_whole(value: object) -> bool:
    """Tell whether *value* is an integer and not a boolean, which Python counts as one."""
    return isinstance(value, int) and not isinstance(value, bool)


def _read_whole(value: object) -> object:
    found = scalar(value) if isinstance(value, Substituted) else value
    if not is_whole(found):
        raise WrongValueError("is not a whole number", "write digits alone, such as 3")
    return found


def _read_flag(value: object) -> object:
    found = scalar(value) if isinstance(value, Substituted) else value
    if not isinstance(found, bool):
        raise WrongValueError("is not true or false", "write true or false (yes, no, on and off are text)")
    return found


def _read_list(value: object) -> object:
    """Take a single value for a list of it."""
    return (value,) if isinstance(value, str | int | float | Path) else value


ONE_OR_MORE = BeforeValidator(_read_list)
"""Of a list: one value may stand there alone."""
Duration = Annotated[timedelta, PlainValidator(parse_duration), PlainSerializer(write_duration)]
Span = Annotated[Duration, at_least(timedelta(milliseconds=1))]
"""A duration that is more than nothing."""
Whole = Annotated[int, BeforeValidator(_read_whole)]
Size = Annotated[int, PlainValidator(parse_size), PlainSerializer(write_size)]
"""Bytes."""
Flag = Annotated[bool, BeforeValidator(_read_flag)]
Text = Annotated[str, Bounds(min_length=1)]
Argv = Annotated[tuple[Text, ...], Bounds(min_length=1)]
Name = Annotated[str, PlainValidator(parse_name)]
Address = Annotated[HostPort, PlainValidator(parse_host_port), PlainSerializer(str)]
TimeOfDay = Annotated[time, PlainValidator(parse_time), PlainSerializer(lambda moment: f"{moment:%H:%M}")]
Declared = Annotated[Target, PlainValidator(parse_declared), PlainSerializer(str)]
HttpUrl = Annotated[str, PlainValidator(parse_http_url), PlainSerializer(hide_password)]
