"""Alertmanagers: where Medic's own alerts go, as Prometheus would send them."""
