import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.promql import QueryError
from rules.promql.regex import translate


@pytest.mark.parametrize(
    ("expression", "matching", "others"),
    [
        ("a|b", ["a", "b"], ["ab", ""]),
        ("foo.*", ["foo", "foo\nbar"], ["fo"]),
        ("(?-s:a.)", ["ab"], ["a\n"]),
        ("a(?i)b|c", ["ab", "aB", "C"], ["A", "AB"]),
        ("((?i)pro).*", ["PROd", "prod"], ["xpro"]),
        ("(?i:x)y", ["Xy", "xy"], ["XY"]),
        ("(?i)a(?-i)b", ["Ab"], ["AB"]),
        (r"\d+", ["12"], ["\u0661"]),
        (r"\w", ["a", "_"], ["é"]),
        (r"[\d-]+", ["1-2"], ["a"]),
        (r"[^\D]", ["7"], ["x"]),
        (r"[[:alpha:]_]+", ["a_B"], ["1"]),
        (r"[[:^digit:]]", ["a"], ["1"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[^]a]", ["b"], ["]", "a"]),
        ("[a-c&&b]", ["&", "c"], ["d"]),
        ("a{2,3}", ["aa", "aaa"], ["a", "aaaa"]),
        ("a{,2}", ["a{,2}"], ["a", "aa"]),
        ("x{a}", ["x{a}"], ["xa"]),
        (r"\Qa.b*\E+", ["a.b*", "a.b*a.b*"], ["aab"]),
        (r"\Qa.b", ["a.b"], ["axb"]),
        (r"\x41\x{1F600}\101\n", ["A\U0001f600A\n"], ["A"]),
        ("^a$", ["a"], ["a\n"]),
        ("(?m)a$\n^b", ["a\nb"], ["a"]),
        (r"a\bb|\bc\b", ["c"], ["ab"]),
        ("(?P<n>a)(?<m>b)", ["ab"], ["a"]),
        ("(a|b)??c", ["c", "ac"], ["abc"]),
        ("", [""], ["a"]),
        ("(?:)", [""], ["a"]),
        ("a||b", ["a", "", "b"], ["ab"]),
    ],
)
def test_expressions_match_what_re2_matches(expression, matching, others):
    pattern = translate(expression)
    assert [text for text in matching if not pattern.fullmatch(text)] == []
    assert [text for text in others if pattern.fullmatch(text)] == []


@pytest.mark.parametrize(
    "expression",
    [
        "(",
        ")",
        "(a",
        "a)",
        "[",
        "[a",
        "[b-a]",
        "*",
        "a**",
        "a*+",
        "a?+",
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(?<!a)",
        r"(a)\1",
        r"\8",
        r"\p{Greek}",
        r"\C",
        r"\q",
        "\\",
        "(?U)a*",
        "(?x)a",
        "a{1001}",
        "a{3,2}",
        "(?P<1>a)",
        "[[:foo:]]",
        r"\x{110000}",
        "|*",
        "(*)",
        "(?i",
        "(?)",
        "(?P<n>a)(?P<n>b)",
        r"\Z",
    ],
)
def test_what_re2_refuses_or_python_does_differently_is_refused(expression):
    with pytest.raises(QueryError, match="regular expression"):
        translate(expression)


@pytest.mark.parametrize("expression", ["(a+)+", "(a*)*b", "(.*a){20}", "((a|b)+c?)*"])
def test_what_could_take_forever_is_refused(expression):
    with pytest.raises(QueryError, match="take Python's matcher forever"):
        translate(expression)


def test_before_prometheus_3_a_dot_does_not_match_a_newline():
    assert translate("a.b", dot_all=False).fullmatch("a\nb") is None
    assert translate("(?s)a.b", dot_all=False).fullmatch("a\nb")


@given(st.text(alphabet="ab|()[]{}*+?.^$\\dwsQE:-,1?iPmUs<>n=!&~", max_size=12))
def test_any_expression_is_translated_or_refused(expression):
    try:
        pattern = translate(expression)
    except QueryError:
        return
    pattern.fullmatch("ab1 a.b")


@given(st.text(max_size=10))
def test_a_quoted_text_matches_only_itself(text):
    if "\\E" not in text:
        pattern = translate(rf"\Q{text}\E")
        assert pattern.fullmatch(text)
        assert not pattern.fullmatch(text + "x")


@given(st.text(alphabet="abc.", max_size=6), st.text(alphabet="abc", max_size=6))
def test_simple_expressions_mean_the_same_to_python(expression, text):
    assert bool(translate(expression).fullmatch(text)) == bool(re.fullmatch(expression, text))
