"""The pages that Prometheus reads: text format 0.0.4 and OpenMetrics 1.0.0.

Formats: https://prometheus.io/docs/instrumenting/exposition_formats/ and
https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

import math
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from exporter.accept import best
from medic.core.samples import Family, Kind, Labels

CACHED = 1 << 16
"""How many prefixes of samples are remembered; a page of more is slower, never larger in memory."""


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
    have passed `exporter.admission.admit`, and no two may have one name.
    """
    chosen = Format(best(accept, (Format.TEXT, Format.OPENMETRICS)))
    if chosen is Format.TEXT:
        return Page(chosen, _write(families, _text_head, ""))
    return Page(chosen, _write(families, _openmetrics_head, "# EOF\n"))


def _write(families: Iterable[Family], head: Callable[[str, Kind, str], str], end: str) -> bytes:
    lines: list[str] = []
    for family in families:
        lines.append(head(family.name, family.kind, family.help))
        lines.extend(
            [
                f"{_prefix(name, labels)}{_number(value)}\n"
                for name, labels, value, _ in family.samples
                if value == value  # noqa: PLR0124 - only NaN differs from itself, and this is the fastest way to ask
            ]
        )
    lines.append(end)
    return "".join(lines).encode()


def _number(value: float) -> str:
    """Write the shortest text that reads back as *value*, as Go's parser and both formats take it."""
    if type(value) is int:
        return str(value)
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(float(value))


@lru_cache(maxsize=CACHED)
def _prefix(name: str, labels: Labels) -> str:
    pairs = ",".join(f'{key}="{_escape(value)}"' for key, value in labels)
    return f"{name}{{{pairs}}} " if pairs else f"{name} "


@lru_cache(maxsize=CACHED)
def _text_head(name: str, kind: Kind, help_: str) -> str:
    text = help_.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"


@lru_cache(maxsize=CACHED)
def _openmetrics_head(name: str, kind: Kind, help_: str) -> str:
    """Name and type a family as OpenMetrics does: a counter without ``_total``, and one that never had it unknown."""
    shown: str = kind
    if kind is Kind.UNTYPED or (kind is Kind.COUNTER and not name.endswith("_total")):
        shown = "unknown"
    family = name.removesuffix("_total") if shown == Kind.COUNTER else name
    return f"# TYPE {family} {shown}\n# HELP {family} {_escape(help_)}\n"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
