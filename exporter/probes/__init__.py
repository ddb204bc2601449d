"""Probes: one question to a service over HTTP or TCP, and all that can be told of its answer."""
