import pytest

from medic.core.errors import MedicError
from medic.core.queue import Task, TaskState
from workers.tasks.benchmark_test import CHUNK, OPERATIONS, run
from workers.tasks.context import TaskContext


def context(*, stopping=False):
    task = Task("t", "default", "benchmark_test", None, TaskState.RUNNING, 0)
    return TaskContext(task, "rpa/1", 1.0, lambda: stopping)


@pytest.mark.parametrize(("payload", "operations"), [(None, OPERATIONS), ({}, OPERATIONS), ({"operations": 25}, 25)])
def test_it_tells_how_many_operations_a_second_it_made(payload, operations):
    result = run(payload, context())
    assert result["operations"] == operations
    assert result["elapsed"] > 0
    assert result["operations_per_second"] == pytest.approx(operations / result["elapsed"])


@pytest.mark.parametrize("operations", [0, -1, True, "many", 10**12, 1.5])
def test_a_wrong_number_of_operations_is_refused_with_what_to_write(operations):
    with pytest.raises(MedicError, match=r'write \{"operations": N\}'):
        run({"operations": operations}, context())


def test_it_ends_early_when_its_worker_must_end():
    assert run({"operations": 5 * CHUNK}, context(stopping=True))["operations"] == CHUNK
