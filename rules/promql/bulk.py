"""Vectors in bulk: what comes from many series at once stays beside their label sets, which are grouped only once."""

from collections.abc import Callable
from itertools import compress, repeat

from rules.labelsets import LabelSet, Projection
from rules.promql.frame import Frame, Samples, VectorOf, twins
from rules.rosters import Rows

RowsOf = Callable[[Frame], Rows]


class Bulk:
    """A compiled vector whose elements can also be had in bulk, for those above it that can use that."""

    __slots__ = ("rows",)

    def __init__(self, rows: RowsOf) -> None:
        """Take the function that gives them."""
        self.rows = rows

    def __call__(self, frame: Frame) -> Samples:
        """Evaluate as any vector."""
        found: Samples = {}
        for roster, values in self.rows(frame):
            found.update(zip(roster.labels, values, strict=True))
        return found


def nameless(frame: Frame, rows: Rows) -> Rows:
    """Return *rows* as a function leaves them: without names; raises EvaluationError when two series become one."""
    catalog = frame.catalog
    if frame.dialect.doom_names:
        return [(roster.doom(catalog), values) for roster, values in rows]
    found: Rows = []
    for roster, values in rows:
        bare = roster.nameless(catalog)
        if not bare.unique:
            raise twins()
        found.append((bare, values))
    if len(found) > 1:
        every = set[LabelSet]().union(*(roster.labels for roster, _ in found))
        if len(every) < sum(len(roster.labels) for roster, _ in found):
            raise twins()
    return found


Groups = dict[LabelSet, list[float]]


def groups_of(vector: VectorOf, projection: Projection | None) -> Callable[[Frame], Groups]:
    """Return the function that gives the values of each group; one group of all without a *projection*."""
    if isinstance(vector, Bulk):
        rows = vector.rows
        return lambda frame: _grouped_rows(frame, rows(frame), projection)
    return lambda frame: _grouped(frame, vector(frame), projection)


def _grouped_rows(frame: Frame, rows: Rows, projection: Projection | None) -> Groups:
    if projection is None:
        return {frame.catalog.empty: [value for _, values in rows for value in values]} if rows else {}
    groups: Groups = {}
    for roster, values in rows:
        for group, indices in roster.groups(frame.catalog, projection):
            found = [values[index] for index in indices]
            if group in groups:
                groups[group] += found
            else:
                groups[group] = found
    return groups


def _grouped(frame: Frame, samples: Samples, projection: Projection | None) -> Groups:
    if projection is None:
        return {frame.catalog.empty: list(samples.values())} if samples else {}
    key, project = projection.key, frame.catalog.project
    groups: Groups = {}
    for labels, value in samples.items():
        group = labels.derived.get(key) or project(labels, projection)
        values = groups.get(group)
        if values is None:
            groups[group] = [value]
        else:
            values.append(value)
    return groups


def kept(rows: Rows, compare: Callable[[float, float], bool], limit: float) -> Samples:
    """Return the elements that compare with *limit*."""
    found: Samples = {}
    for roster, values in rows:
        if len(values) > 1:
            found.update(compress(zip(roster.labels, values, strict=True), map(compare, values, repeat(limit))))
        elif compare(values[0], limit):
            found[roster.labels[0]] = values[0]
    return found
