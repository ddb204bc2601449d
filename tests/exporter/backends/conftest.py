from tests.brokers import rabbitmq, redis  # noqa: F401 - they are fixtures
