"""What the runner says of its collectors, as families."""

from collections.abc import Mapping
from functools import lru_cache

from exporter.collector import Collected
from medic.core.samples import Family, Labels, counter, gauge, labels

MILLISECONDS = 1000


def families(
    runs: Mapping[str, Collected], succeeded_at: Mapping[str, int], dropped: Mapping[str, int] | None = None
) -> list[Family]:
    """Describe the last runs by collector.

    *succeeded_at* holds milliseconds, from which a reader takes their age; *dropped* counts what was left out so far.
    """
    rows = [(_named(name), name, runs[name]) for name in sorted(runs)]
    lost = dropped or {}
    return [
        gauge(
            "medic_scrape_collector_success",
            "Whether the collector's last run succeeded.",
            *[(pairs, int(run.succeeded)) for pairs, _, run in rows],
        ),
        gauge(
            "medic_scrape_collector_duration_seconds",
            "How long the collector's last run took.",
            *[(pairs, run.seconds) for pairs, _, run in rows],
        ),
        gauge(
            "medic_scrape_collector_timeout",
            "Whether the collector's last run exceeded its deadline.",
            *[(pairs, int(run.timed_out)) for pairs, _, run in rows],
        ),
        gauge(
            "medic_collector_last_success_timestamp_seconds",
            "When the collector last succeeded; its samples are as old as that.",
            *[(pairs, succeeded_at[name] / MILLISECONDS) for pairs, name, _ in rows if name in succeeded_at],
        ),
        counter(
            "medic_scrape_series_dropped_total",
            "Series of the collector that were left out of ticks, since there were too many.",
            *[(pairs, lost.get(name, 0)) for pairs, name, _ in rows],
        ),
    ]


NAMES = frozenset(family.name for family in families({}, {}))
"""The families that the runner gives, and so no collector."""


@lru_cache(maxsize=1024)
def _named(collector: str) -> Labels:
    return labels(collector=collector)
