import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.accept import best
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
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", Format.TEXT),
        ("*/*", Format.TEXT),
        (BROWSER, Format.TEXT),
        (PROMETHEUS_2, Format.OPENMETRICS),
        (PROMETHEUS_3, Format.OPENMETRICS),
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
