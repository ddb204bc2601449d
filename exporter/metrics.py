"""What the runner says of its collectors, as families."""

from collections.abc import Mapping

from exporter.collector import Collected
from medic.core.samples import Family, gauge, labels

MILLISECONDS = 1000


def families(runs: Mapping[str, Collected], succeeded_at: Mapping[str, int]) -> list[Family]:
    """Describe the last runs by collector; *succeeded_at* holds milliseconds, from which a reader takes their age."""
    rows = [(labels(collector=name), name, runs[name]) for name in sorted(runs)]
    return [
        gauge(
            "medic_scrape_collector_success",
            "Whether the collector's last run succeeded.",
            *((pairs, int(run.succeeded)) for pairs, _, run in rows),
        ),
        gauge(
            "medic_scrape_collector_duration_seconds",
            "How long the collector's last run took.",
            *((pairs, run.seconds) for pairs, _, run in rows),
        ),
        gauge(
            "medic_scrape_collector_timeout",
            "Whether the collector's last run exceeded its deadline.",
            *((pairs, int(run.timed_out)) for pairs, _, run in rows),
        ),
        gauge(
            "medic_collector_last_success_timestamp_seconds",
            "When the collector last succeeded; its samples are as old as that.",
            *((pairs, succeeded_at[name] / MILLISECONDS) for pairs, name, _ in rows if name in succeeded_at),
        ),
    ]
