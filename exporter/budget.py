"""How a page is kept within its budget of series: whole families go, the largest of the largest collector first."""

from collections.abc import Collection, Mapping
from operator import itemgetter

from exporter.admission import OutputError
from exporter.collector import Collected
from medic.core.samples import Family

MOST_SERIES = 100_000
"""On one page, of all collectors together; Prometheus' own limits, where people set any, are lower."""


_SAMPLES = itemgetter(3)


class OverBudgetError(OutputError):
    """All collectors together gave more than a page may hold."""


def within(runs: Mapping[str, Collected], most: int, vital: Collection[str] = ()) -> dict[str, Collected]:
    """Return *runs* with at most *most* samples together; what a *vital* collector gave is never touched.

    The collector that gave most loses its largest families until the rest fits, then the one that gave next most; of
    equals the one that is last by name. So the same output always loses the same. A collector that lost something has
    failed: rules that read it must not judge by a part.
    """
    kept = dict(runs)
    sizes = {name: _size(run.families) for name, run in runs.items()}
    excess = sum(sizes.values()) - most
    while excess > 0:
        name = max(sizes.keys() - vital, key=lambda each: (sizes[each], each), default=None)
        if name is None or not sizes[name]:
            break
        kept[name] = _trimmed(kept[name], excess, most)
        excess -= sizes[name] - _size(kept[name].families)
        sizes[name] = 0
    return kept


def _trimmed(run: Collected, excess: int, most: int) -> Collected:
    """Take away the largest families until *excess* samples are gone, or all of them."""
    gone: set[str] = set()
    lost = 0
    for family in sorted(run.families, key=lambda each: (-len(each.samples), each.name)):
        if lost >= excess:
            break
        gone.add(family.name)
        lost += len(family.samples)
    error = OverBudgetError(f"{lost} samples do not fit into the {most} of all collectors: raise collectors.max_series")
    families = [family for family in run.families if family.name not in gone]
    return run._replace(families=families, dropped=run.dropped + lost, error=run.error or error)


def _size(families: Collection[Family]) -> int:
    return sum(map(len, map(_SAMPLES, families)))
