import math
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.admission import Admission, OutputError, SurplusError, admit
from medic.core.samples import Exemplar, Family, Kind, Sample, gauge, labels

ROWS = [(labels(n=str(number)), 1) for number in range(11)]


def refusal(*families, **options):
    with pytest.raises(OutputError) as caught:
        admit(families, **options)
    return str(caught.value)


def test_good_families_pass_unchanged():
    family = gauge("up", "Up.", (labels(pool="a"), 1), (labels(pool="b"), 0))
    assert admit([family]) == (family,)


def test_a_family_without_samples_is_kept():
    assert admit([gauge("up", "Up.")]) == (gauge("up", "Up."),)


def test_nan_is_absent_and_infinity_stays():
    (family,) = admit([gauge("x", "X.", (labels(a="1"), math.nan), (labels(a="2"), math.inf))])
    assert family.samples == [Sample("x", labels(a="2"), math.inf)]


@pytest.mark.parametrize("name", ["", "1x", "a b", "a-b", "ä", "a\n"])
def test_a_wrong_metric_name_is_refused(name):
    assert "not a metric name" in refusal(gauge(name, "X."))


@pytest.mark.parametrize("name", ["", "1x", "a b", "__name__", "__x", "a:b"])
def test_a_wrong_label_name_is_refused(name):
    assert "not a label name" in refusal(gauge("x", "X.", (((name, "v"),), 1)))


@pytest.mark.parametrize("value", [7, None, b"x", "\udcff"])
def test_a_label_value_that_is_no_text_is_refused(value):
    assert "UTF-8" in refusal(gauge("x", "X.", ((("a", value),), 1)))


@pytest.mark.parametrize("pairs", [(("b", "1"), ("a", "2")), (("a", "1"), ("a", "2"))])
def test_labels_that_are_not_sorted_and_unique_are_refused(pairs):
    assert "sorted" in refusal(gauge("x", "X.", (pairs, 1)))


@pytest.mark.parametrize("value", ["1", None, [1]])
def test_a_value_that_is_no_number_is_refused(value):
    assert "not a number" in refusal(gauge("x", "X.", ((), value)))


@pytest.mark.parametrize("values", [[10**400], [10**400, -(10**400)], [10**400, 0.5]])
def test_a_value_that_no_float_can_hold_is_refused(values):
    rows = [(labels(n=str(number)), value) for number, value in enumerate(values)]
    assert "no float can hold" in refusal(gauge("x", "X.", *rows))


def test_whole_numbers_whose_sum_no_float_can_hold_are_admitted():
    family = gauge("x", "X.", (labels(a="1"), 10**308), (labels(a="2"), 10**308))
    assert admit([family]) == (family,)


@pytest.mark.parametrize("help_", [None, 5, "\udc80"])
def test_a_help_that_cannot_be_written_is_refused(help_):
    assert "UTF-8" in refusal(Family("x", Kind.GAUGE, help_, [Sample("x", (), 1)]))


@pytest.mark.parametrize("kind", ["gauge", "histogramm", None])
def test_a_kind_that_is_none_is_refused(kind):
    assert "is not a kind" in refusal(Family("x", kind, "X.", [Sample("x", (), 1)]))


@pytest.mark.parametrize("at", ["soon", 1.5, 1 << 54])
def test_a_time_that_is_none_is_refused(at):
    assert "is no time" in refusal(Family("x", Kind.GAUGE, "X.", [Sample("x", (), 1, at)]))


@pytest.mark.parametrize("exemplar", [Exemplar((), "1"), Exemplar((), math.nan), Exemplar((), 1.0, "soon")])
def test_an_exemplar_without_a_number_or_with_a_wrong_time_is_refused(exemplar):
    refusal(Family("x_total", Kind.COUNTER, "X.", [Sample("x_total", (), 1)], {("x_total", ()): exemplar}))


def test_output_of_a_known_shape_is_still_refused_when_its_values_or_times_are_wrong():
    door = Admission()
    door.admit([gauge("x", "X.", ((), 1))])
    for wrong in (Sample("x", (), 10**400), Sample("x", (), 1, "soon")):
        with pytest.raises(OutputError):
            door.admit([Family("x", Kind.GAUGE, "X.", [wrong])])


def test_a_sample_of_another_name_is_refused_and_the_right_name_is_said():
    text = refusal(Family("x", Kind.GAUGE, "X.", [Sample("y", (), 1)]))
    assert "'y'" in text
    assert "name it x" in text


def test_a_histogram_has_buckets_a_sum_and_a_count_only():
    good = [Sample("h_bucket", labels(le="+Inf"), 1), Sample("h_sum", (), 1), Sample("h_count", (), 1)]
    assert admit([Family("h", Kind.HISTOGRAM, "H.", good)])[0].samples == good
    assert "h_bucket" in refusal(Family("h", Kind.HISTOGRAM, "H.", [Sample("h", (), 1)]))


def test_a_repeated_sample_is_refused_and_named():
    text = refusal(gauge("x", "X.", (labels(a="1"), 1), (labels(a="2"), 1), (labels(a="1"), 2)))
    assert "x{'a': '1'}" in text


def test_too_many_samples_are_refused():
    assert "more than 10 samples" in refusal(gauge("x", "X.", *ROWS), most=10)


def test_a_generator_without_end_is_read_no_further_than_the_limit():
    taken = []

    def endless():
        for number in count():
            taken.append(number)
            yield gauge(f"x{number}", "X.", ((), 1))

    with pytest.raises(OutputError):
        admit(endless(), most=10)
    assert len(taken) == 11


def test_a_door_knows_the_shape_of_last_time_and_still_looks_at_every_value():
    door = Admission()
    assert door.admit([gauge("x", "X.", (labels(a="1"), 1))])
    assert door.admit([gauge("x", "X.", (labels(a="1"), math.nan))])[0].samples == []
    with pytest.raises(OutputError, match="not a number"):
        door.admit([gauge("x", "X.", (labels(a="1"), "1"))])
    with pytest.raises(OutputError, match="given twice"):
        door.admit([gauge("x", "X.", (labels(a="1"), 1), (labels(a="1"), 1))])
    with pytest.raises(OutputError, match="given twice"):
        door.admit([gauge("x", "X.", (labels(a="1"), 1), (labels(a="1"), 1))])


def test_a_door_that_refused_a_shape_refuses_it_again():
    door = Admission()
    for _ in range(2):
        with pytest.raises(OutputError, match="not a metric name"):
            door.admit([gauge("a b", "X.", ((), 1))])


def test_what_came_before_the_limit_is_kept_and_what_is_behind_is_counted():
    few, many, last = gauge("few", "F.", ((), 1)), gauge("many", "M.", *ROWS), gauge("last", "L.", ((), 1))
    with pytest.raises(SurplusError) as caught:
        admit([few, many, last], most=10)
    assert caught.value.kept == (few,)
    assert caught.value.dropped == 12


def test_exemplars_are_checked():
    key = ("h_bucket", labels(le="+Inf"))
    good = Family("h", Kind.HISTOGRAM, "H.", [Sample(*key, 1)], {key: Exemplar(labels(id="1"), 0.5)})
    assert admit([good]) == (good,)
    assert "128 characters" in refusal(good._replace(exemplars={key: Exemplar(labels(id="x" * 127), 0.5)}))
    assert "not a label name" in refusal(good._replace(exemplars={key: Exemplar((("a b", "1"),), 0.5)}))


pairs = st.dictionaries(st.sampled_from("abc"), st.text(max_size=3)).map(labels)
rows = st.lists(st.tuples(pairs, st.floats() | st.integers()), max_size=6)


@given(rows)
def test_what_is_admitted_holds_each_label_set_once_and_no_nan(given_rows):
    try:
        (family,) = admit([gauge("x", "X.", *given_rows)])
    except OutputError:
        return
    kept = [sample.labels for sample in family.samples]
    assert len(set(kept)) == len(kept)
    assert not any(math.isnan(sample.value) for sample in family.samples)
    assert set(kept) == {each for each, value in given_rows if not math.isnan(value)}


@given(rows)
def test_plain_gauges_are_refused_for_repetition_or_unwritable_text_alone(given_rows):
    keys = [each for each, _ in given_rows]
    unwritable = any("\ud800" <= char <= "\udfff" for each in keys for _, value in each for char in value)
    if len(set(keys)) < len(keys) or unwritable:
        refusal(gauge("x", "X.", *given_rows))
    else:
        assert len(admit([gauge("x", "X.", *given_rows)])) == 1
