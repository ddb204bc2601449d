from functools import partial
from itertools import count
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.app.web.promapi import finding
from medic.app.web.promapi.errors import ApiError
from medic.app.web.promapi.form import FARTHEST
from medic.app.web.promapi.questions import Period
from medic.app.web.promapi.turns import Term
from medic.core.samples import Snapshot, gauge, labels
from rules.promql import QueryError, compile_query
from rules.series import Series

ALL = Period(-FARTHEST, FARTHEST)
ENDLESS = Term(inf, lambda: 0.0)
read = partial(finding.read_selections, compile_=compile_query, term=ENDLESS)


def store():
    """Return a view on `a` at 1 s and 2 s, of which `y` vanishes, and `b` from 2 s on."""
    series = Series()
    both = gauge("a", "", (labels(x="1"), 1.0), (labels(x="2", y="z"), 1.0))
    series.append(Snapshot(1000, [both]))
    series.append(Snapshot(2000, [gauge("a", "", (labels(x="1"), 1.0)), gauge("b", "", ((), 2.0))]))
    return series.view()


A1, A2, B = (("__name__", "a"), ("x", "1")), (("__name__", "a"), ("x", "2"), ("y", "z")), (("__name__", "b"),)


@pytest.mark.parametrize(
    ("selectors", "found"),
    [
        ([], [A1, A2, B]),
        (["a"], [A1, A2]),
        (['{x="2"}', "b"], [A2, B]),
        (['{x="2"}', "a"], [A1, A2]),
        (['{x=~".+",y=""}'], [A1]),
        (['{"a"}'], [A1, A2]),
        (["nothing"], []),
    ],
)
def test_series_are_those_that_any_selector_means_each_once_and_sorted(selectors, found):
    assert finding.series(store(), read(selectors), ALL, ENDLESS) == found


@pytest.mark.parametrize(
    ("period", "found"),
    [
        (Period(0, 999), []),
        (Period(0, 1000), [A1, A2]),
        (Period(1001, 1999), []),
        (Period(1001, FARTHEST), [A1, B]),
        (Period(2000, 2000), [A1, B]),
        (Period(2001, FARTHEST), []),
        (Period(3000, 1000), []),
    ],
)
def test_only_series_with_a_sample_in_the_period_count(period, found):
    assert finding.series(store(), (), period, ENDLESS) == found


def test_names_and_values_are_sorted_and_each_once():
    found = finding.series(store(), (), ALL, ENDLESS)
    assert finding.names(found) == ["__name__", "x", "y"]
    assert finding.values(found, "x") == ["1", "2"]
    assert finding.values(found, "nothing") == []


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ("", "parse error"),
        ("{}", "empty"),
        ('{x=~".*"}', "empty"),
        ('{x!="1"}', "empty"),
        ("up[5m]", "no plain selector"),
        ("up offset 5m", "no plain selector"),
        ("up @ 5", "no plain selector"),
        ("sum(up)", "no plain selector"),
        ("1", "no plain selector"),
        ("up{", "parse error"),
    ],
)
def test_what_selects_everything_or_is_no_selector_is_refused(selector, words):
    with pytest.raises(ApiError, match=words) as raised:
        read([selector])
    assert str(raised.value).startswith('invalid parameter "match[]": ')


def test_the_place_of_a_mistake_comes_before_what_is_wrong():
    assert finding.syntax(QueryError("odd", "even", text="a b", position=2)) == "1:3: parse error: odd: even"
    assert finding.syntax(QueryError("odd", "even")) == "parse error: odd: even"
    assert finding.syntax(QueryError("parse error: odd", "even", text="a", position=0)) == "1:1: parse error: odd: even"


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [
        ("job", "job"),
        ("U__a_2e_b", "a.b"),
        ("U__a__b", "a_b"),
        ("U___fc_", "ü"),
        ("U___1f4a9_", "💩"),
        ("U__abc", "abc"),
        ("U__a_2e", "U__a_2e"),
        ("U__a_xyz_", "U__a_xyz_"),
        ("U__a_d800_", "U__a_d800_"),
        ("U__a_110000_", "U__a_110000_"),
        ("U__a_+2e_", "U__a_+2e_"),
    ],
)
def test_label_names_of_any_characters_fit_into_an_address(escaped, plain):
    assert finding.unescape(escaped) == plain


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_every_label_name_comes_back_from_its_escaped_form(name):
    def escape(one):
        return "__" if one == "_" else one if one.isascii() and one.isalnum() else f"_{ord(one):x}_"

    assert finding.unescape("U__" + "".join(map(escape, name))) == name


@given(st.text(max_size=30))
def test_no_name_whatever_breaks_it(name):
    assert isinstance(finding.unescape("U__" + name), str)


def test_a_label_without_a_name_is_refused():
    with pytest.raises(ApiError, match='invalid label name: "U__"'):
        finding.read_label("U__")


def test_many_selections_end_with_their_term_and_give_others_a_turn_at_each():
    looks = count(1)
    with pytest.raises(ApiError, match="query timed out"):
        read(["x"] * 50, term=Term(10, lambda: next(looks)))
    assert next(looks) == 11
    looks = count(1)
    with pytest.raises(ApiError, match="query timed out"):
        finding.series(store(), read(["x"] * 50), ALL, Term(10, lambda: next(looks)))
    assert next(looks) == 11
