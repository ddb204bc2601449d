"""The front door: commands, configuration, wiring and the web."""
