"""One task type a module; workers.registry lists them."""
