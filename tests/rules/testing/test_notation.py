from contextlib import suppress
from math import inf, isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.testing.notation import Mark, NotationError, read_labels, read_number, read_series

WHOLE = st.integers(-1000, 1000)
COUNT = st.integers(0, 50)


def values(text):
    return list(read_series(f"x {text}")[1])


@given(WHOLE, WHOLE, COUNT)
def test_a_step_is_added_to_the_first_value_as_often_as_said(first, step, count):
    assert values(f"{first}{step:+}x{count}") == [first + index * step for index in range(count + 1)]


@given(WHOLE, COUNT)
def test_a_repeated_value_comes_once_more_than_said(first, count):
    assert values(f"{first}x{count}") == [first] * (count + 1)


@given(COUNT)
def test_a_repeated_gap_comes_as_often_as_said(count):
    assert values(f"_x{count}") == [Mark.NOTHING] * count


def test_steps_are_added_up_one_by_one_as_promtool_does():
    assert values("1+0.1x3")[-1] == 1.3000000000000003


def test_words_stand_for_marks_and_for_what_is_no_ordinary_number():
    found = values("stale _ Inf -inf NaN")
    assert found[:4] == [Mark.STALE, Mark.NOTHING, inf, -inf]
    assert isnan(found[4])


def test_a_series_is_its_name_and_its_labels_without_empty_ones():
    labels, points = read_series(r"""x{b='\x41"', a=`\n`, c=""} 1""")
    assert labels == (("__name__", "x"), ("a", "\\n"), ("b", 'A"'))
    assert points == (1.0,)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("x {{count:1}}", "native histograms"),
        ("x 1 nope", "'nope' is no value"),
        ("x 1x", "'1x' is no value"),
        ("x 1x99999999", "more than 10000000 values"),
        ("x{a='1',a='2'} 1", "written twice"),
        ("x{a} 1", "is no label"),
        ("x{a='1' b='2'} 1", "comma"),
        ("x{a='1'", "comma or a closing brace"),
        (r"x{a='\q'} 1", r"a='\q': \q is no escape sequence"),
        ("bool 1", "does not begin with a metric name"),
        ("{} 1", "needs a name or a label"),
        ("x-y 1", "write a blank"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_write_instead(line, told):
    with pytest.raises(NotationError) as caught:
        read_series(line)
    assert told in str(caught.value)


def test_labels_of_an_expected_sample_may_be_missing():
    assert read_labels("") == read_labels(" {} ") == ()


def test_labels_are_followed_by_nothing():
    with pytest.raises(NotationError):
        read_labels("x 1")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("010", 8),
        ("0x10", 16),
        ("-0b11", -3),
        ("0o17", 15),
        ("09", 9),
        ("1e3", 1000),
        ("+.5", 0.5),
        ("x", None),
        ("1e999", None),
    ],
)
def test_numbers_are_those_of_go(text, number):
    assert read_number(text) == number


@given(st.text(alphabet="x{}\"'`=,_ 1+-.eNaInfstale\\#\n0é", max_size=30))
def test_any_text_is_read_or_refused(text):
    for read in (read_series, read_labels):
        with suppress(NotationError):
            read(text)
