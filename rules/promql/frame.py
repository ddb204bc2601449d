"""Where and when a query is evaluated; every compiled part is a function of this."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rules.blocks import Points
from rules.labelsets import BARE, Catalog, LabelSet
from rules.promql.budget import Budget
from rules.promql.errors import EvaluationError
from rules.promql.folds import COMPENSATED, Folds
from rules.promql.nodes import Edge, Node, Shift
from rules.promql.notes import Notes
from rules.views import View

LOOKBACK_MS = 300_000
"""How old a sample may be to still be the current value."""
INTERVAL_MS = 60_000
"""Prometheus' default evaluation interval: the step of a subquery that names none."""

Samples = dict[LabelSet, float]
"""An instant vector while it is computed; its order is kept, its label sets are unique by construction."""


Origins = dict[tuple[int, LabelSet], LabelSet]
"""By the identity of a range vector's node and the labels of a result: the series that gave it."""


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """What may differ between two evaluations of the same text; queries that are compiled alike share one."""

    closed: bool = False
    """Prometheus 2: windows hold a sample exactly at their older end."""
    zero_first: bool = False
    """Prometheus 2: a counter's extrapolation is cut at zero before its distance is judged."""
    folds: Folds = COMPENSATED
    """How sums and averages are rounded."""
    named_atan2: bool = False
    """Prometheus 2: ``atan2`` keeps the name, as no other arithmetic does."""
    filters_first: bool = False
    """Prometheus 2: what a comparison filters away is no match, so that it cannot be one too many."""
    doom_names: bool = False
    """Delayed name removal: names go when the query ends, not at the first function."""
    step_ms: int = INTERVAL_MS
    """The step of a subquery that names none: the evaluation interval of whoever asks."""

    def keeps_name(self, op: str) -> bool:
        """Tell whether the arithmetic *op* leaves its elements their names."""
        return self.named_atan2 and op == "atan2"


@dataclass(slots=True)
class Frame:
    """One evaluation: the series, the time, and the ends of the query that ``@ start()`` and ``@ end()`` mean."""

    view: View
    at_ms: int
    start_ms: int
    end_ms: int
    dialect: Dialect
    notes: Notes | None
    """Prometheus' annotations; None where nobody reads them."""
    budget: Budget | None = None
    """What the query may read; None where it may read everything."""
    origins: Origins | None = None
    """Where the results of range functions came from, at all times so far; None where no two can become equal."""
    evaluated: dict[object, Sequence[tuple[LabelSet, Points]]] | None = None
    """What subqueries gave here, where somebody looks at that beside the result."""

    @property
    def catalog(self) -> Catalog:
        """Where label sets are interned."""
        return self.view.catalog

    def moment(self, shift: Shift) -> int:
        """Return the time at which a selector with *shift* looks, in milliseconds."""
        at = shift.at
        if at is None:
            return self.at_ms - shift.offset_ms
        if isinstance(at, Edge):
            at = self.start_ms if at is Edge.START else self.end_ms
        return at - shift.offset_ms

    def since(self, until: int, range_ms: int) -> int:
        """Return the excluded older end of the window that ends at *until*."""
        return until - range_ms - self.dialect.closed

    def move(self, at_ms: int) -> "Frame":
        """Return this evaluation at another time."""
        return Frame(self.view, at_ms, self.start_ms, self.end_ms, self.dialect, self.notes, self.budget, self.origins)

    def nameless(self, labels: LabelSet) -> LabelSet:
        """Return *labels* as a function leaves them: without the name, or with a doomed one."""
        if self.dialect.doom_names:
            return self.catalog.doom(labels)
        return labels.derived.get(BARE.key) or self.catalog.project(labels, BARE)

    def mapped(self, samples: Samples, function: Callable[[float], float]) -> Samples:
        """Apply *function* to each value and drop the names; raises EvaluationError when two series become one."""
        if self.dialect.doom_names:
            return {self.catalog.doom(labels): function(value) for labels, value in samples.items()}
        key, project = BARE.key, self.catalog.project
        found = {labels.derived.get(key) or project(labels, BARE): function(value) for labels, value in samples.items()}
        if len(found) != len(samples):
            raise twins()
        return found

    def check(self) -> None:
        """Raise EvaluationError when the query's time is up; for work that reads nothing new."""
        if self.budget is not None:
            self.budget.check()

    def note(self, text: str, about: Node) -> None:
        """Annotate the answer, if somebody reads that, with what is to say *about* a part of the query."""
        if self.notes is not None:
            self.notes.add(text, about)


def twins() -> EvaluationError:
    """Say that two series became equal by losing or changing labels."""
    return EvaluationError(
        "vector cannot contain metrics with the same labelset: aggregate first, or keep a label that tells them apart"
    )


VectorOf = Callable[[Frame], Samples]
ScalarOf = Callable[[Frame], float]
