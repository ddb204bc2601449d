import math
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from exporter.exposition import Format, render
from exporter.registry import system_collectors
from exporter.runner import Runner
from medic.core.clock import SystemClock
from medic.core.samples import Exemplar, Family, Kind, Sample, counter, gauge, labels
from tests import parts

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def text(*families):
    return render(families).body.decode()


def openmetrics(*families):
    return render(families, OPENMETRICS).body.decode()


def parsed(lines):
    """Read a page as (name, labels, value) triples."""
    return [(each.name, each.labels, each.value) for family in lines for each in family.samples]


HISTOGRAM = Family(
    "wait_seconds",
    Kind.HISTOGRAM,
    "Wait.",
    [
        Sample("wait_seconds_bucket", labels(queue="a", le="0.5"), 1),
        Sample("wait_seconds_bucket", labels(queue="a", le="+Inf"), 3),
        Sample("wait_seconds_sum", labels(queue="a"), 4.5),
        Sample("wait_seconds_count", labels(queue="a"), 3),
    ],
)


def test_the_text_format_letter_by_letter():
    page = text(gauge("up", "Whether it is up.", (labels(pool="a", worker="a/1"), 1)), gauge("load", "L.", ((), 0.25)))
    assert page == (
        "# HELP up Whether it is up.\n# TYPE up gauge\n"
        'up{pool="a",worker="a/1"} 1\n'
        "# HELP load L.\n# TYPE load gauge\nload 0.25\n"
    )


def test_openmetrics_letter_by_letter():
    page = openmetrics(counter("tasks_total", "Tasks.", ((), 3)), gauge("load", "L.", ((), 0.25)))
    assert page == (
        "# TYPE tasks counter\n# HELP tasks Tasks.\ntasks_total 3\n"
        "# TYPE load gauge\n# HELP load L.\nload 0.25\n# EOF\n"
    )


def test_the_content_types_name_format_and_version():
    assert render([]) == (Format.TEXT, b"")
    assert render([], OPENMETRICS) == (Format.OPENMETRICS, b"# EOF\n")
    assert str(Format.TEXT) == "text/plain; version=0.0.4; charset=utf-8"


def test_a_counter_that_never_had_total_is_unknown_to_openmetrics():
    family = counter("node_odd", "Odd.", ((), 1))
    assert "# TYPE node_odd unknown\n" in openmetrics(family)
    assert "# TYPE node_odd counter\n" in text(family)


@pytest.mark.parametrize("stem", [gauge("x", "X.", ((), 1)), counter("x", "X.", ((), 1))])
def test_a_counter_beside_a_family_of_its_name_without_total_is_unknown_to_openmetrics(stem):
    page = openmetrics(stem, counter("x_total", "T.", ((), 2)))
    assert [family.name for family in parse_openmetrics(page)] == ["x", "x_total"]


def test_an_untyped_family_is_untyped_in_text_and_unknown_in_openmetrics():
    family = Family("node_vmstat_pgfault", Kind.UNTYPED, "Faults.", [Sample("node_vmstat_pgfault", (), 1)])
    assert "# TYPE node_vmstat_pgfault untyped\n" in text(family)
    assert "# TYPE node_vmstat_pgfault unknown\n" in openmetrics(family)


@pytest.mark.parametrize(
    ("value", "written"),
    [(1, "1"), (1.0, "1.0"), (True, "1.0"), (-0.5, "-0.5"), (math.inf, "+Inf"), (-math.inf, "-Inf"), (1e300, "1e+300")],
)
def test_numbers_are_written_as_go_reads_them(value, written):
    assert f"x {written}\n" in text(gauge("x", "X.", ((), value)))


def test_nan_is_absent():
    assert text(gauge("x", "X.", ((), math.nan))) == "# HELP x X.\n# TYPE x gauge\n"


def test_the_time_of_a_sample_is_not_written():
    assert text(Family("x", Kind.GAUGE, "X.", [Sample("x", (), 1, at=1_000)])).endswith("x 1\n")


def test_a_histogram_is_read_back_by_both_parsers():
    wanted = [(each.name, dict(each.labels), each.value) for each in HISTOGRAM.samples]
    assert parsed(parse_text(text(HISTOGRAM))) == wanted
    assert parsed(parse_openmetrics(openmetrics(HISTOGRAM))) == wanted


BUCKET = HISTOGRAM.samples[0]
SEEN = HISTOGRAM._replace(exemplars={BUCKET[:2]: Exemplar(labels(task="a1"), 0.25, 1_767_000_000_500)})


def test_an_exemplar_stands_behind_its_bucket_in_openmetrics_alone():
    line = 'wait_seconds_bucket{le="0.5",queue="a"} 1 # {task="a1"} 0.25 1767000000.5\n'
    assert line in openmetrics(SEEN)
    assert openmetrics(SEEN).count(" # {") == 1
    assert text(SEEN) == text(HISTOGRAM)


def test_an_exemplar_is_read_back_with_its_value_and_its_time():
    (family,) = parse_openmetrics(openmetrics(SEEN))
    found = [each.exemplar for each in family.samples if each.exemplar]
    assert [(each.labels, each.value, float(each.timestamp)) for each in found] == [
        ({"task": "a1"}, 0.25, 1_767_000_000.5)
    ]


def test_an_exemplars_labels_are_escaped():  # its reader cannot read that back
    family = SEEN._replace(exemplars={BUCKET[:2]: Exemplar(labels(task='a"1'), 0.25)})
    assert ' 1 # {task="a\\"1"} 0.25\n' in openmetrics(family)


def test_an_exemplar_may_have_no_time_and_come_and_go_between_pages():
    timeless = HISTOGRAM._replace(exemplars={BUCKET[:2]: Exemplar(labels(task="b"), 0.5)})
    before = openmetrics(HISTOGRAM)
    assert ' 1 # {task="b"} 0.5\n' in openmetrics(timeless)
    assert openmetrics(HISTOGRAM) == before


def test_a_page_that_changes_its_shape_under_the_same_names_is_laid_out_anew():
    for rows in ([(labels(a="1"), 1)], [(labels(a="2"), 1)], [], [(labels(a="1"), 1), (labels(a="2"), 2)]):
        lines = "".join(f'x{{a="{dict(pairs)["a"]}"}} {value}\n' for pairs, value in rows)
        assert text(gauge("x", "X.", *rows)) == f"# HELP x X.\n# TYPE x gauge\n{lines}"
    assert text(counter("x", "X.")) == "# HELP x X.\n# TYPE x counter\n"
    assert text(gauge("x", "Y.")) == "# HELP x Y.\n# TYPE x gauge\n"


def test_nan_is_absent_beside_other_values():
    rows = [(labels(a="1"), 1.5), (labels(a="2"), math.nan), (labels(a="3"), math.inf)]
    assert text(gauge("x", "X.", *rows)).endswith('gauge\nx{a="1"} 1.5\nx{a="3"} +Inf\n')


def test_families_without_samples_are_read_back_by_both_parsers():
    families = [gauge("a", "A."), counter("b_total", "B."), Family("c", Kind.HISTOGRAM, "C.")]
    assert parsed(parse_text(text(*families))) == []
    assert parsed(parse_openmetrics(openmetrics(*families))) == []


label_values = st.text(st.characters(codec="utf-8"), max_size=8)
label_sets = st.dictionaries(st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,5}", fullmatch=True), label_values, max_size=3)
numbers = st.floats(allow_nan=False) | st.integers(-(2**53), 2**53)


@given(st.lists(st.tuples(label_sets.map(labels), numbers), max_size=5, unique_by=lambda row: row[0]), label_values)
def test_whatever_is_written_is_read_back_by_both_parsers(rows, help_):
    family = gauge("x", help_, *rows)
    wanted = [("x", dict(pairs), float(value)) for pairs, value in rows]
    # Its reader of the text format takes a carriage return in a label for the end of a line, which the format does not.
    if not any(control in str(rows) + repr(help_) for control in ("\\r", "\\x", "\\u")):
        assert parsed(parse_text(text(family))) == wanted
        assert parsed(parse_openmetrics(openmetrics(family))) == wanted
    assert text(family).count("\n") == len(rows) + 2


def promtool(page):
    return subprocess.run([parts.find("promtool"), "check", "metrics"], input=page, capture_output=True, check=False)


@pytest.mark.needs("promtool")
def test_promtool_finds_nothing_on_our_own_names():
    own = [
        HISTOGRAM,
        counter("medic_queue_tasks_failed_total", 'A "quoted" \\ help\nin two lines.', (labels(queue='a"b\\c\nd'), 1)),
        gauge("medic_queue_up", "Up.", (labels(queue="ä"), 1)),
    ]
    found = promtool(render(own).body)
    assert (found.returncode, found.stdout, found.stderr) == (0, b"", b"")


@pytest.fixture
async def real_page():
    clock = SystemClock()
    runner = Runner(system_collectors(clock), clock)
    await runner.refresh("processes")
    return await runner.scrape(timeout=10)


@pytest.mark.needs("promtool")
async def test_promtool_complains_of_nothing_but_names_inherited_from_node_exporter(real_page):
    found = promtool(render(real_page).body)
    complaints = found.stderr.decode().splitlines()
    assert all(line.startswith("node_") for line in complaints), found.stderr.decode()
    assert not any("error" in line for line in complaints)


async def test_this_host_is_read_back_by_both_parsers(real_page):
    wanted = [(each.name, dict(each.labels), float(each.value)) for family in real_page for each in family.samples]
    assert parsed(parse_text(render(real_page).body.decode())) == wanted
    assert parsed(parse_openmetrics(render(real_page, OPENMETRICS).body.decode())) == wanted
