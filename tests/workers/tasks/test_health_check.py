from medic.core.queue import Task, TaskState
from workers.tasks.context import TaskContext
from workers.tasks.health_check import run


def test_it_answers_with_status_worker_and_uptime():
    task = Task("t", "default", "health_check", None, TaskState.RUNNING, 0)
    assert run(None, TaskContext(task, "rpa/1", 12.34567, lambda: False)) == {
        "status": "healthy",
        "worker_id": "rpa/1",
        "uptime": 12.346,
    }
