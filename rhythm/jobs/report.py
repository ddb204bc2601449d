"""The job report: writes the report in a child process, since templates and a day's figures are heavy."""

RUN = ("medic", "report")
"""The command; it finds its configuration and state by the environment that all children get."""
