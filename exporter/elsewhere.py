"""The collectors of the system where there is no /proc: what psutil serves, under the same names."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from exporter.roots import Roots
from medic.core.clock import Clock
from medic.core.samples import Family

Collect = Callable[[], Iterable[Family]]
Build = Callable[[Roots, Clock], Collect]


def _portable(name: str) -> Build:
    def build(_: Roots, __: Clock) -> Collect:
        from exporter.collectors import portable  # it loads psutil

        return portable.COLLECTORS[name]

    return build


def _time(now: Callable[[], datetime]) -> Iterable[Family]:
    from exporter.collectors.time import describe

    return describe(now())


SYSTEM: dict[str, Build] = {
    **{name: _portable(name) for name in ("cpu", "diskstats", "filesystem", "loadavg", "meminfo", "netdev", "stat")},
    "time": lambda _, clock: partial(_time, clock.now),
    "uname": _portable("uname"),
}
"""How they are built, under node_exporter's names of them."""
