"""What a template computes with: Go's types as far as a template of a rule can meet them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from medic.core.errors import MedicError
from rules.promql.literals import parse_float


class TemplateError(MedicError):
    """A template cannot be read (at load), or cannot be expanded (then its text says so)."""


class Row(NamedTuple):
    """One element of a query's result; to Go it is a pointer."""

    Labels: Mapping[str, str]  # named as templates name them
    Value: float


class Html(str):
    """What ``safeHtml`` gives: printed like a text, but no text to functions that want one."""

    __slots__ = ()


class Int64(int):
    """A whole number that says of itself that it has 64 bits."""

    __slots__ = ()


class Byte(int):
    """One byte of a text, as ``index`` gives it."""

    __slots__ = ()


class Month(int):
    """A month from 1 to 12, printed by its name."""

    __slots__ = ()


class Weekday(int):
    """A day of the week, 0 for Sunday, printed by its name."""

    __slots__ = ()


class Arguments(dict[str, "Value"]):
    """What ``args`` gives: ``arg0``, ``arg1`` and so on."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A duration in nanoseconds."""

    nanoseconds: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A time in nanoseconds since 1970, seen from a zone that is *offset* seconds east of UTC."""

    nanoseconds: int
    zone: str = "UTC"
    offset: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Pointer:
    """A time or a duration as ``toTime`` and ``toDuration`` give it; equal to nothing but itself."""

    to: Moment | Span


def no_queries(text: str) -> Sequence[Row]:
    """Refuse a query: for templates that are expanded where no series are at hand."""
    raise TemplateError(f"query {text!r} cannot be answered here")


@dataclass(frozen=True, slots=True)
class Facts:
    """What an alert's templates can read: ``.Labels``, ``.Value`` and what belongs to the whole host."""

    labels: Mapping[str, str]
    value: float
    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""
    query: Callable[[str], Sequence[Row]] = no_queries
    at_ms: int = 0
    """When the rule is evaluated, in milliseconds since 1970."""

    def fields(self) -> Mapping[str, "Value"]:
        """Return the facts by the names that templates have for them, in Go's order."""
        return {
            "Labels": self.labels,
            "ExternalLabels": self.external_labels,
            "ExternalURL": self.external_url,
            "Value": self.value,
        }


Value = (
    str
    | bool
    | int
    | float
    | Mapping[str, str]
    | Arguments
    | Row
    | Sequence[Row]
    | Span
    | Moment
    | Pointer
    | Facts
    | None
)


class Kind(Enum):
    """What values have in common that Go compares, counts and prints alike."""

    NIL = auto()
    BOOL = auto()
    INT = auto()
    UINT = auto()
    FLOAT = auto()
    STRING = auto()
    MAP = auto()
    LIST = auto()
    STRUCT = auto()
    POINTER = auto()


_FACTS = "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value float64 }"
_TYPES: Sequence[tuple[type | tuple[type, ...], str, Kind]] = (
    (bool, "bool", Kind.BOOL),
    (Int64, "int64", Kind.INT),
    (Byte, "uint8", Kind.UINT),
    (Month, "time.Month", Kind.INT),
    (Weekday, "time.Weekday", Kind.INT),
    (int, "int", Kind.INT),
    (float, "float64", Kind.FLOAT),
    (Html, "template.HTML", Kind.STRING),
    (str, "string", Kind.STRING),
    (Row, "*template.sample", Kind.POINTER),
    (Arguments, "map[string]interface {}", Kind.MAP),
    (Mapping, "map[string]string", Kind.MAP),
    (Span, "time.Duration", Kind.INT),
    (Moment, "time.Time", Kind.STRUCT),
    (Facts, _FACTS, Kind.STRUCT),
    (Pointer, "*", Kind.POINTER),
    ((list, tuple), "template.queryResult", Kind.LIST),
)

_EXACT = {each: kind for kinds, _, kind in _TYPES for each in (kinds if isinstance(kinds, tuple) else (kinds,))}
"""Most values are of exactly one of these types, which is found faster."""


def type_name(value: Value) -> str:
    """Name a value's type as Go would, for messages and printf."""
    if isinstance(value, Pointer):
        return f"*{type_name(value.to)}"
    return next((name for kind, name, _ in _TYPES if isinstance(value, kind)), "<nil>")


def kind_of(value: Value) -> Kind:
    """Tell a value's kind."""
    exact = _EXACT.get(type(value))
    return (
        exact if exact is not None else next((kind for known, _, kind in _TYPES if isinstance(value, known)), Kind.NIL)
    )


def truth(value: Value) -> bool:
    """Tell whether ``if`` takes its first branch: not for false, 0, an empty text, map or result, and nil."""
    if isinstance(value, Span):
        return value.nanoseconds != 0
    return True if isinstance(value, Row | Facts) else bool(value)


def whole(value: Value) -> int:
    """Take the number that any value of the kinds INT and UINT is."""
    if isinstance(value, Span):
        return value.nanoseconds
    if isinstance(value, int):
        return int(value)
    raise TemplateError(f"a whole number is needed, not {type_name(value)}")


def number(value: Value) -> float:
    """Convert to a float as Prometheus' functions do: numbers, texts that are numbers, and durations in seconds."""
    if isinstance(value, float) or type(value) in {int, Int64}:
        return float(value)  # type: ignore[arg-type]  # the second test proves it, which mypy cannot follow
    if isinstance(value, Span):
        return value.nanoseconds / 1e9
    if isinstance(value, str) and not isinstance(value, Html):
        found = parse_float(_plain(value))
        if found is None:
            raise TemplateError(f"{value!r} is not a number")
        return found
    raise TemplateError(f"can't convert {type_name(value)} to float")


_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])_(?=[0-9])|(?<=0[xX])_(?=[0-9a-fA-F])|(?<=[0-9a-fA-F])_(?=[0-9a-fA-F]+[_.pP])")
"""Underscores where Go allows them in numbers; the last part is for hexadecimal ones."""


def _plain(text: str) -> str:
    return _BETWEEN_DIGITS.sub("", text) if "_" in text else text


def text(value: Value) -> str:
    """Take a value as a string; raises TemplateError for any other type."""
    if isinstance(value, str) and not isinstance(value, Html):
        return value
    raise TemplateError(f"wrong type for value; expected string; got {type_name(value)}")
