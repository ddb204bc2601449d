import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.promql import QueryError
from rules.promql.automata import Automaton
from rules.promql.expressions import write
from rules.promql.regex import matching, read_tree, translate


@pytest.mark.parametrize(
    ("expression", "matched", "others"),
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
        (r"\Qa.b*\E+", ["a.b*", "a.b***"], ["aab", "a.b*a.b*"]),
        (r"a\Q\E*", ["", "aaa"], ["b"]),
        (r"\pL+", ["aéß中"], ["a1", ""]),
        (r"\PL", ["1"], ["a"]),
        (r"\p{Lu}\p{^Lu}", ["Aa"], ["AA", "aa"]),
        (r"[\p{Nd}_]+", ["1٣_"], ["a"]),
        ("(?U)a+b", ["aab"], ["b"]),
        ("(a+)+b", ["aab"], ["aa", "b"]),
        ("(a|aa)*(b|c){2,3}", ["aaabc", "bb", "aabcb"], ["aab", "abcbc"]),
        ("(?:a?){3}a{3}", ["aaa", "aaaaaa"], ["aa", "aaaaaaa"]),
        (".*a.*b.*c", ["xaxbxc", "abc"], ["acb"]),
        (r"(\bfoo\b.?)+", ["foo foo", "foo"], ["foofoo", "xfoo"]),
        (r"(^a+$)+", ["aa"], ["", "a\n"]),
        (r"((?m)^a$\n?)+", ["a\na\na"], ["aa"]),
        (r"(\Ba+|b)+", ["baa"], ["ab"]),
        (r"\Qa.b", ["a.b"], ["axb"]),
        (r"\x41\x{1F600}\101\n", ["A\U0001f600A\n"], ["A"]),
        ("^a$", ["a"], ["a\n"]),
        ("(?m)a$\n^b", ["a\nb"], ["a"]),
        (r"a\bb|\bc\b", ["c"], ["ab"]),
        (r"\B", [""], ["a"]),
        ("(?P<n>a)(?<m>b)", ["ab"], ["a"]),
        ("(a|b)??c", ["c", "ac"], ["abc"]),
        ("", [""], ["a"]),
        ("(?:)", [""], ["a"]),
        ("a||b", ["a", "", "b"], ["ab"]),
    ],
)
def test_expressions_match_what_re2_matches(expression, matched, others):
    pattern = matching(expression)
    assert [text for text in matched if pattern.fullmatch(text) is None] == []
    assert [text for text in others if pattern.fullmatch(text) is not None] == []


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
        r"\p{Xx}",
        r"[\p{Greek}]",
        r"a{2}{3}",
        r"\C",
        r"\q",
        "\\",
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


@pytest.mark.parametrize(
    "expression",
    [
        "(a+)+b",
        "(a|a)*b",
        "(a|aa)+b",
        "(a*)*b",
        "(.*a){20}b",
        ".*.*.*.*x",
        "(.*)-(.*)-(.*)-x",
        "(a?){60}a{60}b",
        "a?" * 60 + "a{60}b",
        "(a|b|ab)*c",
        "((a{0,9}){0,9}){0,9}b",
        "(?i:(A|a)+)x",
        "[ab]*a[ab]{12}x",
        "(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)*b",
        r"(\w+\s?)*\.",
        "(.+)+$x",
    ],
)
@pytest.mark.parametrize("text", ["a" * 4000 + "!", "ab" * 2000 + "!", "a-" * 2000 + "!"])
def test_no_expression_takes_long_on_a_long_value(expression, text):
    assert matching(expression).fullmatch(text) is None  # a backtracking matcher would not end


def test_an_expression_may_be_large_but_not_huge():
    assert matching("(ab){1000}").fullmatch("ab" * 1000)
    with pytest.raises(QueryError, match="more than 3000 states"):
        matching("((a|b){100}){100}")


@settings(max_examples=300)
@given(st.text(alphabet="ab|()*+?.{}12,^$", max_size=10), st.text(alphabet="ab1", max_size=7))
def test_the_automaton_matches_what_pythons_matcher_matches(expression, text):
    try:
        tree = read_tree(expression, dot_all=True)
        automaton = Automaton(tree)
    except QueryError:
        return
    assert (automaton.fullmatch(text) is None) == (re.compile(write(tree)).fullmatch(text) is None)


def test_before_prometheus_3_a_dot_does_not_match_a_newline():
    assert translate("a.b", dot_all=False).fullmatch("a\nb") is None
    assert translate("(?s)a.b", dot_all=False).fullmatch("a\nb")


@settings(max_examples=300)
@given(st.text(alphabet="ab|()[]{}*+?.^$\\dwsQE:-,1?iPmUs<>n=!&~pLN", max_size=14))
def test_any_expression_is_translated_or_refused(expression):
    for read in (translate, matching):
        try:
            pattern = read(expression)
        except QueryError:
            continue
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
