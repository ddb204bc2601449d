"""The names that promtool minds and that are not ours to change, and why."""

INHERITED = {
    "node_": "node_exporter's own, by which people's dashboards and alerts know them",
    "namedprocess_": "process-exporter's own",
    "nvidia_smi_": "nvidia_gpu_exporter's own, made from the fields of nvidia-smi",
}
"""Prefixes of families; on all others, blackbox_exporter's among them, promtool finds nothing."""


def findings(output: str) -> list[str]:
    """Return the lines of ``promtool check metrics`` that are about names of our own."""
    return [line for line in output.splitlines() if line and not line.startswith(tuple(INHERITED))]
