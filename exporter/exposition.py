"""The pages that Prometheus reads: text format 0.0.4 and OpenMetrics 1.0.0.

Formats: https://prometheus.io/docs/instrumenting/exposition_formats/ and
https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache, partial
from itertools import accumulate, chain
from operator import itemgetter
from typing import NamedTuple

from exporter.accept import best
from medic.core.samples import Exemplar, Family, Kind, Labels, Sample

PAGES = 16
"""How many pages are remembered that differ in their families, as by ``collect[]``, or in their format."""
MILLISECONDS = 1000

_NAME, _LABELS, _VALUE = itemgetter(0), itemgetter(1), itemgetter(2)
_SAMPLES, _EXEMPLARS = itemgetter(3), itemgetter(4)
_Shape = tuple[list[tuple[str, Kind, str, int]], list[str], list[Labels]]
"""The heads of the families with the number of their samples, and the samples' names and labels."""
_FINITE = frozenset({float, int})


class Format(StrEnum):
    """The formats, by their content types."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Page(NamedTuple):
    """A page as it goes over the wire, not compressed."""

    content_type: str
    body: bytes


def render(families: Iterable[Family], accept: str = "") -> Page:
    """Write *families*, in their order, in the format that *accept* (an ``Accept`` header) likes best; text if none.

    Samples carry no timestamp, so that Prometheus sees at once when a series ends; NaN is left out. The families must
    have passed `exporter.admission.admit`, and no two may have one name. Exemplars show in OpenMetrics alone.
    """
    chosen = Format(best(accept, (Format.TEXT, Format.OPENMETRICS)))
    return Page(chosen, _write([*families], chosen).encode())


class _Layout:
    """A page without its values, kept for the next page that has the same families and samples."""

    def __init__(self, head: Callable[[str, Kind, str], str]) -> None:
        self._head = head
        self._known: tuple[_Shape, list[str], str] = (([], [], []), [], "")

    def of(self, families: Sequence[Family], samples: Sequence[Sample]) -> tuple[list[str], str]:
        """Return what stands before each value, and what stands behind the last one."""
        heads = [(*each[:3], len(each[3])) for each in families]
        shape = heads, list(map(_NAME, samples)), list(map(_LABELS, samples))
        known, pieces, rest = self._known
        if known != shape:
            *pieces, rest = self._lay_out(families)
            self._known = shape, pieces, rest
        return pieces, rest

    def _lay_out(self, families: Iterable[Family]) -> Iterator[str]:
        before, end = "", "\n"
        for name, kind, help_, samples, _ in families:
            before += self._head(name, kind, help_)
            for sample in samples:
                yield before + _prefix(sample.name, sample.labels)
                before = end
        yield before


@lru_cache(maxsize=PAGES)
def _layout(chosen: Format, names: tuple[str, ...]) -> _Layout:
    """Return the one layout that pages of this format with families of these names share."""
    return _Layout(_text_head if chosen is Format.TEXT else partial(_openmetrics_head, frozenset(names)))


def _write(families: Sequence[Family], chosen: Format) -> str:
    samples = list(chain.from_iterable(map(_SAMPLES, families)))
    numbers = _numbers(list(map(_VALUE, samples)))
    if "NaN" in numbers:
        return _write([_without_nan(family) for family in families], chosen)
    if chosen is Format.OPENMETRICS and any(map(_EXEMPLARS, families)):
        _add_exemplars(families, numbers)
    pieces, rest = _layout(chosen, tuple([family[0] for family in families])).of(families, samples)
    end = "# EOF\n" if chosen is Format.OPENMETRICS else ""
    return "".join([*chain.from_iterable(zip(pieces, numbers, strict=True)), rest, end])


def _without_nan(family: Family) -> Family:
    return family._replace(samples=[each for each in family.samples if each.value == each.value])


def _numbers(values: list[float]) -> list[str]:
    """Write all values at once where that is safe: `_number` takes twice as long."""
    if _FINITE.issuperset(map(type, values)):
        total = sum(values, 0.0)  # of integers alone the sum could be one that no float can hold
        if total - total == 0:
            return list(map(repr, values))
    return list(map(_number, values))


def _number(value: float) -> str:
    """Write the shortest text that reads back as *value*, as Go's parser and both formats take it."""
    if type(value) is int:
        return str(value)
    if math.isfinite(value):
        return repr(float(value))
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _add_exemplars(families: Sequence[Family], numbers: list[str]) -> None:
    """Write exemplars behind the numbers of their samples."""
    begins = accumulate(map(len, map(_SAMPLES, families)), initial=0)
    for begin, family in zip(begins, families, strict=False):
        known = family.exemplars or {}
        for place, sample in enumerate(family.samples if known else (), begin):
            if (found := known.get(sample[:2])) is not None:
                numbers[place] += _exemplar(found)


def _exemplar(exemplar: Exemplar) -> str:
    at = "" if exemplar.at is None else f" {exemplar.at / MILLISECONDS}"
    return f" # {{{_pairs(exemplar.labels)}}} {_number(exemplar.value)}{at}"


def _prefix(name: str, labels: Labels) -> str:
    return f"{name}{{{_pairs(labels)}}} " if labels else f"{name} "


def _pairs(labels: Labels) -> str:
    return ",".join(f'{key}="{_escape(value)}"' for key, value in labels)


def _text_head(name: str, kind: Kind, help_: str) -> str:
    text = help_.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"


def _openmetrics_head(names: Collection[str], name: str, kind: Kind, help_: str) -> str:
    """Name and type a family as OpenMetrics does: a counter without ``_total``, and one that never had it unknown.

    So is a counter whose name without ``_total`` is another family's among *names*, as no name may stand twice.
    """
    shown: str = kind
    stem = name.removesuffix("_total")
    if kind is Kind.UNTYPED or (kind is Kind.COUNTER and (stem == name or stem in names)):
        shown = "unknown"
    family = stem if shown == Kind.COUNTER else name
    return f"# TYPE {family} {shown}\n# HELP {family} {_escape(help_)}\n"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
