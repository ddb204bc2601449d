from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.app.settings.kinds import (
    HostPort,
    hide_password,
    parse_duration,
    parse_host_port,
    parse_size,
    write_duration,
    write_size,
)
from medic.app.settings.sections import WrongValueError

SPANS = st.integers(0, 10**12).map(lambda ms: timedelta(milliseconds=ms))


@given(SPANS)
def test_a_duration_is_read_back_from_how_it_is_written(span):
    assert parse_duration(write_duration(span)) == span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0", timedelta(0)),
        (0, timedelta(0)),
        ("15s", timedelta(seconds=15)),
        ("1h30m", timedelta(minutes=90)),
        ("1y2w3d4h5m6s7ms", timedelta(days=382, hours=4, minutes=5, seconds=6, milliseconds=7)),
    ],
)
def test_durations_are_read_as_prometheus_reads_them(text, span):
    assert parse_duration(text) == span


@pytest.mark.parametrize(
    ("span", "text"),
    [(timedelta(days=90), "90d"), (timedelta(weeks=2), "2w"), (timedelta(minutes=90), "1h30m"), (timedelta(0), "0s")],
)
def test_durations_are_written_as_prometheus_writes_them(span, text):
    assert write_duration(span) == text


@given(st.text() | st.integers(1) | st.booleans() | st.floats() | st.none())
def test_anything_else_is_refused_or_means_what_is_written_back(value):
    with suppress(WrongValueError):
        assert value == "0" or parse_duration(value) == parse_duration(write_duration(parse_duration(value)))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:10119", HostPort("127.0.0.1", 10119)),
        ("localhost:0", HostPort("localhost", 0)),
        ("[::1]:80", HostPort("::1", 80)),
    ],
)
def test_an_address_is_read_and_written_back(text, address):
    assert parse_host_port(text) == address
    assert str(address) == text


@given(st.text())
def test_no_text_is_an_address_with_a_port_that_does_not_exist(text):
    with suppress(WrongValueError):
        assert 0 <= parse_host_port(text).port <= 65535


def test_a_password_in_an_address_is_hidden():
    assert hide_password("http://me:hunter2@host:80/stats?a=b") == "http://me:***@host:80/stats?a=b"
    assert hide_password("http://host/stats") == "http://host/stats"


@given(st.integers(0, 1 << 50))
def test_a_size_is_read_back_from_how_it_is_written(size):
    with suppress(WrongValueError):  # of more than nine digits
        assert parse_size(write_size(size)) == size


@pytest.mark.parametrize(
    ("text", "size"), [("0B", 0), ("1KiB", 1024), ("256MiB", 256 << 20), ("3GiB", 3 << 30), ("1TiB", 1 << 40)]
)
def test_sizes_are_read_and_written_with_their_unit(text, size):
    assert (parse_size(text), write_size(size)) == (size, text)


@pytest.mark.parametrize("value", ["", "256", 256, "256MB", "256 MiB", "1.5GiB", "-1MiB", "MiB", None, True])
def test_what_is_no_size_is_refused_with_what_to_write(value):
    with pytest.raises(WrongValueError, match="is not an amount of memory; write a whole number with B, KiB"):
        parse_size(value)
