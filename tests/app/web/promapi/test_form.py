import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.app.web.promapi.errors import ApiError, ErrorType
from medic.app.web.promapi.form import EARLIEST, FARTHEST, LATEST, read_count, read_duration, read_form, read_time


def test_fields_of_the_body_come_before_those_of_the_address():
    form = read_form("a=1&a=2&b=3", b"a=0&c=4")
    assert form.every("a") == ["0", "1", "2"]
    assert (form.first("a"), form.first("b"), form.first("c"), form.first("d")) == ("0", "3", "4", "")


def test_blanks_are_written_as_plus_or_percent_and_empty_fields_are_kept():
    form = read_form("q=a+b%20c%2B&e=&f")
    assert form.first("q") == "a b c+"
    assert form.every("e") == form.every("f") == [""]


@pytest.mark.parametrize("body", [b"\xff", b"q=%ff", "q=ü".encode(), b"&".join([b"a=1"] * 1001)])
def test_what_is_no_form_is_refused_with_what_to_send(body):
    with pytest.raises(ApiError, match="percent-encoded") as raised:
        read_form("", body)
    assert raised.value.kind is ErrorType.BAD_DATA


@given(st.binary(max_size=200), st.text(max_size=50))
def test_no_bytes_whatever_raise_anything_else(body, query):
    with contextlib.suppress(ApiError):
        assert read_form(query, body).first("a") is not None


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0", 0),
        ("1435781451.781", 1_435_781_451_781),
        ("1e3", 1_000_000),
        ("-1.5", -1500),
        (".5", 500),
        ("5.", 5000),
        ("0.0004", 0),
        ("0.0006", 1),
        ("2015-07-01T20:10:51.781Z", 1_435_781_451_781),
        ("2015-07-01T20:10:51.7819Z", 1_435_781_451_781),
        ("2015-07-01T22:10:51.781+02:00", 1_435_781_451_781),
        ("1969-12-31T23:59:59.5Z", -500),
        (EARLIEST, -FARTHEST),
        (LATEST, FARTHEST),
    ],
)
def test_times_are_seconds_or_rfc_3339(text, milliseconds):
    assert read_time(text) == milliseconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1_0",
        "0x10",
        "inf",
        "nan",
        "1e999",
        "1e300",
        " 1",
        "\u0661",
        "2015-07-01",
        "2015-07-01T20:10:51",
        "2015-13-01T20:10:51Z",
        "2015-07-01 20:10:51Z",
        "0000-01-01T00:00:00Z",
        "2015-07-01T20:10:51+99:00",
        "9" * 5000,
    ],
)
def test_what_is_no_time_is_refused_and_shown(text):
    with pytest.raises(ValueError, match="to a valid timestamp") as raised:
        read_time(text)
    assert len(str(raised.value)) < 200


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - it wants naive bounds
def test_rfc_3339_is_read_to_the_millisecond(moment):
    expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert read_time(moment.isoformat(timespec="microseconds").replace("+00:00", "Z")) == expected
    assert read_time(f"{expected / 1000:.3f}") == expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15", 15.0), ("0.5", 0.5), ("-3", -3.0), ("1m30s", 90.0), ("2h", 7200.0), ("100ms", 0.1), ("1d", 86_400.0)],
)
def test_durations_are_seconds_or_written_with_units(text, seconds):
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "x", "1s1m", "1.5h", "-1s", "inf", "1e400", "5 m", "1_0"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="to a valid duration"):
        read_duration(text)


@given(st.text(max_size=30))
def test_no_text_whatever_raises_anything_but_value_error(text):
    for read in (read_time, read_duration, read_count):
        with contextlib.suppress(ValueError):
            read(text)


def test_a_count_of_nothing_or_of_zero_is_no_limit():
    assert [read_count(text) for text in ("", "0", "5", "+5")] == [None, None, 5, 5]
    with pytest.raises(ValueError, match="non-negative"):
        read_count("-1")
    with pytest.raises(ValueError, match="whole number"):
        read_count("1.5")
