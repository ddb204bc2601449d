"""Which labels an expression's elements can have, held against what the engine gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.core.samples import Family, Kind, Sample, Snapshot, labels
from rules.checking import Ground, remarks
from rules.checks.labels import may_carry, read_by
from rules.files import parse
from rules.promql import EvaluationError, QueryError, Vector, compile_query
from rules.series import Series
from rules.templates import compile_template
from tests.rules.corpus import alert, one


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("no template", []),
        ("{{ $labels.a }} and {{ .Labels.b }}", ["a", "b"]),
        ("{{ $.Labels.a }}", ["a"]),
        ('{{ index $labels "a" }}', ["a"]),
        ("{{ $value }} {{ .Value }} {{ $externalLabels.x }}", []),
        ("{{ if $labels.a }}{{ $labels.b | toUpper }}{{ else }}{{ .Labels.c }}{{ end }}", ["a", "b", "c"]),
        ('{{ range query "up" }}{{ .Labels.a }}{{ $labels.b }}{{ end }}', ["b"]),
        ("{{ with $labels.a }}{{ .Labels.b }}{{ else }}{{ .Labels.c }}{{ end }}", ["a", "c"]),
        ('{{ printf "%s %s" $labels.a (title $labels.b) }}', ["a", "b"]),
    ],
)
def test_the_labels_that_a_template_reads(source, read):
    assert list(read_by(compile_template(source))) == read


@pytest.mark.parametrize(
    ("expression", "has"),
    [
        ("x", True),
        ("rate(x[5m])", True),
        ("sum(x)", False),
        ("sum by (a, b) (x)", True),
        ("sum by (b) (x)", False),
        ("sum without (b) (x)", True),
        ("sum without (a) (x)", False),
        ("topk(2, x)", True),
        ("topk(2, sum by (b) (x))", False),
        ('count_values("a", x)', True),
        ('count_values by (a) ("b", x)', True),
        ("max_over_time(sum by (b) (x)[5m:1m])", False),
        ("-sum by (b) (x)", False),
        ("sum by (b) (x) > 5", False),
        ("5 < sum by (a) (x)", True),
        ("x * on (b) y", False),
        ("x * on (a) y", True),
        ("x * ignoring (a) y", False),
        ("x * on (b) group_left y", True),
        ("sum by (b) (x) * on (b) group_left (a) y", True),
        ("sum by (b) (x) * on (b) group_right y", True),
        ("x * on (b) group_left (a) sum by (b) (y)", False),
        ("x and on (b) y", True),
        ("sum by (b) (x) and on (b) y", False),
        ("sum by (b) (x) unless y", False),
        ("sum by (b) (x) or y", True),
        ("sum by (b) (x) or sum(y)", False),
        ("vector(1)", False),
        ("vector(scalar(x))", False),
        ("x > scalar(y)", True),
        ("1", False),
        ("time() > 5", False),
        ("hour() > 5", False),
        ("hour(x) > 5", True),
        ("absent(x)", False),
        ('absent(x{a="1"})', True),
        ('absent_over_time(x{a="1"}[5m])', True),
        ('label_replace(sum(x), "a", "$1", "b", "(.*)")', True),
        ('label_replace(sum(x), "b", "$1", "a", "(.*)")', False),
        ('label_join(sum(x), "a", "-", "b")', True),
        ("histogram_quantile(0.9, sum by (le) (rate(x[5m])))", False),
        ("histogram_quantile(0.9, sum by (le, a) (rate(x[5m])))", True),
    ],
)
def test_whether_an_element_can_have_a_label(expression, has):
    expression = expression.replace("> 5", "> bool 5") if expression.startswith("time") else expression
    assert may_carry(compile_query(expression).root, "a") is has


def test_the_bucket_label_is_gone_after_a_quantile():
    assert not may_carry(compile_query("histogram_quantile(0.9, x_bucket)").root, "le")
    assert may_carry(compile_query("x_bucket").root, "le")


def test_a_template_that_reads_a_lost_label_is_minded_with_what_to_do():
    content = one(
        "- alert: A",
        "  expr: sum by (pool) (x) > 1",
        "  labels: {host: '{{ $labels.host }}'}",
        "  annotations: {s: '{{ $labels.pool }} {{ $labels.host }} {{ $labels.host }}'}",
    )
    found = remarks(parse(content), Ground(15_000, {"x": 1}))
    assert [(each.doubt, each.line) for each in found] == [("lost-label", 4)] * 2
    assert found[0].text == (
        "host reads the label host, which no result of the expression has: keep it (`by (host)`), or leave it out"
    )


def test_of_a_plain_selector_every_label_may_be_read():
    assert remarks(parse(alert("annotations: {s: '{{ $labels.x }}'}")), Ground(15_000, {"up": 1})) == ()


NAMES = st.sampled_from(["a", "b", "le"])
LISTS = st.lists(NAMES, unique=True, max_size=2).map(", ".join)


def grown(inner):
    folding = st.builds("{} {} ({}) ({})".format, st.sampled_from(["sum", "max", "group"]),
                        st.sampled_from(["by", "without"]), LISTS, inner)  # fmt: skip
    joining = st.builds("({}) {} {} ({}) ({})".format, inner, st.sampled_from(["*", "and", "or", "unless", "=="]),
                        st.sampled_from(["on", "ignoring"]), LISTS, inner)  # fmt: skip
    grouping = st.builds("({}) * on ({}) {} ({}) ({})".format, inner, st.sampled_from(["", "a"]),
                         st.sampled_from(["group_left", "group_right"]), st.sampled_from(["", "b"]), inner)  # fmt: skip
    replacing = st.builds('label_replace({}, "{}", "z", "a", ".*")'.format, inner, NAMES)
    others = st.builds("{}{})".format, st.sampled_from(["abs(", "-(", "topk by (b) (2, ", "absent("]), inner)
    return folding | joining | grouping | replacing | others


EXPRESSIONS = st.recursive(st.sampled_from(["x", "y", 'x{a="1"}', "rate(x[1m])", "vector(1)"]), grown, max_leaves=5)


@given(EXPRESSIONS)
def test_what_is_said_to_be_lost_is_on_no_element(expression):
    try:
        query = compile_query(expression)
        value = query.at(VIEW, 60_000)
    except (QueryError, EvaluationError):
        return
    assert isinstance(value, Vector)
    found = {name for sample in value.samples for name, _ in sample.labels} - {"__name__"}
    assert {name for name in found if not may_carry(query.root, name)} == set()


def _view():
    series = Series()
    for at in (15_000, 30_000, 45_000, 60_000):
        rows = [
            Sample(name, labels(a=a, b=b, le=le), at + len(a))
            for name in ("x", "y")
            for a, b, le in (("1", "1", ""), ("2", "1", "1"), ("", "2", "+Inf"))
        ]
        series.append(Snapshot(at, [Family("all", Kind.UNTYPED, "", rows)]))
    return series.view()


VIEW = _view()
