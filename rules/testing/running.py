"""Running the tests of a file: the daemon's own engine over test series, at test times."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from medic.core.alerts import Alert, AlertState
from medic.core.clock import from_ms
from medic.core.errors import MedicError
from rules.durations import format_duration
from rules.engine import Engine
from rules.groups import Group
from rules.promql import Compat, Scalar, Value, Vector, compile_query
from rules.promql.frame import INTERVAL_MS
from rules.series import Series
from rules.testing.comparing import Failure, same_alerts, same_samples, write_alerts, write_samples
from rules.testing.feeding import Feed
from rules.testing.suite import AlertCheck, Case, ExpectedAlert, ExpectedSample, QueryCheck, Suite

ENDLESS = 1 << 60


def run_case(case: Case, suite: Suite, groups: Sequence[Group], compat: Compat) -> tuple[Failure, ...]:
    """Run one test of *suite* on groups ``in_step`` with it, and return what is not as expected.

    As in promtool, all groups are evaluated at every evaluation interval, whatever their own, and a rule that errs ends
    the test. Only samples up to the last evaluation can be asked for.
    """
    return tuple(_Run(case, suite, groups, compat).failures())


def ordered(groups: Sequence[Group], order: Sequence[str]) -> list[Group]:
    """Bring groups into the order that was asked for; those it does not name come with the first of it."""
    places = {name: place for place, name in enumerate(order)}
    return sorted(groups, key=lambda group: places.get(group.name, 0))


def in_step(group: Group, suite: Suite, compat: Compat) -> Group:
    """Return a group that is evaluated at every tick, the evaluation interval the step of its rules' subqueries."""
    if suite.evaluation_ms == INTERVAL_MS:
        return replace(group, interval_ms=None)
    compiled = [compile_query(rule.text, compat=compat, step_ms=suite.evaluation_ms) for rule in group.rules]
    rules = tuple(replace(rule, query=query) for rule, query in zip(group.rules, compiled, strict=True))
    return replace(group, interval_ms=None, rules=rules)


class _Run:
    """One test while it runs."""

    def __init__(self, case: Case, suite: Suite, groups: Sequence[Group], compat: Compat) -> None:
        self._case = case
        self._suite = suite
        self._compat = compat
        self._series = Series(history=ENDLESS)
        self._feed = Feed(case, self._series)
        self._engine = Engine(
            ordered(groups, suite.order),
            self._series,
            interval_ms=suite.evaluation_ms,
            collectors_of=lambda _: frozenset(),
            external_labels=dict(case.external_labels),
            external_url=case.external_url,
            compat=compat,
            step_ms=suite.evaluation_ms,
        )

    def failures(self) -> Iterator[Failure]:
        """Evaluate the rules over the whole time, and check alerts on the way and expressions at the end."""
        step = self._suite.evaluation_ms
        for at in range(0, self._case.length_ms + 1, step):
            self._feed.until(self._case.start_ms + at)
            told = self._engine.evaluate(from_ms(self._case.start_ms + at))
            if errors := list(self._errors(at)):
                yield from errors
                return
            due = [check for check in self._case.alerts if at <= check.at_ms < at + step]
            for check in sorted(due, key=lambda check: check.at_ms):
                yield from self._check_alerts(check, told)
        for query in self._case.queries:
            yield from self._check_query(query)

    def _errors(self, at: int) -> Iterator[Failure]:
        for group in self._engine.groups():
            for status in group.rules:
                if status.error:
                    about = f"rule {status.rule.name} at {format_duration(at)}"
                    yield Failure(self._case.name, self._case.line, about, problem=status.error)

    def _check_alerts(self, check: AlertCheck, told: Sequence[Alert]) -> Iterator[Failure]:
        got = [
            ExpectedAlert(alert.labels, alert.annotations)
            for alert in told
            if alert.name == check.name and alert.state is AlertState.FIRING
        ]
        if not same_alerts(check.alerts, got):
            about = f"alert {check.name} at {format_duration(check.at_ms)}"
            yield Failure(
                self._case.name, check.line, about, expected=write_alerts(check.alerts), got=write_alerts(got)
            )

    def _check_query(self, check: QueryCheck) -> Iterator[Failure]:
        about = f"{check.text} at {format_duration(check.at_ms)}"
        try:
            got = _samples(self._ask(check))
        except MedicError as error:
            yield Failure(self._case.name, check.line, about, problem=str(error))
            return
        if not same_samples(check.samples, got, fuzzy=self._suite.fuzzy):
            expected = write_samples(check.samples)
            yield Failure(self._case.name, check.line, about, expected=expected, got=write_samples(got))

    def _ask(self, check: QueryCheck) -> Value:
        query = compile_query(check.text, compat=self._compat, step_ms=self._suite.evaluation_ms)
        return query.at(self._series.view(), self._case.start_ms + check.at_ms)


class NoVectorError(MedicError):
    """An expression test asks for what has no elements."""


def _samples(value: Value) -> list[ExpectedSample]:
    if isinstance(value, Scalar):
        return [ExpectedSample((), value.value)]
    if isinstance(value, Vector):
        return [ExpectedSample(sample.labels, sample.value) for sample in value.samples]
    raise NoVectorError("the result is neither a vector nor a scalar: put a function around it")
