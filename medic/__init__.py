"""Medic: measures a host, judges it, heals it, keeps its rhythm, and reports."""

__version__ = "0.1.0"
