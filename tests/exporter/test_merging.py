from exporter.merging import merge
from medic.core.samples import counter, gauge, labels


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


def test_of_two_types_for_one_name_the_later_is_left_out_and_named():
    first = gauge("x", "X.", ((), 1))
    merged = merge([("one", [first]), ("two", [counter("x", "X.", (labels(a="1"), 2)), gauge("y", "Y.", ((), 3))])])
    assert merged.families["x"] is first
    assert "y" in merged.families
    assert set(merged.refused) == {"two"}
    assert "gauge" in str(merged.refused["two"])


def test_a_sample_that_another_collector_has_given_is_refused():
    merged = merge([("one", [gauge("x", "X.", ((), 1))]), ("two", [gauge("x", "X.", ((), 2))])])
    assert [sample.value for sample in merged.families["x"].samples] == [1]
    assert "another collector" in str(merged.refused["two"])


def test_a_collector_that_gives_a_family_in_pieces_is_joined_too():
    merged = merge([("one", [gauge("x", "X.", (labels(a="1"), 1)), gauge("x", "X.", (labels(a="2"), 2))])])
    assert [sample.value for sample in merged.families["x"].samples] == [1, 2]
    assert not merged.refused
