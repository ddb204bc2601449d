import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.durations import DurationError, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("15s", 15_000),
        ("1h30m", 5_400_000),
        ("1d", 86_400_000),
        ("1w", 604_800_000),
        ("1y", 31_536_000_000),
        ("1y2w3d4h5m6s7ms", 33_019_506_007),
        ("250ms", 250),
    ],
)
def test_a_duration_is_read_as_milliseconds(text, milliseconds):
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize("text", ["", "5", "1.5h", "-5m", "5 m", "5s1m", "5m5m", "m", "5M", "٣s", "5m\n", "300y"])
def test_anything_else_is_refused_with_advice(text):
    with pytest.raises(DurationError, match="write"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0, "0s"), (90_000, "1m30s"), (604_800_000, "1w"), (691_200_000, "8d"), (1_001, "1s1ms")]
)
def test_a_duration_is_written_as_prometheus_does(milliseconds, text):
    assert format_duration(milliseconds) == text


@given(st.integers(0, 9 * 10**12))
def test_what_is_written_is_read_back(milliseconds):
    assert parse_duration(format_duration(milliseconds)) == milliseconds
