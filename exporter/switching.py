"""What the operator says of collectors, by their names or for a group of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from exporter.collector import Collector


@dataclass(frozen=True, slots=True)
class Switch:
    """What is said of a collector or a group; None where nothing is said."""

    enabled: bool | None = None
    expose: bool | None = None
    timeout: float | None = None
    """Seconds."""
    every: float | None = None
    """Seconds between its runs, on a clock of its own."""
    most: int | None = None
    """The most samples that a run may give."""


NOTHING = Switch()


def switched(collectors: Iterable[Collector], said: Mapping[str, Switch]) -> list[Collector]:
    """Return the collectors that are to run, as *said* by name or group; what is said of a name goes before."""
    combined = ((each, _of(each, said)) for each in collectors)
    return [_switched(each, switch) for each, switch in combined if switch.enabled is not False]


def _of(collector: Collector, said: Mapping[str, Switch]) -> Switch:
    group = said.get(collector.group, NOTHING)
    own = said.get(collector.name) or said.get(collector.entry, NOTHING)
    return Switch(
        enabled=group.enabled if own.enabled is None else own.enabled,
        expose=group.expose if own.expose is None else own.expose,
        timeout=own.timeout or group.timeout,
        every=own.every or group.every,
        most=own.most or group.most,
    )


def _switched(collector: Collector, switch: Switch) -> Collector:
    if switch == NOTHING:
        return collector
    return replace(
        collector,
        expose=collector.expose if switch.expose is None else switch.expose,
        timeout=switch.timeout or collector.timeout,
        cheap=collector.cheap and switch.every is None,
        every=switch.every or collector.every,
        most=switch.most or collector.most,
    )
