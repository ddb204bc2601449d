"""CPU time of whole ticks of rules, and of loading them: ``python -m bench.ticks [SERIES]``."""

import sys
from collections.abc import Callable
from statistics import median
from time import process_time

from medic.core.clock import from_ms
from medic.core.samples import Family, Kind, Sample, Snapshot, labels
from rules.engine import Engine
from rules.files import parse
from rules.series import Series

TICK = 15_000
FILLED = 260
MEASURED = 100
RULES = 200
EXPRESSIONS = (
    'load{{instance="{0}"}} > {1}',
    'rate(tasks_total{{instance="{0}"}}[5m]) > {1}',
    'load{{instance="{0}"}} / on (instance) size{{instance="{0}"}} > {1}',
    'increase(tasks_total{{instance="{0}"}}[10m]) > {1} and increase(tasks_total{{instance="{0}"}}[10m]) >= 1',
    'max_over_time(load{{instance="{0}"}}[1m]) > {1}',
)
NEVER, ALWAYS = "1e9", "-1"


def rule_file(count: int, firing: int) -> str:
    """Write *count* rules of single hosts, the first *firing* of which hold at every tick."""
    rules = "".join(_rule(number, ALWAYS if number < firing else NEVER) for number in range(count))
    return f"groups:\n  - name: hosts\n    rules:\n{rules}"


def _rule(number: int, limit: str) -> str:
    expression = EXPRESSIONS[number % len(EXPRESSIONS)].format(number, limit)
    return (
        f"      - alert: Host{number}\n        expr: {expression!r}\n        for: 1m\n"
        f"        labels: {{severity: warning, host: '{{{{ $labels.instance }}}}'}}\n"
        f"        annotations:\n          summary: '{{{{ $labels.instance }}}} is at {{{{ $value | humanize }}}}'\n"
        f"          runbook: docs/runbook.md#host{number}\n"
    )


class Host:
    """Series of a host with many instances, and the engine that judges them."""

    def __init__(self, count: int, content: str, *, steady: bool) -> None:
        """Fill as many ticks as windows need; *steady* gauges keep their value."""
        self.series = Series()
        self.identities = [labels(instance=str(index), pool=str(index % 10)) for index in range(count)]
        self.steady = steady
        self.at = 0
        groups = parse(content)
        self.engine = Engine(groups, self.series, interval_ms=TICK, collectors_of=lambda _: frozenset({"system"}))
        for _ in range(FILLED):
            self.tick()

    def tick(self) -> float:
        """Store a tick and evaluate; return the CPU seconds of the evaluation."""
        self.at += TICK
        names = {"tasks_total": Kind.COUNTER, "load": Kind.GAUGE, "size": Kind.GAUGE}
        families = [Family(name, kind, "", self._samples(name)) for name, kind in names.items()]
        self.series.append(Snapshot(self.at, families))
        now, begun = from_ms(self.at), process_time()
        self.engine.evaluate(now)
        return process_time() - begun

    def _samples(self, name: str) -> list[Sample]:
        value = self._counter if name == "tasks_total" else self._gauge
        return [Sample(name, one, value(index)) for index, one in enumerate(self.identities)]

    def _counter(self, index: int) -> float:
        return float(self.at // TICK * 7 + index)

    def _gauge(self, index: int) -> float:
        return float(index % 13 if self.steady else self.at // TICK * (index + 1) % 13)


def tick_of(count: int, firing: int, *, steady: bool) -> float:
    """Return the median CPU seconds of a tick of 200 rules."""
    host = Host(count, rule_file(RULES, firing), steady=steady)
    return median(host.tick() for _ in range(MEASURED))


def loading(count: int) -> float:
    """Return the least CPU seconds of three times loading *count* different rules."""
    content = rule_file(count, 0)
    return min(_timed(lambda: parse(content)) for _ in range(3))


def _timed(work: Callable[[], object]) -> float:
    begun = process_time()
    work()
    return process_time() - begun


def main(argv: list[str]) -> int:
    count = int(argv[0]) if argv else 350
    print(f"{RULES} rules over {3 * count} series; CPU of one evaluation, median of {MEASURED} ticks")
    for firing in (0, 20, RULES):
        for steady in (True, False):
            spent = tick_of(count, firing, steady=steady)
            words = "steady values" if steady else "values that change"
            print(f"{firing:4} firing, {words:20} {spent * 1e3:8.2f} ms {spent / RULES * 1e6:8.1f} us a rule")
    print(f"loading 1,000 rules {loading(1000) * 1e3:8.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
