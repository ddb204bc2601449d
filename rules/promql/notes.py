"""The annotations of one answer, in Prometheus' words, each with the place in the query that it is about."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from rules.promql.literals import show_general
from rules.promql.nodes import Node
from rules.promql.places import places

WARNING = "PromQL warning: "
INFO = "PromQL info: "


@dataclass(frozen=True, slots=True)
class Correction:
    """What was corrected in the buckets of histograms whose counts fell; all bounds are upper ones."""

    lowest: float
    highest: float
    largest: float
    """By how much the counts fell at most."""
    first_ms: int = 0
    last_ms: int = 0
    samples: int = 1

    def joined(self, other: "Correction") -> "Correction":
        """Return both together."""
        return Correction(
            min(self.lowest, other.lowest),
            max(self.highest, other.highest),
            max(self.largest, other.largest),
            min(self.first_ms, other.first_ms),
            max(self.last_ms, other.last_ms),
            self.samples + other.samples,
        )

    def __str__(self) -> str:
        bounds = f"from buckets {show_general(self.lowest)} to {show_general(self.highest)}"
        span = f"from {_moment(self.first_ms)} to {_moment(self.last_ms)}"
        return f", {bounds}, with a max diff of {self.largest:.2g}, over {self.samples} samples {span}"


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class Notes:
    """Collects annotations while a query is evaluated, at one time or at many."""

    found: dict[tuple[str, int], Correction | None] = field(default_factory=dict)
    """By text and by the identity of the part of the query that it is about."""

    def add(self, text: str, about: Node) -> None:
        """Annotate the answer; the same twice is once."""
        self.found[text, id(about)] = None

    def correct(self, text: str, about: Node, correction: Correction, at_ms: int) -> None:
        """Say that buckets were corrected; further corrections widen what is said."""
        timed = replace(correction, first_ms=at_ms, last_ms=at_ms)
        before = self.found.get((text, id(about)))
        self.found[text, id(about)] = timed if before is None else before.joined(timed)

    def written(self, text: str, root: Node) -> tuple[str, ...]:
        """Return the annotations with their places in *text*, from which *root* was parsed."""
        return tuple(self._written(text, root)) if self.found else ()

    def _written(self, text: str, root: Node) -> Iterator[str]:
        where = places(text, root)
        for (said, about), correction in self.found.items():
            place = f" ({where[about]})" if about in where else ""
            yield f"{said}{'' if correction is None else correction}{place}"
