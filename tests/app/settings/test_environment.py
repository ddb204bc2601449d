from hypothesis import given
from hypothesis import strategies as st

from medic.app.settings.environment import Substituted, substitute


def test_a_place_is_filled_wherever_it_stands_and_remembered_as_written():
    filled = substitute({"a": ["x", "pre-${A}-post"], "b": {"c": "${A}${B}"}}, {"A": "1", "B": "2"})
    assert filled.tree == {"a": ["x", "pre-1-post"], "b": {"c": "12"}}
    assert filled.written == {("a", 1): "pre-${A}-post", ("b", "c"): "${A}${B}"}
    assert not filled.findings


def test_what_a_variable_holds_is_not_filled_again():
    assert substitute("${A}", {"A": "${B}", "B": "x"}).tree == "${B}"


def test_a_default_counts_only_where_the_variable_is_not_set():
    tree = ["${A:-x}", "${B:-}", "${C:-y}"]
    assert substitute(tree, {"C": "set"}).tree == ["x", "", "set"]


def test_a_doubled_dollar_is_that_text_itself_and_hides_nothing():
    filled = substitute("echo $${HOME}", {"HOME": "/root"})
    assert filled.tree == "echo ${HOME}"
    assert not isinstance(filled.tree, Substituted)
    assert not filled.written


def test_each_missing_variable_is_found():
    found = substitute(["${A} ${B}", "${}"], {}).findings
    assert [finding.path for finding in found] == [(0,), (0,), (1,)]
    assert found[1].text == "the environment variable B is not set"


@given(st.text(), st.dictionaries(st.sampled_from("ABC"), st.text()))
def test_text_without_places_stays_as_it_is_and_no_text_is_refused_by_an_exception(text, variables):
    filled = substitute(text, variables)
    if "${" not in text:
        assert filled.tree == text
        assert not filled.findings
