"""Process groups, with process-exporter's names: processes by name, command line, unit or pid file, and the top few."""
