"""Tests: names are sentences; fakes.py holds every fake."""
