import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.collectors.groups.ranking import HALF_LIFE, Use, fade, rank

USES = st.dictionaries(st.text("abc", min_size=1), st.builds(Use, st.floats(0, 1e9), st.integers(0, 1 << 30)))


def test_those_that_use_most_cpu_or_most_memory_are_the_top():
    uses = {"busy": Use(900.0, 1), "large": Use(0.0, 900), "small": Use(10.0, 10), "tiny": Use(1.0, 1)}
    assert rank(uses, (), 2) == {"busy", "large"}


def test_who_has_its_place_keeps_it_against_one_that_uses_little_more():
    uses = {"old": Use(100.0, 0), "new": Use(110.0, 0)}
    assert rank(uses, {"old"}, 1) == {"old"}
    assert rank({**uses, "new": Use(200.0, 0)}, {"old"}, 1) == {"new"}


def test_who_uses_nothing_is_no_top():
    assert rank({"idle": Use(0.0, 0)}, (), 3) == frozenset()


def test_what_was_used_long_ago_counts_less():
    assert fade({"a": 100.0, "gone": 5.0}, {"a": 10, "b": 1}, HALF_LIFE) == {"a": pytest.approx(60.0), "b": 1.0}


@given(USES, st.sets(st.text("abc", min_size=1)), st.integers(0, 10))
def test_the_top_is_never_larger_than_asked_for(uses, incumbents, most):
    top = rank(uses, incumbents, most)
    assert len(top) <= most
    assert top <= uses.keys()
