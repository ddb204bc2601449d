"""A series and an engine that tests tick by hand."""

from medic.core.clock import from_ms
from medic.core.samples import Family, Kind, Sample, Snapshot
from rules.engine import Engine
from rules.files import parse
from rules.promql import compile_query
from rules.series import Series

TICK = 15_000
COLLECTORS = {"x": {"system"}, "y": {"queues"}, "c_total": {"queues"}}


class Host:
    """A series and an engine that are ticked by hand."""

    def __init__(self, content, **options):
        self.series = Series()
        options.setdefault("collectors_of", lambda name: frozenset(COLLECTORS.get(name, ())))
        self.engine = Engine(parse(content), self.series, interval_ms=TICK, **options)
        self.at = 1_000_000_000

    def tick(self, values=None, *, failed=(), step=TICK, **more):
        """Store one snapshot of ``name`` or ``name{a="b"}``-like keys and evaluate."""
        self.at += step
        samples = [Sample(*key, value) for key, value in (values or {}).items()]
        samples += [Sample(name, (), value) for name, value in more.items()]
        self.series.append(Snapshot(self.at, [Family("all", Kind.UNTYPED, "", samples)]))
        return self.engine.evaluate(from_ms(self.at), frozenset(failed))

    def value(self, expression):
        """Evaluate an expression now, as {labels: value}."""
        vector = compile_query(expression).at(self.series.view(), self.at)
        return {sample.labels: sample.value for sample in vector.samples}

    def condition(self, alert, *, since):
        return self.engine.condition(alert, from_ms(since), from_ms(self.at))


def group(*rules, more=""):
    return f"groups:\n- name: g\n{more}  rules:\n" + "".join(f"  - {rule}\n" for rule in rules)


def states(alerts):
    return {alert.name: alert.state.value for alert in alerts}
