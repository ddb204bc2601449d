"""A post office for tests: a broker, an application that sends, workers of other processes, and Medic's reader."""

import contextlib
import uuid

from exporter.backends.source import BackendError
from tests.exporter.backends.asking import program, reader
from tests.exporter.backends.celery.app import application
from tests.harness import until


class Post:
    """One queue of Celery on a broker that others use too."""

    def __init__(self, server, folder, *, sent=True, queue=None, url=None, **more):
        self.server, self.folder, self.sent = server, folder, sent
        self.queue = queue or f"mail-{uuid.uuid4().hex[:8]}"
        self.app = application(server.url, sent=sent)
        self.reader = reader("celery", url or server.url, queue=self.queue, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.reader.close()
        self.app.close()

    def send(self, task, *arguments, queue=None, **options):
        return self.app.send_task(task, arguments, queue=queue or self.queue, **options)

    @contextlib.contextmanager
    def worker(self, *options, name="w1", queues=None, events=True):
        """Run a worker of this queue, or of *queues*."""
        host = f"{name}-{uuid.uuid4().hex[:8]}@here"
        switches = ["-E", *options] if events else options
        arguments = ("-m", "celery", "-A", "tests.exporter.backends.celery.app", "worker", "-n", host, "-c", "2")
        environment = {"CELERY_URL": self.server.url, **({"CELERY_SENT": "1"} if self.sent else {})}
        quick = ("--heartbeat-interval", "1", "--without-mingle", "--without-gossip")
        told = ("-Q", queues or self.queue, *quick, *switches)
        with program(self.folder, *arguments, *told, **environment) as process:
            process.host = host
            yield process

    def read(self):
        return self.reader.read()

    def until(self, holds, what):
        """Read until the figures are such, and return them."""

        def probe():
            figures = self.figures()
            return figures if figures is not None and holds(figures) else None

        return until(probe, what=what)

    def figures(self):
        """Read, or return None while the broker does not answer, or has no such queue yet."""
        with contextlib.suppress(BackendError):
            return self.reader.read()
        return None

    def ready(self, count=1):
        """Wait until so many workers are known and heard."""
        self.until(lambda found: found.workers == count and self.reader.is_hearing, f"{count} workers are known")


def ended(figures):
    return figures.completed, figures.failed
