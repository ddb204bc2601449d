"""The methods of Go's times, durations, months and weekdays, by type and name."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from rules.templates import moments
from rules.templates.moments import SECOND, fields
from rules.templates.values import (
    Int64,
    Moment,
    Month,
    Pointer,
    Span,
    TemplateError,
    Value,
    Weekday,
    text,
    type_name,
)

Method = Callable[..., Value]


class Argument(NamedTuple):
    """An argument of a method; a number that stands there *as written* has no type yet, and Go fits it in."""

    value: Value
    as_written: bool


def methods_of(value: Value) -> Mapping[str, tuple[Method, tuple[type, ...]]]:
    """Return a value's methods: what each does, and the types of its arguments."""
    held = value.to if isinstance(value, Pointer) else value
    return next((methods for kind, methods in _METHODS.items() if isinstance(held, kind)), {})


def call_method(value: Value, name: str, arguments: Sequence[Argument]) -> Value:
    """Call a method that ``methods_of`` tells of; raises TemplateError for arguments that it does not take."""
    held = value.to if isinstance(value, Pointer) else value
    method, kinds = methods_of(value)[name]
    if len(arguments) != len(kinds):
        raise TemplateError(f"wrong number of args for {name}: want {len(kinds)} got {len(arguments)}")
    return method(held, *(_fitted(each, kind) for each, kind in zip(arguments, kinds, strict=True)))


def _fitted(argument: Argument, kind: type) -> Value:
    value = argument.value.to if isinstance(argument.value, Pointer) else argument.value
    if kind is str:
        return text(value)
    if argument.as_written and isinstance(value, int | float) and not isinstance(value, bool) and value == int(value):
        value = Span(int(value)) if kind is Span else int(value)
    if type(value) is not kind:
        raise TemplateError(f"wrong type for value; expected {_GO_NAMES[kind]}; got {type_name(value)}")
    return value


_GO_NAMES: Mapping[type, str] = {Span: "time.Duration", Moment: "time.Time", int: "int"}


def _wrapped(nanoseconds: int) -> Int64:
    return Int64(moments.wrapped(nanoseconds))


def _hours(of: Span, unit: int) -> float:
    """Count units with Go's rounding: whole ones and the rest apart."""
    whole, rest = divmod(abs(of.nanoseconds), unit)
    count = whole + rest / unit
    return -count if of.nanoseconds < 0 else count


def _towards_0(nanoseconds: int, unit: int) -> Int64:
    return Int64(nanoseconds // unit if nanoseconds >= 0 else -(-nanoseconds // unit))


_OF_TIME: Mapping[str, tuple[Method, tuple[type, ...]]] = {
    "Add": (moments.add, (Span,)),
    "AddDate": (moments.add_date, (int, int, int)),
    "After": (lambda at, other: at.nanoseconds > other.nanoseconds, (Moment,)),
    "Before": (lambda at, other: at.nanoseconds < other.nanoseconds, (Moment,)),
    "Compare": (
        lambda at, other: (at.nanoseconds > other.nanoseconds) - (at.nanoseconds < other.nanoseconds),
        (Moment,),
    ),
    "Day": (lambda at: fields(at).day, ()),
    "Equal": (lambda at, other: at.nanoseconds == other.nanoseconds, (Moment,)),
    "Format": (moments.formatted, (str,)),
    "GoString": (moments.go_syntax, ()),
    "Hour": (lambda at: fields(at).hour, ()),
    "IsZero": (moments.is_zero, ()),
    "Local": (moments.local, ()),
    "Minute": (lambda at: fields(at).minute, ()),
    "Month": (lambda at: fields(at).month, ()),
    "Nanosecond": (lambda at: fields(at).nanosecond, ()),
    "Round": (moments.round_to, (Span,)),
    "Second": (lambda at: fields(at).second, ()),
    "String": (moments.write_moment, ()),
    "Sub": (moments.since, (Moment,)),
    "Truncate": (moments.truncate, (Span,)),
    "UTC": (lambda at: Moment(at.nanoseconds), ()),
    "Unix": (lambda at: Int64(at.nanoseconds // SECOND), ()),
    "UnixMicro": (lambda at: Int64(at.nanoseconds // 1_000), ()),
    "UnixMilli": (lambda at: Int64(at.nanoseconds // 1_000_000), ()),
    "UnixNano": (lambda at: _wrapped(at.nanoseconds), ()),
    "Weekday": (lambda at: fields(at).weekday, ()),
    "Year": (lambda at: fields(at).year, ()),
    "YearDay": (lambda at: fields(at).year_day, ()),
}
_OF_DURATION: Mapping[str, tuple[Method, tuple[type, ...]]] = {
    "Abs": (lambda of: Span(min(abs(of.nanoseconds), 2**63 - 1)), ()),
    "Hours": (lambda of: _hours(of, 3600 * SECOND), ()),
    "Microseconds": (lambda of: _towards_0(of.nanoseconds, 1_000), ()),
    "Milliseconds": (lambda of: _towards_0(of.nanoseconds, 1_000_000), ()),
    "Minutes": (lambda of: _hours(of, 60 * SECOND), ()),
    "Nanoseconds": (lambda of: Int64(of.nanoseconds), ()),
    "Round": (moments.round_span, (Span,)),
    "Seconds": (lambda of: _hours(of, SECOND), ()),
    "String": (moments.write_span, ()),
    "Truncate": (moments.truncate_span, (Span,)),
}
_METHODS: Mapping[type, Mapping[str, tuple[Method, tuple[type, ...]]]] = {
    Moment: _OF_TIME,
    Span: _OF_DURATION,
    Month: {"String": (moments.month_name, ())},
    Weekday: {"String": (moments.weekday_name, ())},
}
