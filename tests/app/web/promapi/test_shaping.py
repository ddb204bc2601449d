import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.app.web.promapi import shaping
from rules.promql import Matrix, Row, Scalar, Text, Vector, VectorSample


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (0.1, "0.1"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (-1.5e300, "-1.5e+300"),
        (123456789012345680.0, "123456789012345680"),
        (-1.2345678901234567e17, "-123456789012345660"),
        (9007199254740993.0, "9007199254740992"),
        (0.00001, "0.00001"),
        (1.5e-5, "0.000015"),
        (-1.5e-06, "-0.0000015"),
        (1e-06, "0.000001"),
        (9.99e-07, "9.99e-07"),
        (5e-324, "5e-324"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_numbers_are_written_as_go_writes_them(value, text):
    assert shaping.number(value) == text


@given(st.floats(allow_nan=False))
def test_every_number_comes_back_and_has_an_exponent_only_where_prometheus_has_one(value):
    text = shaping.number(value)
    assert float(text) == value
    assert ("e" in text) == (math.isfinite(value) and value != 0 and not 1e-6 <= abs(value) < 1e21)
    assert not text.endswith(".0")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7.0, "7e+00"),
        (0.1, "1e-01"),
        (-12.5, "-1.25e+01"),
        (1e300, "1e+300"),
        (0.0, "0e+00"),
        (100.0, "1e+02"),
        (105.0, "1.05e+02"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
    ],
)
def test_the_values_of_alerts_always_have_an_exponent(value, text):
    assert shaping.scientific(value) == text


@given(st.floats(allow_nan=False))
def test_the_values_of_alerts_lose_no_digit(value):
    assert float(shaping.scientific(value)) == value


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0, "0"), (1000, "1"), (1500, "1.500"), (1, "0.001"), (-1500, "-1.500"), (-1, "-0.001")]
)
def test_times_are_seconds(milliseconds, text):
    assert shaping.moment(milliseconds) == text


def shaped(value, limit=None):
    text, truncated = shaping.result(value, 1500, limit)
    return json.loads(f"{{{text}}}"), truncated


def test_each_kind_of_value_has_its_own_shape():
    assert shaped(Scalar(2.0, 1500)) == ({"resultType": "scalar", "result": [1.5, "2"]}, False)
    assert shaped(Text('a "b"')) == ({"resultType": "string", "result": [1.5, 'a "b"']}, False)
    vector = Vector((VectorSample((("__name__", "up"), ("job", "a")), 1.0),), 1500)
    metric = {"__name__": "up", "job": "a"}
    assert shaped(vector)[0] == {"resultType": "vector", "result": [{"metric": metric, "value": [1.5, "1"]}]}
    matrix = Matrix((Row((), ((0, 1.0), (500, math.nan))),))
    rows = [{"metric": {}, "values": [[0, "1"], [0.5, "NaN"]]}]
    assert shaped(matrix)[0] == {"resultType": "matrix", "result": rows}


def test_nothing_found_is_an_empty_list():
    assert shaped(Vector((), 0))[0]["result"] == []
    assert shaped(Matrix(()))[0]["result"] == []


@pytest.mark.parametrize(("limit", "count", "truncated"), [(None, 3, False), (3, 3, False), (2, 2, True), (1, 1, True)])
def test_a_limit_cuts_series_and_says_so(limit, count, truncated):
    labels = [(("n", str(number)),) for number in range(3)]
    for value in (Vector(tuple(VectorSample(each, 1.0) for each in labels), 0), Matrix(tuple(map(row, labels)))):
        found, said = shaped(value, limit)
        assert (len(found["result"]), said) == (count, truncated)


def row(labels):
    return Row(labels, ((0, 1.0),))


def test_annotations_are_told_apart_and_left_out_where_there_are_none():
    notes = ("PromQL info: x", "PromQL warning: y", "results truncated due to limit")
    found = json.loads(shaping.answer("1", notes))
    assert found["infos"] == ["PromQL info: x"]
    assert found["warnings"] == ["PromQL warning: y", "results truncated due to limit"]
    assert json.loads(shaping.answer("1")) == {"status": "success", "data": 1}


def test_bytes_that_are_no_text_become_the_sign_for_such():
    body = shaping.answer(shaping.metric((("a", "x\udcffy"), ("b", "ü"))))
    assert json.loads(body)["data"] == {"a": "x\ufffdy", "b": "ü"}


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_whatever_labels_hold_is_json(labels):
    assert json.loads(shaping.encode(shaping.metric(tuple(sorted(labels.items()))))) == labels
