"""Names and units of what sensors say (kernel documentation: hwmon/sysfs-interface), as node_exporter has them."""

from functools import lru_cache
from typing import NamedTuple

MILLI, MICRO = 1_000, 1_000_000


class Title(NamedTuple):
    """What a file's value is called, and how many of its units make one of ours."""

    name: str
    help: str
    per: float = 1


class Unit(NamedTuple):
    """A rule by which files are named; the first whose kind and element fit is taken."""

    kinds: frozenset[str]
    """Empty for all."""
    elements: frozenset[str]
    """Empty for all."""
    suffix: str
    help: str
    per: float = 1


def _of(*words: str) -> frozenset[str]:
    return frozenset(words)


ALL = _of()
WHOLE = {
    "beep_enable": Title("node_hwmon_beep_enabled", "Hardware beep enabled"),
    "vrm": Title("node_hwmon_voltage_regulator_version", "Hardware voltage regulator"),
    "update_interval": Title(
        "node_hwmon_update_interval_seconds", "Hardware monitor update interval", MILLI
    ),
}  # fmt: skip
"""Files of the whole chip."""
INTERVALS = _of("average_interval", "average_interval_min", "average_interval_max")
UNITS = (
    Unit(ALL, _of("fault", "alarm"), "", "Hardware sensor {element} status ({kind})"),
    Unit(ALL, _of("beep"), "_enabled", "Hardware monitor sensor has beeping enabled"),
    Unit(_of("in", "cpu"), ALL, "_volts", "Hardware monitor for voltage ({element})", MILLI),
    Unit(_of("temp"), _of("type"), "", "Hardware monitor temp element type"),
    Unit(_of("temp"), ALL, "_celsius", "Hardware monitor for temperature ({element})", MILLI),
    Unit(_of("curr"), ALL, "_amps", "Hardware monitor for current ({element})", MILLI),
    Unit(_of("energy"), ALL, "_joule_total", "Hardware monitor for joules used so far ({element})", MICRO),
    Unit(_of("power"), _of("accuracy"), "", "Hardware monitor power meter accuracy, as a ratio", MICRO),
    Unit(_of("power"), INTERVALS, "_seconds", "Hardware monitor power usage update interval ({element})", MILLI),
    Unit(_of("power"), ALL, "_watt", "Hardware monitor for power usage in watts ({element})", MICRO),
    Unit(_of("humidity"), ALL, "", "Hardware monitor for humidity, as a ratio (multiply with 100.0 to get the humidity "
         "as a percentage) ({element})", MICRO),
    Unit(_of("fan"), _of("input", "min", "max", "target"), "_rpm",
         "Hardware monitor for fan revolutions per minute ({element})"),
    Unit(_of("freq"), _of("input"), "_freq_mhz", "Hardware monitor for GPU frequency in MHz", MICRO),
    Unit(ALL, ALL, "", "Hardware monitor {kind} element {element}"),
)  # fmt: skip


@lru_cache(maxsize=1 << 12)
def title(kind: str, element: str, *, plain: bool) -> Title:
    """Return the title of the file ``KIND<number>_ELEMENT``.

    With *plain* there is a file without an element too, and that one is the value instead of ``input``.
    """
    if kind in WHOLE:
        return WHOLE[kind]
    unit = next(each for each in UNITS if _fits(each, kind, element))
    shown = ("_input" if plain else "") if element == "input" else f"_{element}" if element else ""
    help_ = unit.help.format(kind=kind, element=element)
    return Title(f"node_hwmon_{kind}{shown}{unit.suffix}", help_, unit.per)


def _fits(unit: Unit, kind: str, element: str) -> bool:
    return (not unit.kinds or kind in unit.kinds) and (not unit.elements or element in unit.elements)
