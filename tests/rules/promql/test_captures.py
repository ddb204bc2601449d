import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.promql.captures import Tracer, expand, replace_all
from rules.promql.regex import read_tree, translate

BODIES = st.lists(st.sampled_from(["a", "b", "ab", "ba", "[ab]", "."]), min_size=1, max_size=3).map("|".join)
PARTS = st.builds(
    "{}{}{}".format, BODIES.map("({})".format), st.sampled_from(["", "*", "+", "?", "{1,2}"]), st.just("")
)
LAZY = PARTS.map(lambda part: part if part.endswith(")") else f"{part}?")
EXPRESSIONS = st.lists(PARTS | LAZY, min_size=1, max_size=4).map("".join)
TEXTS = st.text(alphabet="abc", max_size=8)


def traced(expression):
    return Tracer(read_tree(expression, dot_all=True))


@given(EXPRESSIONS, TEXTS)
def test_the_groups_are_those_that_perl_and_go_would_take(expression, text):
    wanted, found = re.fullmatch(expression, text, re.DOTALL), traced(expression).fullmatch(text)
    assert (found is None) is (wanted is None)
    if wanted is not None:
        assert [found[number] for number in range(wanted.re.groups + 1)] == [wanted[0], *wanted.groups()]


@given(EXPRESSIONS, TEXTS, st.integers(0, 3))
def test_the_first_match_is_found_wherever_the_search_begins(expression, text, place):
    begin = min(place, len(text))
    wanted, found = re.compile(expression, re.DOTALL).search(text, begin), traced(expression).search(text, begin)
    assert (found is None) is (wanted is None)
    if wanted is not None:
        assert (found.start(), found.end()) == wanted.span()
        assert [found[number] for number in range(1, wanted.re.groups + 1)] == list(wanted.groups())


@pytest.mark.parametrize(
    ("expression", "text", "groups"),
    [
        ("(a+)+b", "aaab", ["aaa"]),
        ("(a*)+", "aa", ["aa"]),
        ("(a|ab)(c|bcd)(d*)", "abcd", ["a", "bcd", ""]),
        ("(?:(a)|b)*", "ab", ["a"]),
        (".*?(b+?)(b*)", "abbb", ["b", "bb"]),
        (r"(\ba+\b).(\ba+)", "aa aa", ["aa", "aa"]),
        ("(?:(x)|y)", "y", [None]),
    ],
)
def test_groups_in_repeats_and_options_are_go_s(expression, text, groups):
    found = traced(expression).fullmatch(text)
    assert [found[number] for number in range(1, len(groups) + 1)] == groups


@pytest.mark.parametrize(
    "expression", ["(a+)+b", "(a|a)*b|c", "(a*)*b", "(.*a){20}b", "(.*)-(.*)-(.*)-x", "(a|a)*b|a*"]
)
def test_no_expression_takes_long_for_its_groups(expression):
    pattern = translate(expression)
    for text in ("a" * 200 + "!", "a" * 200):  # a backtracking matcher would not end
        pattern.fullmatch(text)
        pattern.search(text, 0)


@pytest.mark.parametrize("expression", ["(?P<host>[^:]+):(?P<port>.+)", "(?P<host>([^:]|::)+):(?P<port>.+)"])
def test_groups_are_filled_in_as_go_does(expression):
    found = translate(expression).fullmatch("db:80")
    assert found is not None
    assert expand("$host/${port}/$0/$$1/$1x/${1}x/$01/$9/$/$-", found) == "db/80/db:80/$1//dbx///$/$-"


@pytest.mark.parametrize(
    ("expression", "text", "by", "left"),
    [
        ("a*", "baac", "-", "-b-c-"),
        ("", "ab", "-", "-a-b-"),
        ("a", "", "-", ""),
        ("(a)(b)?", "abaca", "<$2$1>", "<ba><a>c<a>"),
        ("^a", "aaa", "-", "-aa"),
        (r"\bfoo\b", "foo food foo", "x", "x food x"),
        ("(a|b)+|c*", "abcd", "[$0]", "[ab][c]d[]"),
    ],
)
@pytest.mark.parametrize("compiled", [translate, traced])
def test_all_matches_are_replaced_as_go_does(expression, text, by, left, compiled):
    assert replace_all(compiled(expression), text, by) == left
