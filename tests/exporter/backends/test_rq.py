import contextlib
import uuid
from datetime import timedelta

import pytest

from medic.core.clock import SystemClock, to_ms
from tests.exporter.backends import jobs
from tests.exporter.backends.asking import durations, program, reader
from tests.harness import until

pytestmark = pytest.mark.needs("redis")


class Mail:
    """One queue of RQ: what is put in, and who works on it."""

    def __init__(self, server, folder):
        import redis
        import rq

        self.server, self.folder = server, folder
        self.name = f"mail-{uuid.uuid4().hex[:8]}"
        self.connection = redis.Redis(port=server.port)
        self.queue = rq.Queue(self.name, connection=self.connection)
        self.reader = reader("rq", server.url, queue=self.name)

    def read(self):
        return self.reader.read()

    def worker(self, *options):
        arguments = ("-m", "rq.cli", "worker", self.name, "--url", self.server.url, *options)
        return program(self.folder, *arguments)

    def work(self):
        """Let a worker do all that waits."""
        with self.worker("--burst", "--with-scheduler") as process:
            assert process.wait(60) == 0, (self.folder / "program.out").read_text()


@pytest.fixture
def mail(redis, tmp_path):
    mail = Mail(redis, tmp_path)
    with contextlib.closing(mail.connection):
        yield mail


def test_what_waits_is_counted_and_the_oldest_known(mail):
    before = to_ms(SystemClock().now())
    for number in range(3):
        mail.queue.enqueue(jobs.add, 1, number)
    mail.queue.enqueue(jobs.add, 1, 9, at_front=True)
    found = mail.read()
    first = mail.queue.jobs[1].enqueued_at
    assert (found.pending, found.running, found.dead) == (4, 0, 0)
    assert found.oldest_pending_at == to_ms(first)
    assert found.oldest_pending_at >= before


def test_an_empty_queue_that_nobody_made_yet_is_up_and_empty(mail):
    found = mail.read()
    assert found.up
    assert (found.pending, found.running, found.delayed, found.dead, found.workers) == (0, 0, 0, 0, 0)
    assert (found.completed, found.failed, found.oldest_pending_at) == (0, 0, None)


def test_what_real_workers_did_is_counted_and_timed(mail):
    mail.read()
    for number in range(3):
        mail.queue.enqueue(jobs.add, 1, number)
    mail.queue.enqueue(jobs.fail)
    mail.work()
    found = mail.read()
    assert (found.pending, found.completed, found.failed, found.dead) == (0, 3, 1, 1)
    assert durations(found) == {"tests.exporter.backends.jobs.add": 3, "tests.exporter.backends.jobs.fail": 1}
    assert [wait.count for wait in found.waits] == [4]


def test_what_ended_before_the_first_reading_is_not_counted(mail):
    mail.queue.enqueue(jobs.add, 1, 2)
    mail.work()
    assert mail.read().completed == 0
    mail.queue.enqueue(jobs.add, 1, 3)
    mail.work()
    assert mail.read().completed == 1


def test_counters_do_not_fall_when_results_expire_and_failures_are_cleared(mail):
    mail.read()
    mail.queue.enqueue(jobs.add, 1, 2)
    mail.queue.enqueue(jobs.fail)
    mail.work()
    before = mail.read()
    mail.connection.delete(f"rq:finished:{mail.name}", f"rq:failed:{mail.name}")
    after = mail.read()
    assert (after.completed, after.failed, after.dead) == (before.completed, before.failed, 0) == (1, 1, 0)


def test_a_job_that_is_tried_again_fails_once(mail):
    import rq

    mail.read()
    mail.queue.enqueue(jobs.fail, retry=rq.Retry(max=2))
    mail.work()
    assert mail.read().failed == 1


def test_a_failed_job_that_is_run_again_counts_again(mail):
    mail.read()
    job = mail.queue.enqueue(jobs.fail)
    mail.work()
    assert mail.read().failed == 1
    mail.connection.zadd(f"rq:failed:{mail.name}", {job.id: 1})  # as if it had failed at another second
    assert mail.read().failed == 2


def test_canaries_are_counted_nowhere(mail):
    mail.read()
    mail.queue.enqueue(jobs.add, 1, 2, job_id="medic-canary-7")
    mail.queue.enqueue(jobs.fail, job_id="medic-canary-8")
    mail.work()
    found = mail.read()
    assert (found.completed, found.failed, found.durations) == (0, 0, ())


def test_a_worker_at_work_is_seen_and_one_that_left_is_not(mail):
    gate = mail.folder / "gate"
    mail.queue.enqueue(jobs.wait_for, str(gate))
    with mail.worker():
        found = until(lambda: (seen := mail.read()).running and seen, what="the job runs")
        assert (found.running, found.pending, found.workers) == (1, 0, 1)
        gate.touch()
        until(lambda: mail.read().completed == 1, what="the job has ended")
    mail.connection.expire(mail.connection.smembers(f"rq:workers:{mail.name}").pop(), 0)  # as its heartbeat would
    assert mail.read().workers == 0


def test_a_job_whose_worker_vanished_does_not_run_for_ever(mail):
    mail.connection.zadd(f"rq:wip:{mail.name}", {"gone:1": 1_000_000, "there:1": 4_000_000_000})
    assert mail.read().running == 1


def test_scheduled_and_deferred_jobs_are_delayed(mail):
    first = mail.queue.enqueue_in(timedelta(hours=1), jobs.add, 1, 2)
    mail.queue.enqueue(jobs.add, 1, 2, depends_on=first)
    found = mail.read()
    assert (found.pending, found.delayed) == (0, 2)


def test_a_description_that_is_no_call_names_no_task(mail):
    mail.read()
    mail.queue.enqueue(jobs.add, 1, 2, description="Mail of 3 May")
    mail.work()
    assert durations(mail.read()) == {"other": 1}


def test_rubbish_in_the_hashes_is_passed_over(mail):
    mail.connection.rpush(f"rq:queue:{mail.name}", "a", "b")
    mail.connection.hset("rq:job:a", mapping={"enqueued_at": "yesterday", "description": b"\xff("})
    mail.connection.sadd(f"rq:workers:{mail.name}", "rq:worker:never")
    found = mail.read()
    assert (found.pending, found.oldest_pending_at, found.workers) == (2, None, 0)


def test_a_key_of_another_kind_is_told(mail):
    mail.connection.set(f"rq:queue:{mail.name}", "a text")
    with pytest.raises(Exception, match="WRONGTYPE"):
        mail.read()
