"""Measure: collectors, the runner that owns time and failure, and the exposition formats."""
