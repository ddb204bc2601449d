"""The quick way writes what a whole run writes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.templates import Facts, Row, TemplateError, compile_template
from rules.templates.nodes import Show
from rules.templates.quick import writer
from rules.templates.running import Run

READ = (
    "$labels.job",
    ".Labels.job",
    "$.Labels.nothing",
    "$value",
    ".Value",
    '"text"',
    "1.5",
    "3",
    "true",
    "nil",
    "$labels",
)
THROUGH = (
    "humanize",
    "humanizePercentage",
    "humanizeDuration",
    "printf `%v!`",
    "toUpper",
    "title",
    "len",
    "not",
    "nothing",
)
CALLS = (
    'printf "%.1f %s" $value $labels.job',
    "humanize",
    "eq $value 1.0",
    "and $value 1",
    "externalURL",
    "len .",
    "add 1 2",
)

operands = st.sampled_from(READ + CALLS)
shows = st.builds(
    lambda first, more: "{{ " + " | ".join([first, *more]) + " }}",
    operands,
    st.lists(st.sampled_from(THROUGH), max_size=3),
)
texts = st.lists(st.one_of(st.sampled_from(["at ", "", "%"]), shows), max_size=4).map("".join)


def said(write):
    try:
        return write()
    except TemplateError as error:
        return f"refused: {error}"


@given(texts, st.floats(), st.sampled_from(["a", "", "3.5", "ä"]))
def test_the_quick_way_says_what_a_whole_run_says(text, value, job):
    try:
        template = compile_template(text)
    except TemplateError:
        return
    facts = Facts({"job": job}, value, external_url="http://h/", query=lambda _: [Row({}, 1.0)])
    quick = said(lambda: writer(template.nodes, template.defined)(facts))
    assert quick == said(lambda: Run(facts, template.defined).expand(template.nodes))


@pytest.mark.parametrize("text", ["{{ $labels.job }} is at {{ $value | humanize }}", '{{ printf "%.1f" .Value }}'])
def test_what_most_templates_are_needs_no_run(text, monkeypatch):
    nodes = compile_template(text).nodes
    monkeypatch.setattr(Run, "expand", None)
    assert any(isinstance(node, Show) for node in nodes)
    assert writer(nodes, {})(Facts({"job": "a"}, 2.0)) in {"a is at 2", "2.0"}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1e-4, "0.0001"),
        (9.9e-5, "9.9e-05"),
        (999999.0, "999999"),
        (999999.9, "999999.9"),
        (1e6, "1e+06"),
        (-123456.5, "-123456.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (math.inf, "+Inf"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_are_written_as_go_writes_them(value, written):
    assert compile_template("{{ $value }}").expand(Facts({}, value)) == written
