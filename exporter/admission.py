"""What may go onto a page: a collector's output is checked whole, and refused whole."""

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter

from medic.core.errors import MedicError
from medic.core.samples import Exemplar, Family, Kind, Labels, Sample

MOST_SAMPLES = 20_000
"""More from one collector is taken for a mistake: a label that holds an id, or a list that grows without end."""
SUFFIXES = {Kind.HISTOGRAM: ("_bucket", "_sum", "_count"), Kind.SUMMARY: ("", "_sum", "_count")}
LATEST = 1 << 53
"""Milliseconds; what is beyond is no time of anything."""
LONGEST_EXEMPLAR = 128
"""Characters in the names and values of an exemplar's labels, as OpenMetrics 1.0 allows."""

Key = tuple[str, Labels]
"""What tells a sample from all others: its name and its labels."""
_Shape = tuple[list[tuple[str, Kind, str]], list[int], list[str], list[Labels]]
"""The head of each family, how many samples each has, and the names and labels of these."""

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")
_NUMBERS = frozenset({float, int, bool})
_NAME_OF, _LABELS_OF, _VALUE, _AT = itemgetter(0), itemgetter(1), itemgetter(2), itemgetter(3)
_HEAD, _SAMPLES, _EXEMPLARS = itemgetter(0, 1, 2), itemgetter(3), itemgetter(4)


class OutputError(MedicError):
    """A collector gave something that cannot stand on a page."""


class SurplusError(OutputError):
    """A collector gave more than it may; what came before that can stand on a page."""

    def __init__(self, most: int, kept: Sequence[Family], dropped: int) -> None:
        """Keep what may be shown; of a generator, *dropped* counts what was read of it."""
        super().__init__(
            f"more than {most} samples: drop the label whose values never end, or raise max_series of this collector"
        )
        self.kept, self.dropped = tuple(kept), dropped


class Admission:
    """The door of one collector: output of the shape of last time is known, and only its values are new."""

    def __init__(self, most: int = MOST_SAMPLES) -> None:
        """Admit at most *most* samples a run."""
        self._most = most
        self._shape: _Shape | None = None

    def admit(self, families: Iterable[Family]) -> tuple[Family, ...]:
        """Return *families* as they may be shown; NaN is left out, for a missing value is absent.

        Raises OutputError for wrong names, kinds and help texts, foreign or repeated samples and values that are no
        numbers, and SurplusError for too many samples: a generator is read no further than that, and the family that
        exceeds the limit is left out with all behind it. Never call it from two threads at once.
        """
        given, dropped = _take(families, self._most)
        samples = list(chain.from_iterable(map(_SAMPLES, given)))
        heads, sizes = list(map(_HEAD, given)), list(map(len, map(_SAMPLES, given)))
        shape = heads, sizes, list(map(_NAME_OF, samples)), list(map(_LABELS_OF, samples))
        if shape != self._shape:
            self._shape = None
            for family in given:
                _check_shape(family)
            self._shape = shape
        if any(map(_AT, samples)):
            _check_times(samples)
        if any(map(_EXEMPLARS, given)):
            _check_exemplars(given)
        admitted = tuple(given if _are_plain(samples) else map(_without_nan, given))
        if dropped:
            raise SurplusError(self._most, admitted, dropped)
        return admitted


def admit(families: Iterable[Family], most: int = MOST_SAMPLES) -> tuple[Family, ...]:
    """Admit *families* of a collector that is not known yet, as `Admission.admit` does."""
    return Admission(most).admit(families)


def is_text(value: object) -> bool:
    """Tell whether *value* is text that can be written as UTF-8, which surrogates cannot."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


def _take(families: Iterable[Family], most: int) -> tuple[list[Family], int]:
    """Return the families that hold at most *most* samples together, and how many samples were left out, if any."""
    taken: list[Family] = []
    count = 0
    for family in families:
        size = len(family.samples)
        count += size or 1
        if count > most:
            behind = families[len(taken) + 1 :] if isinstance(families, Sequence) else ()
            return taken, max(1, size) + sum(len(each.samples) for each in behind)
        taken.append(family)
    return taken, 0


def _are_plain(samples: Sequence[Sample]) -> bool:
    """Tell fast whether all values are finite numbers; False says only that each has to be looked at."""
    values = list(map(_VALUE, samples))
    if not _NUMBERS.issuperset(map(type, values)):
        return False
    try:
        total = sum(values, 0.0)
    except OverflowError:
        return False
    return total - total == 0


def _without_nan(family: Family) -> Family:
    kept = [sample for sample in family.samples if _is_number(sample.value, sample.name)]
    return family if len(kept) == len(family.samples) else family._replace(samples=kept)


def _is_number(value: float, name: str) -> bool:
    """Tell whether *value* is a number that can be shown; False of NaN."""
    if not isinstance(value, (int, float)):
        raise OutputError(f"{name}: {value!r} is not a number: give a float, or leave the sample out")
    try:
        return not math.isnan(value)
    except OverflowError:
        raise OutputError(f"{name}: has a value that no float can hold: give one below 1.8e308") from None


def _check_shape(family: Family) -> None:
    _check_name(family.name)
    _check_head(family)
    keys = [sample[:2] for sample in family.samples]
    for name, labels in keys:
        if name != family.name or family.kind in SUFFIXES:
            _check_member(family, name)
        _check_labels(labels)
    if len(keys) > 1 and len(set(keys)) < len(keys):
        raise OutputError(f"{family.name}: {_repeated(keys)} is given twice: tell the two apart by a label")


def _check_member(family: Family, name: str) -> None:
    allowed = [family.name + suffix for suffix in SUFFIXES.get(family.kind, ("",))]
    if name not in allowed:
        raise OutputError(f"{family.name}: sample {name!r} does not belong to it: name it {' or '.join(allowed)}")


def _check_head(family: Family) -> None:
    if not isinstance(family.kind, Kind):
        raise OutputError(f"{family.name}: {family.kind!r} is not a kind: give a medic.core.samples.Kind")
    if not is_text(family.help):
        raise OutputError(f"{family.name}: has the help {family.help!r}: give text that can be written as UTF-8")


@lru_cache(maxsize=1 << 14)
def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise OutputError(f"{name!r} is not a metric name: use letters, digits and _ only, no digit first")


@lru_cache(maxsize=1 << 12)
def _check_labels(labels: Labels) -> None:
    names = [name for name, _ in labels]
    if names != sorted(set(names)):
        raise OutputError(f"labels {names} are not sorted or not unique: build them with medic.core.samples.labels")
    for name, value in labels:
        if not _LABEL.fullmatch(name):
            raise OutputError(f"{name!r} is not a label name: use letters, digits and _ only, no digit or __ first")
        if not is_text(value):
            raise OutputError(f"label {name} has the value {value!r}: give text that can be written as UTF-8")


def _check_times(samples: Iterable[Sample]) -> None:
    for sample in samples:
        if not _is_time(sample.at):
            raise OutputError(f"{sample.name}: {sample.at!r} is no time: give milliseconds since the epoch, or None")


def _check_exemplars(families: Iterable[Family]) -> None:
    for family in families:
        for each in (family.exemplars or {}).values():
            _check_exemplar(family.name, each)


def _check_exemplar(name: str, exemplar: Exemplar) -> None:
    _check_labels(exemplar.labels)
    if sum(len(key) + len(value) for key, value in exemplar.labels) > LONGEST_EXEMPLAR:
        longest = f"more than {LONGEST_EXEMPLAR} characters of labels"
        raise OutputError(f"{name}: an exemplar has {longest}: name an id alone")
    if not _is_number(exemplar.value, name) or not _is_time(exemplar.at):
        raise OutputError(f"{name}: an exemplar has a value or a time that is none: give a float, and milliseconds")


def _is_time(at: object) -> bool:
    return at is None or (isinstance(at, int) and abs(at) <= LATEST)


def _repeated(keys: Iterable[Key]) -> str:
    seen = set()
    for key in keys:
        if key in seen:
            return f"{key[0]}{dict(key[1])}"
        seen.add(key)
    return "a sample"
