"""An application of Celery; CELERY_URL says which broker it uses, and CELERY_SENT whether it tells of what it sends."""

import os
import time

from celery import Celery


def application(url, *, sent):
    app = Celery("tests", broker=url)
    app.conf.update(
        task_send_sent_event=sent,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=5,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_prefetch_multiplier=1,
    )
    return app


app = application(os.environ.get("CELERY_URL", ""), sent=bool(os.environ.get("CELERY_SENT")))


@app.task(name="add")
def add(left=1, right=2):
    return left + right


@app.task(name="fail")
def fail():
    raise ValueError("as it was asked to")


@app.task(name="again", bind=True, max_retries=2, default_retry_delay=0)
def again(self):
    if self.request.retries < 2:
        raise self.retry()


@app.task(name="wait_for")
def wait_for(path):
    """Run until the file *path* is there, or a minute has passed."""
    deadline = time.monotonic() + 60
    while not os.path.exists(path) and time.monotonic() < deadline:  # noqa: PTH110 - the workers' own loop, kept light
        time.sleep(0.02)
