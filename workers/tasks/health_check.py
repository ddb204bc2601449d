"""The task type ``health_check``: proves that a worker takes tasks and answers."""

from medic.core.queue import Json
from workers.tasks.context import TaskContext


def run(_payload: Json, context: TaskContext) -> Json:
    """Return the status, who answered, and for how many seconds that worker has been up."""
    return {"status": "healthy", "worker_id": context.worker, "uptime": round(context.uptime, 3)}
