"""An application of Dramatiq; DRAMATIQ_URL says which broker it uses, DRAMATIQ_QUEUE the queue of its actors."""

import os

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker

from tests.exporter.backends import jobs

URL = os.environ["DRAMATIQ_URL"]
QUEUE = os.environ["DRAMATIQ_QUEUE"]

broker = (RedisBroker if URL.startswith("redis") else RabbitmqBroker)(url=URL)
if "DRAMATIQ_PROMETHEUS" in os.environ:
    from dramatiq.middleware.prometheus import Prometheus

    broker.add_middleware(Prometheus())
dramatiq.set_broker(broker)
add = dramatiq.actor(jobs.add, queue_name=QUEUE)
ping = dramatiq.actor(os.getpid, actor_name="ping", queue_name=QUEUE)
fail = dramatiq.actor(jobs.fail, queue_name=QUEUE, max_retries=0)
fail_twice = dramatiq.actor(jobs.fail, actor_name="fail_twice", queue_name=QUEUE, max_retries=1, min_backoff=10)
wait_for = dramatiq.actor(jobs.wait_for, queue_name=QUEUE)
