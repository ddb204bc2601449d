"""Reading unit-test files of rules; every mistake is told at once, with its line."""

from collections.abc import Iterator

from yaml.nodes import Node

from medic.core.samples import Labels
from rules.document import Notes, RuleFileError, compose, line_of
from rules.promql import Compat
from rules.testing.fields import Fields, read_fields
from rules.testing.notation import NotationError, read_labels, read_series
from rules.testing.suite import AlertCheck, Case, ExpectedAlert, ExpectedSample, Input, QueryCheck, Suite

MINUTE_MS = 60_000
MOST_EVALUATIONS = 1_000_000
"""How often the rules of one test may be evaluated; more could only be a mistake, and would not come to an end."""

_SUITE = ("rule_files", "evaluation_interval", "group_eval_order", "tests")
_CASE = ("name", "interval", "input_series", "alert_rule_test", "promql_expr_test", "external_labels", "external_url")
_SINCE_3 = (("fuzzy_compare",), ("start_timestamp",))
"""What files and tests have since Prometheus 3."""


def parse(content: str, *, file: str, compat: Compat = Compat.PROMETHEUS_3) -> Suite:
    """Read the text of a unit-test file; raises RuleFileError with every mistake.

    As in promtool, only the first YAML document counts. With ``compat`` of Prometheus 2 the keys of later versions are
    unknown, and a test without ``interval`` has all of its values at the start.
    """
    notes = Notes(file)
    root = compose(content, notes)
    suite = Suite(file) if root is None else _Reader(notes, compat).suite(root)
    if notes.mistakes:
        raise RuleFileError(tuple(sorted(notes.mistakes, key=lambda mistake: mistake.line)))
    return suite


class _Reader:
    """Reads one file."""

    def __init__(self, notes: Notes, compat: Compat) -> None:
        self._notes = notes
        self._old = compat is Compat.PROMETHEUS_2
        self._newer: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()) if self._old else _SINCE_3
        self._warnings: list[str] = []

    def suite(self, root: Node) -> Suite:
        """Read the whole file."""
        fields = read_fields(root, self._notes, (*_SUITE, *self._newer[0]), "a unit-test file")
        evaluation = fields.duration("evaluation_interval") or MINUTE_MS
        order = fields.texts("group_eval_order")
        for name in sorted({name for name in order if order.count(name) > 1}):
            self._notes.add(fields.nodes["group_eval_order"], f"group {name!r} is named twice: keep one of them")
        return Suite(
            self._notes.file,
            fields.texts("rule_files"),
            evaluation,
            fields.truth("fuzzy_compare"),
            order,
            tuple(self._case(node, evaluation) for node in fields.items("tests")),
            tuple(self._warnings),
        )

    def _case(self, node: Node, evaluation_ms: int) -> Case:
        fields = read_fields(node, self._notes, (*_CASE, *self._newer[1]), "a test")
        interval = fields.duration("interval")
        case = Case(
            fields.text("name"),
            fields.line,
            interval or (0 if self._old else evaluation_ms),
            fields.moment("start_timestamp"),
            tuple(self._inputs(fields)),
            tuple(map(self._alert_check, fields.items("alert_rule_test"))),
            tuple(map(self._query_check, fields.items("promql_expr_test"))),
            fields.labels("external_labels"),
            fields.text("external_url"),
        )
        self._check_length(case, evaluation_ms, node)
        return case

    def _check_length(self, case: Case, evaluation_ms: int, node: Node) -> None:
        evaluations = case.length_ms // evaluation_ms + 1
        if evaluations > MOST_EVALUATIONS:
            what = f"the rules would be evaluated {evaluations} times, and at most {MOST_EVALUATIONS} are"
            self._notes.add(node, f"{what}: write an earlier eval_time or a longer evaluation_interval")

    def _inputs(self, fields: Fields) -> Iterator[Input]:
        """Read the series; of one that is written twice the last counts, as in promtool."""
        found: dict[Labels, Input] = {}
        for line, at in self._lines(fields):
            try:
                labels, points = read_series(line, classic=self._old)
            except NotationError as error:
                self._notes.add(at, str(error))
            else:
                found[labels] = Input(labels, points)
        return iter(found.values())

    def _lines(self, fields: Fields) -> Iterator[tuple[str, int]]:
        """Write all series one under the other, as promtool does; a line without anything ends them."""
        for node in fields.items("input_series"):
            each = read_fields(node, self._notes, ("series", "values"), "a series")
            for line in f"{each.text('series')} {each.text('values')}".split("\n"):
                if not line.strip() or line.strip().startswith("#"):
                    self._warn(
                        node, "a blank line or a comment ends the series of this test: those after it are left out"
                    )
                    return
                yield line.strip(), line_of(node)

    def _warn(self, node: Node, text: str) -> None:
        self._warnings.append(f"{self._notes.file}:{line_of(node)}: {text}")

    def _alert_check(self, node: Node) -> AlertCheck:
        fields = read_fields(node, self._notes, ("eval_time", "alertname", "exp_alerts"), "an alert test")
        name = fields.text("alertname")
        if not name:
            self._notes.add(node, "an alert test needs the alert's name: write `alertname: ...`")
        alerts = tuple(self._alert(each, name) for each in fields.items("exp_alerts"))
        return AlertCheck(name, fields.duration("eval_time") or 0, alerts, fields.line)

    def _alert(self, node: Node, name: str) -> ExpectedAlert:
        fields = read_fields(node, self._notes, ("exp_labels", "exp_annotations"), "an expected alert")
        labels = {**dict(fields.labels("exp_labels")), "alertname": name}
        return ExpectedAlert(tuple(sorted(labels.items())), fields.labels("exp_annotations"))

    def _query_check(self, node: Node) -> QueryCheck:
        fields = read_fields(node, self._notes, ("expr", "eval_time", "exp_samples"), "an expression test")
        samples = tuple(map(self._sample, fields.items("exp_samples")))
        return QueryCheck(fields.text("expr"), fields.duration("eval_time") or 0, samples, fields.line)

    def _sample(self, node: Node) -> ExpectedSample:
        known = ("labels", "value") if self._old else ("labels", "value", "histogram")
        fields = read_fields(node, self._notes, known, "an expected sample")
        if "histogram" in fields.nodes:
            self._notes.add(fields.nodes["histogram"], "native histograms are not supported: expect a number")
        labels = fields.noted("labels", lambda: read_labels(fields.text("labels"), classic=self._old))
        return ExpectedSample(labels or (), fields.number("value"))
