"""From what a configuration says of collectors to the exporter's own words."""

from datetime import timedelta

from exporter.switching import Switch
from medic.app.settings.measure import Collectors
from medic.app.settings.switches import Switches


def switches(collectors: Collectors) -> dict[str, Switch]:
    """Return what is said of each collector and group by name; what is not written down is not said."""
    return {name: _switch(section) for name, section in collectors.sections().items()}


def _switch(section: Switches) -> Switch:
    said = section.said
    return Switch(
        enabled=section.enabled if "enabled" in said else None,
        expose=section.expose if "expose" in said else None,
        timeout=_seconds(section.timeout),
        every=_seconds(section.every),
        most=section.max_series,
    )


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()
