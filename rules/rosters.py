"""Label sets that come together at each evaluation, with what follows from them worked out once."""

from collections.abc import Sequence
from typing import TypeVar

from rules.labelsets import BARE, DERIVED, Catalog, LabelSet, Projection

T = TypeVar("T")

Groups = tuple[tuple[LabelSet, tuple[int, ...]], ...]
"""Of a grouping: the label set of each group, and the indices of its members."""


class Roster:
    """Label sets in a fixed order; values that belong to them come as a sequence of equal length."""

    __slots__ = ("_bare", "_groups", "_projected", "labels", "unique")

    def __init__(self, labels: tuple[LabelSet, ...]) -> None:
        """Hold *labels*, of which two may be equal where names were dropped."""
        self.labels = labels
        self.unique = len(labels) == 1 or len(set(labels)) == len(labels)
        self._bare: Roster | None = None
        self._projected: dict[str, Roster] = {}
        self._groups: dict[str, Groups] = {}

    def project(self, catalog: Catalog, projection: Projection) -> "Roster":
        """Return what *projection* leaves of each label set; asked twice it is one dictionary look-up."""
        found = self._projected.get(projection.key)
        if found is None:
            found = Roster(tuple(catalog.project(labels, projection) for labels in self.labels))
            _remember(self._projected, projection.key, found)
        return found

    def nameless(self, catalog: Catalog) -> "Roster":
        """Return what is left of each label set without its name."""
        if self._bare is None:
            self._bare = self.project(catalog, BARE)
        return self._bare

    def doom(self, catalog: Catalog) -> "Roster":
        """Mark the names for removal at the end of the query."""
        found = self._projected.get("doomed")
        if found is None:
            found = Roster(tuple(map(catalog.doom, self.labels)))
            _remember(self._projected, "doomed", found)
        return found

    def groups(self, catalog: Catalog, projection: Projection) -> Groups:
        """Return which of them fall together under *projection*, in the order in which they first appear."""
        found = self._groups.get(projection.key)
        if found is None:
            members: dict[LabelSet, list[int]] = {}
            for index, labels in enumerate(self.labels):
                members.setdefault(catalog.project(labels, projection), []).append(index)
            found = tuple((labels, tuple(indices)) for labels, indices in members.items())
            _remember(self._groups, projection.key, found)
        return found


def _remember(memory: dict[str, T], key: str, value: T) -> None:
    if len(memory) >= DERIVED:
        memory.clear()
    memory[key] = value


Rows = list[tuple[Roster, Sequence[float]]]
"""A vector in bulk: values beside their label sets, all label sets different."""
