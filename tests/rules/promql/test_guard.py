import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.promql import Query, QueryError, compile_query
from rules.promql.guard import MAX_NESTING, MAX_OPERATORS, lift
from rules.promql.nodes import Selector, String

WORDS = st.sampled_from(
    [
        *[
            "sum",
            "by",
            "without",
            "rate",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "5m",
            "1",
            "0x1f",
            "1_0",
            ",",
            "=",
            "!=",
            "=~",
            "!~",
            '"',
            "'",
            "`",
            "@",
            "start()",
            "end()",
            "-1",
            "x",
            "y",
            "offset",
            "and",
            "or",
        ],
        *[
            "unless",
            "on",
            "ignoring",
            "group_left",
            "bool",
            "+",
            "-",
            "*",
            "/",
            "^",
            "%",
            "==",
            ">",
            "atan2",
            "topk",
            "absent",
            "\\",
            "#",
            ":",
            "inf",
            "NaN",
            "é",
            "\ue000",
            "\x00",
        ],
        "\n",
    ]
)


@settings(max_examples=300)
@given(
    st.one_of(
        st.text(max_size=60), st.lists(WORDS, max_size=25).map(" ".join), st.lists(WORDS, max_size=25).map("".join)
    )
)
def test_whatever_is_typed_is_compiled_or_refused(text):
    try:
        outcome = compile_query(text)
    except QueryError as problem:
        outcome = problem
    assert isinstance(outcome, Query) or ": " in str(outcome)


@pytest.mark.parametrize("opening", ["(", "{", "[", "sum(", "-(", "(" * 3 + "1+"])
def test_deep_nesting_is_refused_before_the_parser_can_crash(opening):
    with pytest.raises(QueryError, match="nested more than 100 deep"):
        compile_query(opening * 8000 if len(opening) * 8000 < 20_000 else opening * (20_000 // len(opening)))


def test_nesting_up_to_the_limit_is_accepted():
    compile_query("(" * MAX_NESTING + "1" + ")" * MAX_NESTING)
    compile_query("1" + "+1" * MAX_OPERATORS)
    compile_query("-" * MAX_OPERATORS + "x")


def test_an_expression_may_be_long_but_not_endless():
    with pytest.raises(QueryError, match="more than 20000"):
        compile_query("x" * 20_001)
    with pytest.raises(QueryError, match="more than 250 operators"):
        compile_query("1" + "+1" * 251)


def test_brackets_in_strings_and_comments_do_not_count():
    compile_query('x{a="' + "(" * 500 + '"} # ' + "(" * 500)


def test_the_place_of_a_mistake_is_named_by_line_and_column():
    with pytest.raises(QueryError, match=r"^2:4: the string is not closed") as caught:
        compile_query('1 +\n  x"')
    assert caught.value.position == 7


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (r'"a\tb"', "a\tb"),
        (r"`a\tb`", r"a\tb"),
        (r"'it\'s'", "it's"),
        (r'"\xc3\xa9\u00e9\101"', "ééA"),
        (r'"\xff"', "\udcff"),
        ('"ÿ"', "ÿ"),
        ('""', ""),
    ],
)
def test_strings_mean_what_they_mean_in_go(text, meaning):
    assert compile_query(text).root == String(meaning)


@pytest.mark.parametrize("text", [r'"\q"', r'"\'"', r"'\"'", r'"\x1"', r'"\400"', r'"\ud800"', '"a\nb"'])
def test_escapes_that_go_does_not_know_are_refused(text):
    with pytest.raises(QueryError):
        compile_query(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_a_raw_string_is_taken_as_it_is(text):
    if "`" not in text:
        assert compile_query(f"`{text}`").root == String(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("x @ 5", 5000),
        ("x @ -1.5", -1500),
        ("x @ 1_000", 1_000_000),
        ("x @ 0x10", 16_000),
        ("x @ 1.5e3", 1_500_000),
        ("x @ 5m", 300_000),
    ],
)
def test_at_times_keep_their_sign_and_precision(text, at):
    root = compile_query(text).root
    assert isinstance(root, Selector)
    assert root.shift.at == at


@pytest.mark.parametrize(
    "text", ["x @ Inf", "x @ NaN", "x @ 1e300", "x @", "x @ y", "x @0x0xe", "x @-# 1\n1", "x @+#\n5m", "x @#end()\n1h2"]
)
def test_at_needs_a_time(text):
    with pytest.raises(QueryError):
        compile_query(text)


def test_lifting_leaves_the_rest_of_the_text_alone():
    assert lift('x{a="b"} @ 7 # c').text.split() == ['x{a="\ue0000"}', "@", "0"]


def test_durations_have_a_limit_that_the_parser_can_bear():
    with pytest.raises(QueryError, match="at most 292 years"):
        compile_query("x[9999999999y]")
