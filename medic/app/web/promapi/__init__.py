"""Prometheus' HTTP API over Medic's own series: parameters, answers and errors exactly as its clients know them."""
