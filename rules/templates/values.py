"""What a template computes with: Go's basic types, label maps and query results."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from medic.core.errors import MedicError


class TemplateError(MedicError):
    """A template cannot be read (at load), or cannot be expanded (then its text says so)."""


class Row(NamedTuple):
    """One element of a query's result."""

    Labels: Mapping[str, str]  # named as templates name them
    Value: float


Value = str | bool | int | float | Mapping[str, str] | Row | Sequence[Row] | None


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


_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "bool"),
    (int, "int"),
    (float, "float64"),
    (str, "string"),
    (Row, "*template.sample"),
    (Mapping, "map[string]string"),
    ((list, tuple), "template.queryResult"),
)


def type_name(value: Value) -> str:
    """Name a value's type as Go would, for messages and printf."""
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "<nil>")


def truth(value: Value) -> bool:
    """Tell whether ``if`` takes its first branch: not for false, 0, an empty text, map or result, and nil."""
    return True if isinstance(value, Row) else bool(value)


def number(value: Value) -> float:
    """Convert to a float as Prometheus' functions do: numbers and texts that are numbers."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise TemplateError(f"{value!r} is not a number") from None
    raise TemplateError(f"a number is needed, not {type_name(value)}")


def text(value: Value) -> str:
    """Take a value as a string; raises TemplateError for any other type."""
    if isinstance(value, str):
        return value
    raise TemplateError(f"a string is needed, not {type_name(value)}")
