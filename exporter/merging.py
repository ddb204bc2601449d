"""How the families of several collectors become one page."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from exporter.admission import OutputError
from medic.core.samples import Family

_KEY = itemgetter(0, 1)


@dataclass(frozen=True, slots=True)
class Merged:
    """One page's families by name, and what was left out of it."""

    families: Mapping[str, Family]
    refused: Mapping[tuple[str, str], OutputError]
    """By collector and family: why that was left out."""


def merge(outputs: Iterable[tuple[str, Sequence[Family]]], reserved: Collection[str] = ()) -> Merged:
    """Join families of the same name, in the order of *outputs*, which are pairs of collector and families.

    Prometheus refuses a page that types a name twice or repeats a sample; so of two that contradict each other the
    later one is left out, and its collector is named. So is whoever gives a family of a *reserved* name.
    """
    given_by = list(outputs)
    families = {family[0]: family for _, given in given_by for family in given}
    if len(families) == sum(len(given) for _, given in given_by) and families.keys().isdisjoint(reserved):
        return Merged(families, {})  # as nearly always: each name once
    return _merge(given_by, reserved)


def _merge(outputs: Iterable[tuple[str, Sequence[Family]]], reserved: Collection[str]) -> Merged:
    families: dict[str, Family] = {}
    joints: dict[str, _Joint] = {}
    refused: dict[tuple[str, str], OutputError] = {}
    for collector, given in outputs:
        for family in given:
            if family.name in reserved:
                taken = "what Medic itself says of collectors: give it another name"
                refused[collector, family.name] = OutputError(f"{family.name} is {taken}")
                continue
            if family.name not in families:
                families[family.name] = family
                continue
            joint = joints.get(family.name) or joints.setdefault(family.name, _Joint(families[family.name]))
            if (wrong := joint.add(family)) is not None:
                refused[collector, family.name] = wrong
    return Merged(families | {name: joint.whole() for name, joint in joints.items()}, refused)


class _Joint:
    """A family that grows; each of its samples is looked at once, however many collectors give a part."""

    def __init__(self, first: Family) -> None:
        self._first = first
        self._samples = list(first.samples)
        self._keys = set(map(_KEY, first.samples))
        self._exemplars = dict(first.exemplars or {})

    def add(self, family: Family) -> OutputError | None:
        """Take in all of *family*, or return why nothing of it can be."""
        if (wrong := self._contradiction(family)) is not None:
            return wrong
        self._samples += family.samples
        self._keys.update(map(_KEY, family.samples))
        self._exemplars |= family.exemplars or {}
        return None

    def whole(self) -> Family:
        """Return all that was taken in."""
        return self._first._replace(samples=self._samples, exemplars=self._exemplars or None)

    def _contradiction(self, family: Family) -> OutputError | None:
        before = self._first
        if before.kind is not family.kind:
            return OutputError(
                f"{family.name} is a {family.kind} here and a {before.kind} of another collector: rename one of them"
            )
        repeated = next((sample for sample in family.samples if _KEY(sample) in self._keys), None)
        if repeated is None:
            return None
        return OutputError(
            f"{repeated.name}{dict(repeated.labels)} is given by another collector too: tell the two apart by a label"
        )
