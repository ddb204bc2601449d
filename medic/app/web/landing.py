"""What an exporter's landing page shows beside the state: each collector, how it fares, and where its metrics are."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from exporter.collector import Collector
from medic.core.clock import from_ms
from medic.core.samples import Family

SUCCESS = "medic_scrape_collector_success"
DURATION = "medic_scrape_collector_duration_seconds"
SUCCEEDED_AT = "medic_collector_last_success_timestamp_seconds"


class Row(NamedTuple):
    """One collector as the last tick found it."""

    name: str
    group: str
    path: str
    """Where its metrics alone are shown."""
    state: str
    """``works``, ``fails``, or empty before its first run."""
    seconds: float | None
    """How long its last run took."""
    succeeded_at: str
    """ISO 8601; empty where it never succeeded."""
    exposed: bool


def rows(collectors: Iterable[Collector], families: Iterable[Family]) -> list[Row]:
    """Lay out *collectors*, by group and name, with what *families* of the last tick say of them."""
    said = {
        family.name: {dict(sample.labels)["collector"]: sample.value for sample in family.samples}
        for family in families
        if family.name in {SUCCESS, DURATION, SUCCEEDED_AT}
    }
    ordered = sorted(collectors, key=lambda each: (each.group, each.name))
    return [_row(each, said) for each in ordered]


def _row(collector: Collector, said: Mapping[str, Mapping[str, float]]) -> Row:
    name = collector.name
    success, at = said.get(SUCCESS, {}).get(name), said.get(SUCCEEDED_AT, {}).get(name)
    return Row(
        name=name,
        group=collector.group,
        path=f"/metrics?{urlencode({'collect[]': name})}",
        state="" if success is None else "works" if success else "fails",
        seconds=said.get(DURATION, {}).get(name),
        succeeded_at="" if at is None else from_ms(round(at * 1000)).isoformat(),
        exposed=collector.expose,
    )
