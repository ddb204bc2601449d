"""Running one evaluation of a test script against the engine, in each way that Prometheus' own runner does."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from medic.core.errors import MedicError
from medic.core.samples import Labels, Sample
from rules.promql import Answer, Query, QueryError, UnsupportedError, compile_query
from rules.promql.nodes import Call, Kind, walk
from rules.series import Series
from tests.promqltest_compare import compare_notes, compare_value, fits, middle
from tests.promqltest_pinned import pinned
from tests.promqltest_script import Evaluation, Load

HISTOGRAMS = "native histograms"
STARTS = "start timestamps"
RATES = frozenset(("rate", "increase", "irate", "resets"))
ENDS = re.compile(r"(start|end)\(\)")
"""The ends of the query, which are others in a range query."""
MINUTE = 60_000


@dataclass(frozen=True)
class Verdict:
    """What became of one evaluation."""

    number: int
    query: str
    failure: str = ""
    uncounted: str = ""


class Store:
    """The samples loaded so far; series that hold native histograms are only remembered by their labels."""

    def __init__(self) -> None:
        self.floats: dict[Labels, dict[int, float | None]] = {}
        self.histograms: set[Labels] = set()
        self.started: set[Labels] = set()
        self._series: Series | None = None

    def load(self, command: Load) -> None:
        self._series = None
        self.started |= command.started
        for line in command.lines:
            if "histogram" in line.values:
                self.histograms.add(line.labels)
            if command.custom_buckets:
                self.histograms.add(custom(line.labels))
            timed = {index * command.step: value for index, value in enumerate(line.values) if value is not None}
            floats = {at: None if value == "stale" else value for at, value in timed.items() if value != "histogram"}
            self.floats.setdefault(line.labels, {}).update(floats)

    def series(self) -> Series:
        if self._series is None:
            self._series = Series(history=1 << 60)
            for labels, samples in self.floats.items():
                fill(self._series, labels, samples)
        return self._series


def custom(labels: Labels) -> Labels:
    """Return the labels of the native histogram that is made of a classic bucket series."""
    pairs = {key: value for key, value in labels if key != "le"}
    return tuple(sorted({**pairs, "__name__": re.sub("_(bucket|sum|count)$", "", pairs["__name__"])}.items()))


def fill(series: Series, labels: Labels, samples: dict[int, float | None]) -> None:
    name = dict(labels).get("__name__", "")
    rest = tuple(pair for pair in labels if pair[0] != "__name__")
    for at, value in sorted(samples.items()):
        batch = [] if value is None else [Sample(name, rest, value)]
        series.append_samples(batch, at, source=repr(labels))


def touches(query: Query, series: Iterable[Labels]) -> bool:
    """Tell whether the query selects one of *series*."""
    known = [dict(labels) for labels in series]
    return any(
        all(one.accepts(labels.get(one.name, "")) for one in reach.matchers)
        for reach in query.reaches
        for labels in known
    )


def uncounted(command: Evaluation, query: Query, store: Store) -> str:
    """Say why an evaluation is not one of the stable float language; empty when it is."""
    if any("histogram" in line.values for line in command.lines) or touches(query, store.histograms):
        return HISTOGRAMS
    if touches(query, store.started) and any(isinstance(one, Call) and one.name in RATES for one in walk(query.root)):
        return STARTS
    return ""


def judge(command: Evaluation, store: Store) -> Verdict:
    """Evaluate and compare; what the engine refuses as experimental or native does not count."""
    try:
        query = compile_query(command.query, delayed_names=True)
    except UnsupportedError as problem:
        return Verdict(command.number, command.query, uncounted=problem.kind)
    except QueryError as problem:
        return Verdict(command.number, command.query, failure=refusal(command, problem))
    if reason := uncounted(command, query, store):
        return Verdict(command.number, command.query, uncounted=reason)
    failures = (failure for failure in attempts(command, query, store.series()) if failure)
    return Verdict(command.number, command.query, failure=next(failures, ""))


def attempts(command: Evaluation, query: Query, series: Series) -> Iterator[str]:
    """Yield what is wrong with each way to ask; Prometheus' runner asks instant queries in three ways."""
    yield attempt(command, query, series)
    if not command.instant or "fail" in command.expect:
        return
    moments = [command.times[0]] if query.kind in {Kind.VECTOR, Kind.SCALAR} else []
    for at in moments:
        if failure := around(command, query, series, at):
            yield f"in the middle of a range query: {failure}"
    at = command.times[0]
    if (fixed := pinned(query, at)) is not None:
        for other in (-10 * at, 0, at // 5, 10 * at) if at else (-1000, 1000):
            if failure := attempt(command, fixed, series, other):
                yield f"pinned by @ and asked at {other} ms: {failure}"


def attempt(command: Evaluation, query: Query, series: Series, at: int | None = None) -> str:
    """Ask once and return what differs, empty when nothing does."""
    try:
        answer = ask(query, command, series, at)
    except MedicError as problem:
        return refusal(command, problem)
    if "fail" in command.expect:
        return f"gave {answer.value} and should fail"
    return compare_notes(command, answer.notes) or compare_value(command, answer.value)


def around(command: Evaluation, query: Query, series: Series, at: int) -> str:
    """Ask as a range query around *at* and compare what it gives there."""
    if "ordered" in command.expect or command.points is not None or ENDS.search(command.query):
        return ""
    try:
        answer = query.over(series.view(), range(at - MINUTE, at + MINUTE + 1, MINUTE))
    except MedicError as problem:
        return str(problem)
    return compare_value(command, middle(answer.value, at, scalar=query.kind is Kind.SCALAR))


def refusal(command: Evaluation, problem: MedicError) -> str:
    """Return what is wrong with failing so, empty when that was expected."""
    expected = command.expect.get("fail")
    if expected is None:
        return str(problem)
    return "" if all(fits(one, str(problem), whole=False) for one in expected) else f"failed with: {problem}"


def ask(query: Query, command: Evaluation, series: Series, at: int | None = None) -> Answer:
    view = series.view()
    if command.instant:
        return query.answer(view, command.times[0] if at is None else at)
    return query.over(view, command.times)
