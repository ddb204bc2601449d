import pytest

from exporter.merging import merge
from medic.core.samples import Family, Kind, Sample, counter, gauge, labels


def test_families_of_one_name_from_two_collectors_become_one():
    a = gauge("medic_queue_up", "Up.", (labels(queue="a"), 1))
    b = gauge("medic_queue_up", "Up.", (labels(queue="b"), 0))
    merged = merge([("queue:a", [a]), ("queue:b", [b])])
    assert merged.families["medic_queue_up"].samples == [*a.samples, *b.samples]
    assert not merged.refused
    assert len(a.samples) == 1  # what was given is left as it was


def test_the_order_is_that_of_the_collectors():
    merged = merge([("one", [gauge("z", "Z."), gauge("a", "A.")]), ("two", [gauge("m", "M.")])])
    assert list(merged.families) == ["z", "a", "m"]


class Looked(Sample):
    """A sample that counts how often it is looked at."""

    __slots__ = ()
    times = 0

    def __getitem__(self, at):
        Looked.times += 1
        return super().__getitem__(at)


@pytest.mark.parametrize("collectors", [10, 100])
def test_each_sample_is_looked_at_a_few_times_however_many_collectors_share_its_family(collectors, monkeypatch):
    monkeypatch.setattr(Looked, "times", 0)
    outputs = [
        (str(n), [Family("up", Kind.GAUGE, "Up.", [Looked("up", labels(n=str(n)), 1)])]) for n in range(collectors)
    ]
    assert len(merge(outputs).families["up"].samples) == collectors
    assert collectors <= Looked.times <= 4 * collectors


def test_of_a_part_that_contradicts_nothing_is_taken_in():
    first, part = gauge("x", "X.", (labels(a="1"), 1)), gauge("x", "X.", (labels(a="2"), 2), (labels(a="1"), 2))
    merged = merge([("one", [first]), ("two", [part]), ("three", [gauge("x", "X.", (labels(a="3"), 3))])])
    assert [sample.value for sample in merged.families["x"].samples] == [1, 3]
    assert set(merged.refused) == {("two", "x")}


def test_of_two_types_for_one_name_the_later_is_left_out_and_named():
    first = gauge("x", "X.", ((), 1))
    merged = merge([("one", [first]), ("two", [counter("x", "X.", (labels(a="1"), 2)), gauge("y", "Y.", ((), 3))])])
    assert merged.families["x"] == first
    assert "y" in merged.families
    assert set(merged.refused) == {("two", "x")}
    assert "gauge" in str(merged.refused["two", "x"])


def test_a_family_of_a_reserved_name_is_left_out_and_its_collector_named():
    merged = merge([("one", [gauge("x", "X.", ((), 1)), gauge("y", "Y.", ((), 2))])], {"x"})
    assert list(merged.families) == ["y"]
    assert "another name" in str(merged.refused["one", "x"])


def test_a_sample_that_another_collector_has_given_is_refused():
    merged = merge([("one", [gauge("x", "X.", ((), 1))]), ("two", [gauge("x", "X.", ((), 2))])])
    assert [sample.value for sample in merged.families["x"].samples] == [1]
    assert "another collector" in str(merged.refused["two", "x"])


def test_a_collector_that_gives_a_family_in_pieces_is_joined_too():
    merged = merge([("one", [gauge("x", "X.", (labels(a="1"), 1)), gauge("x", "X.", (labels(a="2"), 2))])])
    assert [sample.value for sample in merged.families["x"].samples] == [1, 2]
    assert not merged.refused
