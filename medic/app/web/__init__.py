"""The web: what Prometheus, people and commands ask of a running Medic."""
