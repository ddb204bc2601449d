"""How each kind of queue is asked for its figures; one kind a module."""
