import pytest

from rules.promql import QueryError, compile_query


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("info(x)", r"1:1: info\(\)"),
        ("sum(double_exponential_smoothing(x[5m], 0.1, 0.1))", r"1:5: double_exponential_smoothing\(\)"),
        ("limitk(1, x)", "limitk"),
        ("limit_ratio(0.5, x)", "limit_ratio"),
        ("rate(x[5m] smoothed)", "smoothed"),
        ("rate(x[5m] anchored)", "anchored"),
        ("x + fill(0) y", "fill"),
        ("x[5m + 1m]", "1:6: arithmetic in a duration"),
        ("histogram_count(x)", "native histograms"),
        ("nosuch(x)", r"nosuch\(\)"),
        ("holt_winters(x[5m], 0.1, 0.1)", r"holt_winters\(\)"),
        ('{a="b" or c="d"}', "or"),
    ],
)
def test_an_unsupported_construct_is_named(text, named):
    with pytest.raises(QueryError, match=named):
        compile_query(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  # nothing",
        "x +",
        "rate(x)",
        "sum(x[5m])",
        "1 > 2",
        "x and 1",
        '"a" + 1',
        "x[5m] + 1",
        "{}",
        '{a=""}',
        '{a=~".*"}',
        'x{a=~"("}',
        'x{__name__="y"}',
        'x{"__name__"="y"}',
        'x{"y"}',
        "x offset 1m offset 2m",
        "x[0s]",
        "x + on(a) group_left(a) y",
        'x + on("a") group_left("a") y',
        "x + bool y",
        "sum(x) by (a) without (b)",
        'count_values("\\xff", x)',
        'label_replace(x, "", "", "a", "b")',
        'label_replace(x, "a", "", "a", "(")',
        'label_join(x, "\\xff", "", "a")',
        "topk(x)",
        "x[5m:1m",
        "x y",
    ],
)
def test_what_prometheus_refuses_is_refused(text):
    with pytest.raises(QueryError):
        compile_query(text)


def test_quoted_names_are_taken_as_names():
    assert compile_query('{"a.b", "c d"="e"}').names == {"a.b"}


def test_prometheus_2_needs_no_other_text():
    assert compile_query("sum by (a) (rate(x[5m]))").names == {"x"}
