from hypothesis import given
from hypothesis import strategies as st

from medic.core.clock import from_ms
from medic.core.samples import Sample, labels
from rules.engine import Engine
from rules.files import parse
from rules.kindred import Kindred, belongs
from rules.series import Series
from rules.states import CONDITION_FALSE, SERIES_VANISHED

TICK = 15_000
MANY = 8000
SETS = st.dictionaries(st.sampled_from(["__name__", "a", "b", "c"]), st.sampled_from("xy")).map(
    lambda pairs: tuple(sorted(pairs.items()))
)
ABOUT = SETS.map(lambda pairs: tuple(pair for pair in pairs if pair[0] != "__name__"))


@given(st.lists(st.tuples(SETS, st.integers(0, 9))), st.lists(ABOUT))
def test_the_best_of_the_series_that_an_alert_is_about_is_found(series, alerts):
    kindred = Kindred(series)
    for alert in alerts:
        wanted = max((known for pairs, known in series if belongs(pairs, alert)), default=None)
        assert kindred.best(alert) == wanted


def engine_of(expression):
    series = Series()
    text = f"groups:\n- name: g\n  rules:\n  - alert: A\n    expr: {expression}\n"
    return series, Engine(parse(text), series, interval_ms=TICK, collectors_of=lambda _: frozenset())


def ticked(series, engine, at, values):
    series.append_samples([Sample(name, found, value) for (name, found), value in values.items()], at, source="feed")
    return engine.evaluate(from_ms(at))


def reasons(expression, first, second):
    series, engine = engine_of(expression)
    ticked(series, engine, TICK, first)
    ticked(series, engine, 2 * TICK, second)
    [rule] = engine.groups()[0].rules
    return {alert.why_resolved for alert in rule.alerts}


def test_each_resolve_says_why_for_its_own_series():
    a, b = ("x", labels(i="a")), ("x", labels(i="b"))
    assert reasons("x > 5", {a: 9.0, b: 9.0}, {a: 1.0, b: 1.0}) == {CONDITION_FALSE}
    assert reasons("x > 5", {a: 9.0, b: 9.0}, {a: 1.0}) == {CONDITION_FALSE, SERIES_VANISHED}


def test_a_rule_that_reads_no_series_cannot_have_lost_them():
    assert reasons("vector(20) > time()", {("x", ()): 1.0}, {("x", ()): 1.0}) == {CONDITION_FALSE}


def test_many_alerts_that_resolve_at_once_do_not_hold_up_the_tick():
    series, engine = engine_of("x > 5")
    every = [("x", labels(i=str(number))) for number in range(MANY)]
    ticked(series, engine, TICK, dict.fromkeys(every, 9.0))
    assert ticked(series, engine, 2 * TICK, dict.fromkeys(every, 1.0))  # each alert with each series: for minutes


def test_many_alerts_with_labels_that_their_series_lack_are_judged_quickly():
    series, engine = engine_of("rate(x[1m]) * on(i) group_left(v) info >= 0")
    counted = {("x", labels(i=str(number))): 1.0 for number in range(MANY)}
    known = {("info", labels(i=str(number), v="1")): 1.0 for number in range(MANY)}
    ticked(series, engine, TICK, counted | known)
    told = ticked(series, engine, 2 * TICK, counted | known)  # comparing each alert with each series takes minutes
    assert len(told) == MANY
