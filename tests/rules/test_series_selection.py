import re

import pytest

from medic.core.samples import Family, Kind, Sample, Snapshot, labels
from rules.labelsets import BARE, DERIVED, Catalog, dropping, keeping
from rules.postings import Match, Matcher
from rules.series import Series


@pytest.fixture
def view():
    series = Series()
    samples = [
        Sample("up", labels(job="a", instance="1"), 1.0),
        Sample("up", labels(job="b", instance="1"), 1.0),
        Sample("up", labels(job="b"), 1.0),
        Sample("down", labels(job="a"), 1.0),
    ]
    series.append(Snapshot(1000, [Family("m", Kind.GAUGE, "", samples)]))
    return series.view()


def matcher(name, match, value):
    pattern = re.compile(value) if match in {Match.REGEX, Match.NOT_REGEX} else None
    return Matcher(name, match, value, pattern)


def found(view, *conditions):
    return [repr(track.labels) for track in view.select([matcher(*one) for one in conditions])]


@pytest.mark.parametrize(
    ("conditions", "count"),
    [
        ([("__name__", Match.EQUAL, "up")], 3),
        ([("__name__", Match.EQUAL, "up"), ("job", Match.EQUAL, "b")], 2),
        ([("job", Match.EQUAL, "a")], 2),
        ([("job", Match.NOT_EQUAL, "a")], 2),
        ([("instance", Match.EQUAL, "")], 2),
        ([("instance", Match.NOT_EQUAL, "")], 2),
        ([("job", Match.REGEX, "a|c")], 2),
        ([("job", Match.NOT_REGEX, "a|c")], 2),
        ([("instance", Match.REGEX, "1?")], 4),
        ([("job", Match.REGEX, "")], 0),
        ([("job", Match.EQUAL, "nobody")], 0),
        ([("job", Match.EQUAL, "a"), ("job", Match.EQUAL, "b")], 0),
    ],
)
def test_matchers_select_as_in_prometheus(view, conditions, count):
    assert len(found(view, *conditions)) == count


def test_the_index_lists_names_and_values(view):
    assert view.index.names() == ["down", "up"]
    assert view.index.labels() == ["__name__", "instance", "job"]
    assert view.index.values("job") == ["a", "b"]


def test_equal_label_sets_are_one_object():
    catalog = Catalog()
    pairs = (("a", "1"), ("b", "2"))
    assert catalog.intern(pairs) is catalog.intern((("a", "1"), ("b", "2")))
    assert catalog.intern(pairs) is not catalog.intern((("a", "1"),))


def test_projections_keep_and_drop_labels_and_are_remembered():
    catalog = Catalog()
    one = catalog.intern((("__name__", "up"), ("a", "1"), ("b", "2")))
    assert catalog.project(one, keeping("b", "c")).pairs == (("b", "2"),)
    assert catalog.project(one, dropping("b")).pairs == (("__name__", "up"), ("a", "1"))
    assert catalog.project(one, BARE) is catalog.project(one, dropping("__type__", "__name__", "__unit__"))


def test_a_projection_by_labels_with_separators_is_not_confused_with_another():
    catalog = Catalog()
    one = catalog.intern((("a", "1"), ("b", "2")))
    assert catalog.project(one, keeping("a", "b")).pairs != catalog.project(one, keeping("a\0b")).pairs


def test_rewriting_sets_and_removes_labels():
    catalog = Catalog()
    one = catalog.intern((("a", "1"), ("b", "2")))
    assert catalog.rewrite(one, {"a": "", "c": "3"}).pairs == (("b", "2"), ("c", "3"))


def test_a_doomed_name_is_saved_by_a_new_one():
    catalog = Catalog()
    doomed = catalog.doom(catalog.intern((("__name__", "up"),)))
    assert doomed.doomed
    assert not catalog.rewrite(doomed, {"__name__": "other"}).doomed
    assert catalog.rewrite(doomed, {"a": "1"}).doomed


def test_ever_new_projections_do_not_grow_without_end_and_stay_one_object_while_somebody_holds_them():
    catalog = Catalog()
    one, two = (catalog.intern((("a", "1"), ("b", value))) for value in "12")
    held = catalog.project(one, keeping("a"))
    for number in range(2 * DERIVED):
        catalog.project(one, keeping("a", f"l{number}"))
    assert len(one.derived) <= DERIVED
    assert catalog.project(one, keeping("a")) is catalog.project(two, keeping("a")) is held
