"""What cron jobs and scripts publish: ``*.prom`` files in the text format, as node_exporter's collector has them."""

from exporter.collectors.textfile.collect import Textfiles

__all__ = ["Textfiles"]
