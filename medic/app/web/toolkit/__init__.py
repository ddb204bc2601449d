"""The web configuration file of Prometheus' exporters (exporter-toolkit, v1): TLS, users and headers, read anew."""
