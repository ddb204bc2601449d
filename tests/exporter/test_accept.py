import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.accept import best, takes
from exporter.exposition import Format

OFFERS = (Format.TEXT, Format.OPENMETRICS)
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0;q=0.75,application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=0.0.4;q=0.25,*/*;q=0.2"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_2_42 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3_14 = (
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,"
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.4,*/*;q=0.3"
)
"""One that likes the text format best."""
PROTOBUF = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.3"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", Format.TEXT),
        ("*/*", Format.TEXT),
        (BROWSER, Format.TEXT),
        (PROMETHEUS_2, Format.OPENMETRICS),
        (PROMETHEUS_3, Format.OPENMETRICS),
        (PROMETHEUS_2_42, Format.OPENMETRICS),
        (PROMETHEUS_3_14, Format.TEXT),
        (PROTOBUF, Format.OPENMETRICS),
        ("text/plain;version=1.0.0;escaping=allow-utf-8", Format.TEXT),
        ("application/openmetrics-text;version=1.0.0;charset=utf-8;escaping=underscores", Format.OPENMETRICS),
        ("application/openmetrics-text", Format.OPENMETRICS),
        ("APPLICATION/OpenMetrics-Text; Version=1.0.0", Format.OPENMETRICS),
        ('application/openmetrics-text; version="1.0.0"', Format.OPENMETRICS),
        ("application/openmetrics-text;version=2.0.0", Format.TEXT),
        ("application/*", Format.OPENMETRICS),
        ("text/*, application/openmetrics-text;q=0.9", Format.TEXT),
        ("text/plain;q=0.5, application/openmetrics-text;q=0.6", Format.OPENMETRICS),
        ("text/plain;q=0.6, application/openmetrics-text;q=0.5", Format.TEXT),
        ("*/*, text/plain;q=0", Format.OPENMETRICS),
        ("*/*;q=0.9, application/openmetrics-text;q=0.1", Format.TEXT),
        ("application/openmetrics-text;q=0", Format.TEXT),
        ("application/openmetrics-text;q=nonsense", Format.TEXT),
        ("application/openmetrics-text;q=7", Format.TEXT),
        ("image/png", Format.TEXT),
        (",;,/,;q=,application/openmetrics-text", Format.OPENMETRICS),
    ],
)
def test_the_format_is_the_one_that_is_liked_best(accept, wanted):
    assert best(accept, OFFERS) == wanted


@given(st.text(alphabet='abt/*;,q=.01 "x', max_size=60))
def test_no_header_is_an_error(accept):
    assert best(accept, OFFERS) in OFFERS


@pytest.mark.parametrize(
    ("accept_encoding", "taken"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=nonsense", False),
        ("*", True),
        ("*;q=0", False),
        ("*;q=0, gzip", True),
        ("gzip;q=0, *", False),
        ("identity", False),
        ("identity;q=0.5, gzip;q=0.8", True),
        ("identity;q=0.8, gzip;q=0.5", False),
        ("identity;q=0, gzip;q=0.1", True),
        ("br, gzipped", False),
        (",;,=,gzip", True),
    ],
)
def test_an_encoding_is_taken_by_its_quality(accept_encoding, taken):
    assert takes(accept_encoding, "gzip") is taken


@given(st.text(max_size=60))
def test_any_header_of_encodings_is_read(text):
    assert takes(text, "gzip") in {True, False}
