"""One action a module; healer.registry lists them."""
