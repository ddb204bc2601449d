"""One built-in job a module; rhythm.registry lists them."""
