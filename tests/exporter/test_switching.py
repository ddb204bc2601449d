import pytest

from exporter.collector import Collector
from exporter.switching import Switch, switched

CPU, DISK, QUEUE = (
    Collector("cpu", "system", list),
    Collector("disk", "system", list, cheap=False, every=60.0),
    Collector("queue:a", "queues", list, expose=False),
)


def only(collector, said):
    (found,) = switched([collector], said)
    return found


def test_what_nothing_is_said_of_is_as_it_was():
    assert switched([CPU, DISK, QUEUE], {"net": Switch(enabled=False)}) == [CPU, DISK, QUEUE]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({"cpu": Switch(enabled=False)}, [DISK, QUEUE]),
        ({"system": Switch(enabled=False)}, [QUEUE]),
        ({"system": Switch(enabled=False), "disk": Switch(enabled=True)}, [DISK, QUEUE]),
        ({"queue:a": Switch(enabled=False), "queues": Switch(enabled=True)}, [CPU, DISK]),
    ],
)
def test_what_is_disabled_is_gone_and_a_name_goes_before_its_group(said, left):
    assert switched([CPU, DISK, QUEUE], said) == left


def test_exposure_is_that_of_the_name_then_of_the_group_then_its_own():
    assert not only(CPU, {"system": Switch(expose=False)}).expose
    assert only(CPU, {"system": Switch(expose=False), "cpu": Switch(expose=True)}).expose
    assert not only(QUEUE, {"queue:a": Switch(timeout=1.0)}).expose


def test_one_that_is_given_a_rhythm_runs_on_a_clock_of_its_own():
    found = only(CPU, {"cpu": Switch(every=30.0)})
    assert (found.cheap, found.every) == (False, 30.0)
    assert only(DISK, {"system": Switch(every=5.0)}).every == 5.0


def test_deadline_and_room_are_taken_over():
    found = only(CPU, {"system": Switch(timeout=1.5, most=10), "cpu": Switch(most=20)})
    assert (found.timeout, found.most) == (1.5, 20)


def test_a_collector_of_another_package_can_be_called_by_its_entry_point():
    theirs = Collector("answer", "extra", list, entry="their-answer")
    assert switched([theirs], {"their-answer": Switch(enabled=False)}) == []
    assert switched([CPU], {"their-answer": Switch(enabled=False)}) == [CPU]
