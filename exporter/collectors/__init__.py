"""One collector a module; exporter.registry lists them."""
