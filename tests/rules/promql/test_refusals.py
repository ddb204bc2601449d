import pytest

from rules.promql import QueryError, UnsupportedError, compile_query


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
        ('{a="b" or c="d"}', "or between matchers"),
        ("x[step()]", "1:3: arithmetic in a duration"),
        ("x[(5m)]", "1:3: arithmetic in a duration"),
        ("x[max_of(5m, step())]", "1:3: arithmetic in a duration"),
        ("x offset (5m + 1m)", "1:10: arithmetic in a duration"),
        ("x offset -step()", "1:11: arithmetic in a duration"),
        ("x[5m:range()]", "1:5: arithmetic in a duration"),
        ("x @ start() + start()", r"start\(\)"),
        ("sum(x) + histogram_quantiles(x, 'q', 1)", r"1:10: histogram_quantiles\(\)"),
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
        "x @ 1__0",
        "1__0",
        "1_",
        "x[1_]",
        "x[300y]",
        "{a!~'b'}",
        "on",
        "x + group_left () y",
        "x == on (a) bool y",
        "(x)[5m]",
        "x offset 5m [5m]",
        "RATE(x[5m])",
        "label_join(x, 'a')",
    ],
)
def test_what_prometheus_refuses_is_refused(text):
    with pytest.raises(QueryError):
        compile_query(text)


def test_quoted_names_are_taken_as_names():
    assert compile_query('{"a.b", "c d"="e"}').names == {"a.b"}


def test_prometheus_2_needs_no_other_text():
    assert compile_query("sum by (a) (rate(x[5m]))").names == {"x"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [("limitk(1, x)", "experimental"), ("x[5m + 1m]", "experimental"), ("histogram_sum(x)", "native histograms")],
)
def test_what_is_prometheus_but_not_supported_is_told_from_what_is_wrong(text, kind):
    with pytest.raises(UnsupportedError) as caught:
        compile_query(text)
    assert caught.value.kind == kind
    with pytest.raises(QueryError) as other:
        compile_query("x +")
    assert not isinstance(other.value, UnsupportedError)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("x y", "1:3"),
        ("x +", "1:4"),
        ("x\n+ +\n* y", "3:1"),
        ("(x", "1:1"),
        ("sum((x)", "1:4"),
        ("x)", "1:2"),
        ("x[5m", "1:5"),
        ("sum by (a) x", "1:12"),
        ("x{a=b}", "1:5"),
        ("x > rate(y)", "1:5"),
        ("x + 5m3h", "1:5"),
        ("1 +\n nosuch(x)", "2:2"),
        ("a and\nb{c=~'('}", "2:6"),
        ("sum by ('\\xff') (x)", "1:9"),
        ("x and 1", "1:3"),
        ("sum by job (x)", "1:5"),
        ("x * on instance y", "1:5"),
        ("x = 1", "1:3"),
        ("x && y", "1:3"),
        ("x{job='&'} & y", "1:12"),
    ],
)
def test_a_mistake_is_placed_by_line_and_column(text, place):
    with pytest.raises(QueryError, match=f"^{place}: "):
        compile_query(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sum by job (x)", "no labels in brackets follow 'by': write by (label, ...)"),
        ("sum(x) by job", "no labels in brackets follow 'by': write by (label, ...)"),
        ("x = 1", "'=' compares labels, and only in braces: write == to compare values"),
        ("x > 5 for 5m", "unexpected 'for': write"),
        ("x > ", "the expression ends too early: write"),
        ("x{a='='} ==", "the expression ends too early: write"),
        ("x{a=}", "this cannot be read as an expression: write"),
        ("rate(x[5m]) by (y)", "this cannot be read as an expression: write"),
        ("x && y", "unexpected character: '&': write"),
    ],
)
def test_what_the_parser_cannot_name_is_told_in_words(text, words):
    with pytest.raises(QueryError) as caught:
        compile_query(text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "sum + offset / start % end ^ by",
        "smoothed and anchored",
        "rate(smoothed[5m]) == bool anchored",
        "sum by (smoothed, anchored, on, bool, start, offset, atan2, group_left) (x)",
        'x{smoothed="a", on="b", sum="c", offset="d"}',
        "fill + info + step + range + limitk",
        "offset offset 5m",
        "start @ start()",
        '{a!=""}',
        '{__name__!="", a=~".*"}',
        "x @ 010 + 0x_1F + 1_000",
        "sum_over_time(x[300])",
        "x offset 1.5 @ -.5",
        "SUM BY (a) (x) AND ON (a) y OFFSET 5m",
    ],
)
def test_words_of_the_language_may_be_names_and_numbers_durations(text):
    assert compile_query(text).names <= set(text.replace("(", " ").replace("[", " ").split()) | {"x"}
