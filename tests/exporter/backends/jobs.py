"""What the real workers of the tests run: jobs of RQ, tasks of huey, actors of Dramatiq."""

import os
import time


def add(left, right):
    return left + right


def fail():
    raise ValueError("as it was asked to")


def wait_for(path):
    """Run until the file *path* is there, or a minute has passed."""
    deadline = time.monotonic() + 60
    while not os.path.exists(path) and time.monotonic() < deadline:  # noqa: PTH110 - the workers' own loop, kept light
        time.sleep(0.02)
