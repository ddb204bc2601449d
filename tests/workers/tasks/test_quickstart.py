from pathlib import Path

import pytest

from medic.core.queue import Task, TaskState
from workers.registry import load_file
from workers.tasks.context import TaskContext

FILE = Path(__file__).parents[3] / "examples" / "quickstart" / "tasks.py"
CONTEXT = TaskContext(Task("t-1", "default", "order", {"n": 1}, TaskState.RUNNING, 0), "rpa/1", 1.0, lambda: False)


def test_orders_succeed_until_the_worker_turns_sour_and_again_in_a_new_process():
    tasks = load_file(FILE)
    assert tasks["order"]({"n": 1}, CONTEXT)["by"] == "rpa/1"
    assert tasks["sour"](None, CONTEXT) == {"sour": "rpa/1"}
    with pytest.raises(ValueError, match="went sour with task t-1; only a restart helps"):
        tasks["order"]({"n": 2}, CONTEXT)
    assert load_file(FILE)["order"]({"n": 3}, CONTEXT)["by"] == "rpa/1"
