"""The text format, read strictly."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.admission import admit
from exporter.collectors.textfile.parse import MOST, TextError, parse
from exporter.exposition import render
from medic.core.samples import Family, Kind, Sample, labels

NAMES = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,8}", fullmatch=True).filter(
    lambda name: not name.endswith(("_sum", "_count", "_bucket"))
)
LABEL_NAMES = st.from_regex(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]{0,5}", fullmatch=True).filter(
    lambda name: name not in {"le", "quantile"}
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PAIRS = st.dictionaries(LABEL_NAMES, TEXTS, max_size=3).map(labels)
NUMBERS = st.floats(allow_nan=False) | st.integers(-(2**53), 2**53)
PLAIN = st.sampled_from([Kind.COUNTER, Kind.GAUGE, Kind.UNTYPED])


@st.composite
def families(draw):
    name, kind, help_ = draw(NAMES), draw(PLAIN | st.just(Kind.HISTOGRAM) | st.just(Kind.SUMMARY)), draw(TEXTS)
    rows = draw(st.lists(PAIRS, unique=True, min_size=1, max_size=3))
    samples = []
    for pairs in rows:
        parts = _parts(name, kind, pairs)
        samples += [Sample(part, with_bound, draw(NUMBERS)) for part, with_bound in parts]
    return Family(name, kind, help_.strip(" \t"), samples)


def _parts(name, kind, pairs):
    if kind is Kind.HISTOGRAM:
        bounds = [(f"{name}_bucket", labels(dict(pairs), le=bound)) for bound in ("0.5", "+Inf")]
        return [*bounds, (f"{name}_sum", pairs), (f"{name}_count", pairs)]
    if kind is Kind.SUMMARY:
        return [(name, labels(dict(pairs), quantile="0.9")), (f"{name}_sum", pairs), (f"{name}_count", pairs)]
    return [(name, pairs)]


def read(text):
    return [each.as_family("") for each in parse(text.encode())]


def values(text):
    return {sample[:2]: sample.value for family in read(text) for sample in family.samples}


@given(st.lists(families(), max_size=4, unique_by=lambda family: family.name))
def test_what_medic_writes_is_read_back(given_):
    written = render(admit(given_)).body
    assert [each.as_family("") for each in parse(written)] == [
        family._replace(samples=tuple(family.samples)) for family in given_
    ]


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: (text + "\n").encode()))
def test_any_bytes_are_read_or_refused_and_what_is_read_may_be_shown(content):
    try:
        found = parse(content)
    except TextError:
        return
    admit([each.as_family("x") for each in found])


WORDS = (
    "# TYPE a ",
    "# HELP a ",
    "a",
    "a_sum",
    "a_count",
    "a_bucket",
    'le="1"',
    'quantile="x"',
    "counter",
    "histogram",
)
SIGNS = (
    "{",
    "}",
    ",",
    " ",
    "\t",
    "\n",
    "#",
    '"',
    "\\",
    "\r",
    "\x0b2",
    "summary",
    "1",
    "NaN",
    "+Inf",
    "1_0",
    "\u0131nf",
)
LINES = st.sampled_from(WORDS + SIGNS)


@given(st.lists(LINES, max_size=25).map("".join))
def test_any_pieces_of_the_format_are_read_or_refused_and_what_is_read_may_be_shown(text):
    test_any_bytes_are_read_or_refused_and_what_is_read_may_be_shown.hypothesis.inner_test((text + "\n").encode())


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("a 1", 1),
        ("a\t-1.5e3", -1500),
        ("  a   .5  ", 0.5),
        ("a{} 5.", 5),
        ("a +Inf", math.inf),
        ("a -inf", -math.inf),
        ("a Infinity", math.inf),
        ("a{}1", 1),
    ],
)
def test_numbers_and_blanks_are_those_of_the_format(line, value):
    assert values(f"{line}\n") == {("a", ()): value}


def test_labels_may_be_spread_escaped_and_end_with_a_comma():
    text = 'a{ x = "1" , y="q\\"\\\\\\n{}," ,} 1\n'
    assert values(text) == {("a", (("x", "1"), ("y", 'q"\\\n{},'))): 1}


def test_an_empty_label_is_none():
    assert values('a{x=""} 1\n') == {("a", ()): 1}


def test_comments_and_empty_lines_are_passed_over():
    assert values("# a comment\n#\n\n # TYPES b\na 1\n# EOF\n") == {("a", ()): 1}


def test_a_help_is_unescaped_and_keeps_its_blanks():
    (family,) = read("# HELP  a  Two  words \\\\ and\\nlines.\na 1\n")
    assert family.help == "Two  words \\ and\nlines."
    assert family.kind is Kind.UNTYPED


def test_a_bucket_without_bound_that_is_left_out_is_what_the_count_says():
    text = '# TYPE h histogram\nh_bucket{le="1",x="a"} 2\nh_sum{x="a"} 3\nh_count{x="a"} 4\n'
    assert values(text)["h_bucket", (("le", "+Inf"), ("x", "a"))] == 4


def test_a_metric_that_is_named_like_a_part_of_a_histogram_stays_itself():
    found = read("# TYPE h histogram\n# TYPE h_sum counter\nh_count 1\nh_sum 2\nother_sum 3\n")
    assert [(family.name, family.kind) for family in found] == [
        ("h", Kind.HISTOGRAM),
        ("h_sum", Kind.COUNTER),
        ("other_sum", Kind.UNTYPED),
    ]


def test_a_metric_that_is_only_declared_is_left_out():
    assert read("# HELP a A.\n# TYPE a gauge\n") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a 1", "the last line has no end; write to another name in that folder and rename it"),
        ("b 1\na 1 1395066363000\n", "line 2 ('a 1 1395066363000') has a timestamp; leave it out"),
        ("a 1 x\n", "has more than a value"),
        ("a\n", "has no blank behind the name"),
        ('a{x="1"}\n', "has no value"),
        ("a 1,5\n", "has no value; write a number"),
        ("a 0x1p3\n", "has no value"),
        ("a 1_000\n", "has no value"),
        ("a 1\r\n", "has no value"),
        ("1a 1\n", "begins with no name"),
        ("a-b 1\n", "has no blank behind the name"),
        ("ä 1\n", "begins with no name"),
        ("a{x=1} 1\n", "has labels that cannot be read"),
        ('a{x="1} 1\n', "has labels that cannot be read"),
        ('a{x="\\t"} 1\n', "has labels that cannot be read"),
        ('a{x="1",x="2"} 1\n', "has the label x twice"),
        ('a{__name__="b"} 1\n', "begins with __"),
        ('a{x="1" y="2"} 1\n', "has labels that cannot be read"),
        ("a 1\na 2\n", "line 2 ('a 2') is given twice"),
        ('a 1\na{x=""} 2\n', "is given twice"),
        ("# TYPE a gauge\n# TYPE a gauge\n", "second TYPE"),
        ("# HELP a x\n# HELP a y\n", "second HELP"),
        ("a 1\n# TYPE a gauge\n", "comes after samples"),
        ("# TYPE a info\n", "names the type 'info'; write one of counter"),
        ("# TYPE a\n", "names the type ''"),
        ("# TYPE\n", "names no metric behind TYPE"),
        ("# HELP a \\t\n", "has a backslash that escapes nothing"),
        ("# TYPE h histogram\nh 1\n", "is none of _bucket, _sum and _count"),
        ("# TYPE h histogram\nh_bucket 1\n", "has no label le with a number"),
        ('# TYPE h histogram\nh_bucket{le="x"} 1\n', "has no label le with a number"),
        ("# TYPE s summary\ns 1\n", "has no label quantile"),
    ],
)
def test_what_is_not_in_the_format_is_refused_with_its_line_and_advice(text, words):
    with pytest.raises(TextError) as caught:
        parse(text.encode())
    assert words in str(caught.value)


def test_bytes_that_are_no_text_are_refused_with_their_line():
    with pytest.raises(TextError, match="line 2 is not UTF-8"):
        parse(b'a 1\nb{x="\xff"} 1\n')


def test_a_label_whose_values_never_end_is_refused():
    text = "".join(f'a{{x="{number}"}} 1\n' for number in range(MOST + 1))
    with pytest.raises(TextError, match=f"more than {MOST} samples"):
        parse(text.encode())


@pytest.mark.parametrize(
    "line", ["a{" + " " * 200_000, 'a{x="' + "\\n" * 200_000, "a " + "1" * 400_000 + "x", "#" * 400_000]
)
def test_a_line_without_end_is_read_in_linear_time(line):
    with pytest.raises(TextError):
        parse(f"{line}\nb\n".encode())
