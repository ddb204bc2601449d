"""The query language: guard, parse, own nodes, compiled closures."""
