from dataclasses import replace

from medic.core.probes import ProbeFigures
from rhythm.reports.facts import decode, encode
from rhythm.reports.render import render_html, render_markdown
from rhythm.reports.summary import summarize
from tests.rhythm.reports.figures import END, WELL

GOOD = ProbeFigures("gateway", "http://h/", True, "", 0.1, 0.999, 0.1, 0.25, 0.5)
BAD = ProbeFigures("db", "tcp://h:1", False, "refuses | the <b>connection", 0.1, 0.0, None, None, None)
NEW = ProbeFigures("new", "tcp://h:2", None, "", None, None, None, None, None)
FACTS = replace(WELL, probes=(GOOD, BAD, NEW))


def rows(text):
    return [line for line in text.splitlines() if line.startswith(("| gateway", "| db", "| new"))]


def test_probes_are_told_with_their_percentiles_and_what_is_unknown_is_no_zero():
    assert rows(render_markdown(summarize(FACTS, END))) == [
        "| gateway | http://h/ | yes | 99.9 % | 0.1 s | 0.25 s | 0.5 s |",
        "| db | tcp://h:1 | refuses \\| the &lt;b&gt;connection | 0 % | - | - | - |",
        "| new | tcp://h:2 | unknown | - | - | - | - |",
    ]


def test_the_page_shows_them_and_takes_no_reason_for_markup():
    page = render_html(summarize(FACTS, END))
    assert "Probes in the last hour" in page
    assert 'class="n bad">refuses | the &lt;b&gt;connection' in page
    assert 'class="n unknown">unknown' in page


def test_a_report_without_probes_does_not_speak_of_them():
    assert "Probes" not in render_html(summarize(WELL, END))
    assert "Probes" not in render_markdown(summarize(WELL, END))


def test_probes_reach_the_child_that_makes_the_report():
    assert decode(encode(FACTS)).probes == (GOOD, BAD, NEW)
