from dataclasses import replace
from html.parser import HTMLParser

import pytest

from medic.core.errors import MedicError
from rhythm.reports.facts import Facts, decode, encode
from rhythm.reports.render import render_html, render_index, render_markdown
from rhythm.reports.summary import summarize
from tests.rhythm.reports.figures import END, FULL, START, WELL, facts

VOID = {"meta", "br", "link", "img", "hr"}


class Page(HTMLParser):
    """Checks that tags nest, and gathers tags, attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attrs, self.text = [], [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attrs += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(params=[WELL, FULL, facts()], ids=["well", "full", "empty"])
def report(request):
    return summarize(request.param, END)


def test_the_page_is_well_formed_and_fetches_nothing(report):
    page = Page(render_html(report))
    assert {"script", "link", "img", "iframe"}.isdisjoint(page.tags)
    assert not [name for name, _ in page.attrs if name in {"src", "href"} or name.startswith("on")]


def test_the_page_has_both_colour_schemes_and_fits_a_phone(report):
    text = render_html(report)
    assert "prefers-color-scheme: dark" in text
    assert 'name="viewport"' in text


def test_the_summary_comes_first(report):
    text = Page(render_html(report)).text.partition("</style>")[2] or Page(render_html(report)).text
    assert text.index(report.summary) < min(
        text.index(word) for word in ("What to look at", "Health", "Made by") if word in text
    )
    assert report.summary in render_markdown(summarize(WELL, END)) or report.tone != "good"


def test_what_comes_from_outside_cannot_become_markup_in_html():
    text = render_html(summarize(FULL, END))
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_what_comes_from_outside_cannot_become_markup_in_markdown():
    text = render_markdown(summarize(FULL, END))
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\|\\`x\\` \\[a\\](b)" in text


def test_each_table_row_of_markdown_has_as_many_cells_as_its_head():
    width = None
    for line in render_markdown(summarize(FULL, END)).splitlines():
        cells = line.replace("\\|", "").count("|")
        width = (width or cells) if line.startswith("|") else None
        assert width in {None, cells}, line


def test_a_day_with_no_data_has_no_empty_tables():
    text = render_html(summarize(facts(), END))
    assert "There is no data" in text
    assert "<table" not in text
    assert "## " not in render_markdown(summarize(facts(), END))


def test_times_are_told_in_the_zone_that_was_asked_for():
    text = render_markdown(summarize(replace(FULL, timezone="Europe/Berlin"), END))
    assert "2026-03-28 04:00:00 to 2026-03-29 05:00:00 (Europe/Berlin)" in text  # the clocks change in between


def test_what_is_unknown_is_not_called_0():
    text = render_markdown(summarize(FULL, END))
    assert "| mail |  | - | - | - | - | - |" in text


def test_the_figures_are_those_of_the_facts():
    text = render_markdown(summarize(FULL, END))
    assert "| default | 24h | 50 % | 1 | 1 | 3 | 2 |" in text
    assert "| rpa | 1 | 2 | 5 |" in text


def test_the_index_links_each_day():
    page = Page(render_index(["2026-03-29", "2026-03-28"]))
    assert [value for name, value in page.attrs if name == "href"] == [
        "2026-03-29.html",
        "2026-03-29.md",
        "2026-03-28.html",
        "2026-03-28.md",
    ]


@pytest.mark.parametrize("given", [WELL, FULL, facts()], ids=["well", "full", "empty"])
def test_facts_reach_a_child_process_as_they_are(given):
    assert decode(encode(given)) == given


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", encode(WELL)[:-20]])
def test_what_are_no_facts_is_refused(text):
    with pytest.raises(MedicError, match="cannot be read"):
        decode(text)


def test_facts_without_anything_are_still_facts():
    assert summarize(Facts("box", START, END), END).empty
