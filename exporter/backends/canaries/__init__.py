"""Canaries through queues of others, one backend a module; Celery's stands beside its reader, who hears events."""
