"""Interned label sets: equal labels are one object, so that grouping and matching compare by identity."""

from dataclasses import dataclass
from threading import Lock
from weakref import WeakValueDictionary

from medic.core.samples import Labels

NAME = "__name__"
DERIVED = 256
"""How many projections one label set remembers; whoever asks for ever new ones gets them made anew."""


class LabelSet:
    """The labels of one series, ``__name__`` included; two equal ones of one catalog are the same object.

    Never build one directly: only what a ``Catalog`` interned may be compared by identity.
    """

    __slots__ = ("__weakref__", "derived", "doomed", "pairs")

    def __init__(self, pairs: Labels, *, doomed: bool) -> None:
        """Hold *pairs*; *doomed* says that the name is still there but goes when the query ends (delayed removal)."""
        self.pairs = pairs
        self.doomed = doomed
        self.derived: dict[str, LabelSet] = {}

    def get(self, name: str) -> str:
        """Return the value of a label, empty where it is missing."""
        for key, value in self.pairs:
            if key == name:
                return value
        return ""

    def __repr__(self) -> str:
        inner = ", ".join(f'{name}="{value}"' for name, value in self.pairs)
        return f"{{{inner}}}"


@dataclass(frozen=True, slots=True)
class Projection:
    """Keeps (``by``, ``on``) or drops (``without``, ``ignoring``) the named labels of a set."""

    key: str
    """What the result is remembered by in each label set; equal projections have equal keys."""
    names: frozenset[str]
    keep: bool

    def apply(self, pairs: Labels) -> Labels:
        """Return the pairs that remain, still sorted."""
        return tuple(pair for pair in pairs if (pair[0] in self.names) == self.keep)


def keeping(*names: str) -> Projection:
    """Project onto *names*; labels that a set lacks stay absent."""
    return Projection(f"by {sorted(set(names))}", frozenset(names), keep=True)


def dropping(*names: str) -> Projection:
    """Project away *names*."""
    return Projection(f"without {sorted(set(names))}", frozenset(names), keep=False)


BARE = dropping(NAME, "__type__", "__unit__")
"""Labels without the name and what Prometheus treats as part of it."""


class Catalog:
    """Where label sets are interned; those that nobody holds any more vanish by themselves."""

    def __init__(self) -> None:
        self._lock = Lock()  # two threads must not intern one set twice: identity is equality here
        self._sets: WeakValueDictionary[tuple[Labels, bool], LabelSet] = WeakValueDictionary()
        self.empty = self.intern(())

    def intern(self, pairs: Labels, *, doomed: bool = False) -> LabelSet:
        """Return the one label set of *pairs*, which must be sorted and hold no empty value."""
        key = (pairs, doomed)
        with self._lock:
            found = self._sets.get(key)
            if found is None:
                found = self._sets[key] = LabelSet(pairs, doomed=doomed)
        return found

    def project(self, labels: LabelSet, projection: Projection) -> LabelSet:
        """Return what *projection* leaves of *labels*; asked twice it is one dictionary look-up."""
        found = labels.derived.get(projection.key)
        if found is None:
            pairs = projection.apply(labels.pairs)
            doomed = labels.doomed and any(name in BARE.names for name, _ in pairs)
            found = _remember(labels, projection.key, self.intern(pairs, doomed=doomed))
        return found

    def doom(self, labels: LabelSet) -> LabelSet:
        """Mark the name of *labels* for removal at the end of the query; sets without a name stay as they are."""
        if labels.doomed or not any(name in BARE.names for name, _ in labels.pairs):
            return labels
        found = labels.derived.get("doomed")
        if found is None:
            found = _remember(labels, "doomed", self.intern(labels.pairs, doomed=True))
        return found

    def rewrite(self, labels: LabelSet, changes: dict[str, str]) -> LabelSet:
        """Set the labels in *changes*, an empty value removing one; setting the name saves a doomed one."""
        merged = {**dict(labels.pairs), **changes}
        pairs = tuple(sorted((name, value) for name, value in merged.items() if value))
        doomed = labels.doomed and NAME not in changes and any(name in BARE.names for name, _ in pairs)
        return self.intern(pairs, doomed=doomed)


def _remember(labels: LabelSet, key: str, derived: LabelSet) -> LabelSet:
    """Keep *derived*; forgetting others harms no query, since what it still holds stays the interned one."""
    if len(labels.derived) >= DERIVED:
        labels.derived.clear()
    labels.derived[key] = derived
    return derived
