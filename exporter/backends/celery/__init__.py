"""Celery: what waits is read from the broker, what became of it from the events of its workers."""
