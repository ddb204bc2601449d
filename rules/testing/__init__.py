"""Unit tests of rules in promtool's format: read, run through the engine, and compared."""
