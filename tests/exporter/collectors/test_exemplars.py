import math
from dataclasses import replace

from exporter.admission import admit
from exporter.collectors.queues import LONGEST_ID, families
from medic.core.queue import Histogram, Latest, QueueFigures
from medic.core.samples import Exemplar, labels
from tests.exporter.tree import by_name

HISTOGRAM = Histogram(labels(task="order"), ((0.5, 1), (math.inf, 3)), 4.5, 3)


def durations(*latest):
    figures = QueueFigures("default", "embedded", up=True, durations=(replace(HISTOGRAM, latest=latest),))
    return by_name(admit(families(figures)))["medic_task_duration_seconds"]


def test_the_last_task_of_a_bucket_is_its_exemplar():
    family = durations(Latest(0.5, "a-1", 0.25, 1_500), Latest(math.inf, "a-2", 3.0, 2_500))
    name = "medic_task_duration_seconds_bucket"
    assert family.exemplars == {
        (name, labels(queue="default", task="order", le="0.5")): Exemplar(labels(task_id="a-1"), 0.25, 1_500),
        (name, labels(queue="default", task="order", le="+Inf")): Exemplar(labels(task_id="a-2"), 3.0, 2_500),
    }
    assert family.exemplars.keys() <= {sample[:2] for sample in family.samples}


def test_histograms_without_single_tasks_have_none():
    assert durations().exemplars is None


def test_an_id_that_is_too_long_for_an_exemplar_is_left_out_and_harms_nothing():
    family = durations(Latest(0.5, "x" * (LONGEST_ID + 1), 0.25, 1_500), Latest(math.inf, "", 3.0, 2_500))
    assert family.exemplars is None
    assert len(family.samples) == 4
