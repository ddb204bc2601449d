"""Work: pools and slots, the queue server, the worker loop, and task types."""
