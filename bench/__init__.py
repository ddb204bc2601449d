"""Benchmarks beside the named peers; `make bench` runs them all."""
