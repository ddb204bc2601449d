from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.app.expressions import POINTS, Question, check, moment, pointed, question
from medic.core.errors import MedicError, MisuseError
from rules.promql import Compat

NOW = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
SECONDS = 1_700_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1700000000", SECONDS),
        ("1700000000.25", SECONDS + 0.25),
        ("2023-11-14T22:13:20Z", SECONDS),
        ("2023-11-14T23:13:20+01:00", SECONDS),
        ("2023-11-14T22:13:20", SECONDS),
        ("2023-11-14", 1_699_920_000.0),
        ("1h", SECONDS - 3600),
        ("1h30m", SECONDS - 5400),
        ("0s", SECONDS),
        ("0", 0.0),
    ],
)
def test_a_moment_is_written_in_three_ways(text, seconds):
    assert moment(text, NOW) == seconds


@pytest.mark.parametrize("text", ["", "noon", "-1h", "1 h", "2023-13-01", "1e9", "NaN"])
def test_what_is_no_moment_is_refused_with_what_to_write(text):
    with pytest.raises(MisuseError, match="is no time: write 2026-01-31T12:00:00Z, unix seconds, or how long ago"):
        moment(text, NOW)


def test_without_a_word_it_is_now():
    assert question({}, NOW) == Question(SECONDS)
    assert Question(SECONDS).asked("x") == ("/api/v1/query", {"query": "x", "time": "1700000000.000"})


def test_a_range_ends_now_and_has_a_few_hundred_steps():
    asked = question({"begin": "1h"}, NOW)
    assert asked == Question(SECONDS, SECONDS - 3600, 14.0)
    span = {"start": "1699996400.000", "end": "1700000000.000", "step": "14.000"}
    assert asked.asked("x") == ("/api/v1/query_range", {"query": "x", **span})


def test_a_step_is_a_duration_or_seconds():
    assert question({"begin": "1h", "step": "1m"}, NOW).step == 60.0
    assert question({"begin": "1h", "step": "0.5"}, NOW).step == 0.5


@given(st.integers(0, 10**10))
def test_a_range_never_has_more_points_than_an_answer_may_have(length):
    asked = question({"begin": "0", "end": str(length)}, NOW)
    assert asked.begin is not None
    assert (asked.at - asked.begin) / asked.step < 2 * POINTS


@pytest.mark.parametrize(
    ("expression", "position", "expected"),
    [
        ("a + b", 4, "  a + b\n      ^"),
        ("a +\n\tb c", 7, "  \tb c\n  \t  ^"),
        ("a", 0, "  a\n  ^"),
        ("a", 1, "  a\n   ^"),
        ("a", None, ""),
    ],
)
def test_a_caret_stands_under_the_place(expression, position, expected):
    assert pointed(expression, position) == expected


def test_a_mistake_in_an_expression_is_told_with_its_place():
    with pytest.raises(MedicError) as caught:
        check("1 +\n  nope(x)", Compat.PROMETHEUS_3)
    first, line, caret = str(caught.value).splitlines()
    assert first.startswith("2:3: nope() is a function that is not supported: ")
    assert (line, caret) == ("    nope(x)", "    ^")


def test_an_expression_that_is_one_passes():
    check("sum by (a) (rate(x[5m]))", Compat.PROMETHEUS_3)


@given(st.text(max_size=30))
def test_any_text_is_taken_or_refused(text):
    try:
        check(text, Compat.PROMETHEUS_3)
    except MedicError as error:
        assert str(error)  # noqa: PT017 - what is raised is documented, and nothing else may be
