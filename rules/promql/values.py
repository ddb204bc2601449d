"""What a query gives: a vector, a scalar, a matrix or a text, in plain tuples."""

from dataclasses import dataclass
from typing import NamedTuple

from medic.core.samples import Labels


class VectorSample(NamedTuple):
    """One element of an instant vector."""

    labels: Labels
    """Sorted by name; ``__name__`` is among them where the query kept it."""
    value: float


@dataclass(frozen=True, slots=True)
class Vector:
    """An instant vector, in the order of its series or of a sorting function."""

    samples: tuple[VectorSample, ...]
    at_ms: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number without labels."""

    value: float
    at_ms: int


@dataclass(frozen=True, slots=True)
class Row:
    """The points of one series, ascending."""

    labels: Labels
    points: tuple[tuple[int, float], ...]
    """Pairs of milliseconds and value."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Points over time: of a range selector, or of a query at many times."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A string literal; bytes that are no UTF-8 are surrogates, as ``os.fsdecode`` makes them."""

    text: str


Value = Vector | Scalar | Matrix | Text
