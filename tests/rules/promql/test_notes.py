import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from rules.promql import QueryError, compile_query
from rules.promql.literals import show_general
from rules.promql.nodes import Aggregation, Call, walk
from rules.promql.places import places
from tests.rules.promql.engine import MINUTE, load
from tests.rules.promql.grammar import expressions

SUSPECT = "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket:"


def told(series, text, at=5, **options):
    return compile_query(text, **options).answer(series.view(), at * MINUTE).notes


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("rate(x[5m])", "1:6"),
        ("sum(\n  rate( (x[5m]) )\n)", "2:10"),
        ("sum by (rate) (increase(x[5m] @ start()))", "1:25"),
        ("rate (x[5m]) > on (i) group_left (sum) rate(y_total[1m])", "1:7"),
        ('label_replace(rate(x[5m]), "(", "[", ",", "")', "1:20"),
        ("# rate(\nrate(x[5m])", "2:6"),
    ],
)
def test_an_annotation_names_the_line_and_column_of_what_it_is_about(text, place):
    series = load('x{i="1"} 1+1x9', 'y_total{i="1"} 1+1x9')
    assert told(series, text) == (f'{SUSPECT} "x" ({place})',)


def test_names_behind_an_open_selector_are_told_each():
    series = load("a 1+1x9", "b 1+1x9", "c_total 1+1x9", "d _x4 1")
    assert told(series, 'count({__name__!=""})') == ()
    notes = told(series, 'count(rate({__name__!=""}[5m]))', delayed_names=True)
    assert notes == (f'{SUSPECT} "a" (1:12)', f'{SUSPECT} "b" (1:12)')


def test_nothing_is_noted_where_nobody_reads_it():
    series = load("x 1+1x9")
    assert (
        compile_query("rate(x[5m])").at(series.view(), 5 * MINUTE)
        == compile_query("rate(x[5m])").answer(series.view(), 5 * MINUTE).value
    )


@settings(max_examples=50)
@given(expressions(3))
def test_every_call_of_any_expression_has_a_place(text):
    try:
        root = compile_query(text).root
    except QueryError:
        reject()  # a label in on() and in the group clause
    found = places(text, root)
    for node in walk(root):
        if isinstance(node, Call | Aggregation):
            column = int(found[id(node)].partition(":")[2])
            name = node.name if isinstance(node, Call) else node.op
            assert text[column - 1 :].startswith(name)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5"), (2.0, "2"), (-1e6, "-1e+06"), (123456.0, "123456"), (1234567.0, "1.234567e+06"), (1e-4, "0.0001"),
        (1e-5, "1e-05"), (1.5e-7, "1.5e-07"), (1e100, "1e+100"), (0.0, "0"), (-0.0, "-0"), (float("nan"), "NaN"),
        (float("inf"), "+Inf"), (float("-inf"), "-Inf"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_go_writes_them(value, text):
    assert show_general(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_reads_back(value):
    assert float(show_general(value)) == value
