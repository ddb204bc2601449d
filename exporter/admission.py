"""What may go onto a page: a collector's output is checked whole, and refused whole."""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from medic.core.errors import MedicError
from medic.core.samples import Family, Kind, Labels, Sample

MOST_SAMPLES = 20_000
"""More from one collector is taken for a mistake: a label that holds an id, or a list that grows without end."""
SUFFIXES = {Kind.HISTOGRAM: ("_bucket", "_sum", "_count")}

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")


class OutputError(MedicError):
    """A collector gave something that cannot stand on a page."""


def admit(families: Iterable[Family], most: int = MOST_SAMPLES) -> tuple[Family, ...]:
    """Return *families* as they may be shown; NaN is left out, for a missing value is absent.

    Raises OutputError for wrong names, foreign or repeated samples, values that are no numbers, and more than *most*
    samples. A generator is read no further than that.
    """
    admitted = []
    count = 0
    for family in families:
        count += max(1, len(family.samples))
        if count > most:
            raise OutputError(f"more than {most} samples: drop the label whose values never end")
        admitted.append(_admit(family))
    return tuple(admitted)


def _admit(family: Family) -> Family:
    _check_name(family.name)
    samples = family.samples
    clean = True
    for name, labels, value, _ in samples:
        if name != family.name or family.kind in SUFFIXES:
            _check_member(family, name)
        _check_labels(labels)
        clean &= _is_number(value, name)
    if len(samples) > 1 and len({sample[:2] for sample in samples}) < len(samples):
        raise OutputError(f"{family.name}: {_repeated(samples)} is given twice: tell the two apart by a label")
    return family if clean else replace(family, samples=[each for each in samples if each.value == each.value])


def _is_number(value: float, name: str) -> bool:
    """Tell whether *value* is a number that can be shown; False of NaN."""
    if not isinstance(value, (int, float)):
        raise OutputError(f"{name}: {value!r} is not a number: give a float, or leave the sample out")
    return value == value  # noqa: PLR0124 - only NaN differs from itself, and this is the fastest way to ask


def _check_member(family: Family, name: str) -> None:
    allowed = [family.name + suffix for suffix in SUFFIXES.get(family.kind, ("",))]
    if name not in allowed:
        raise OutputError(f"{family.name}: sample {name!r} does not belong to it: name it {' or '.join(allowed)}")


@lru_cache(maxsize=1 << 14)
def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise OutputError(f"{name!r} is not a metric name: use letters, digits and _ only, no digit first")


@lru_cache(maxsize=1 << 16)
def _check_labels(labels: Labels) -> None:
    names = [name for name, _ in labels]
    if names != sorted(set(names)):
        raise OutputError(f"labels {names} are not sorted or not unique: build them with medic.core.samples.labels")
    for name, value in labels:
        if not _LABEL.fullmatch(name):
            raise OutputError(f"{name!r} is not a label name: use letters, digits and _ only, no digit or __ first")
        if not _is_text(value):
            raise OutputError(f"label {name} has the value {value!r}: give text that can be written as UTF-8")


def _is_text(value: object) -> bool:
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


def _repeated(samples: Iterable[Sample]) -> str:
    seen = set()
    for sample in samples:
        if sample[:2] in seen:
            return f"{sample.name}{dict(sample.labels)}"
        seen.add(sample[:2])
    return "a sample"
