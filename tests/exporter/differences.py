"""Where the system's families differ from those of node_exporter 1.5 on purpose, and why."""

import re

from exporter.collectors.diskstats import IGNORED
from exporter.collectors.filesystem import IGNORED_POINTS

FLAGS = (
    # It names sources after their cost, and Debian builds it with other defaults than the project's own.
    "--no-collector.netdev.netlink",
    "--collector.netdev.device-exclude=",
    f"--collector.diskstats.device-exclude={IGNORED.pattern}",
    f"--collector.filesystem.mount-points-exclude={IGNORED_POINTS.pattern}",
    # A speed of -1 means that the driver does not know it: a missing value is absent.
    "--collector.netclass.ignore-invalid-speed",
    # It is read once here, and so costs nothing.
    "--collector.cpu.info",
)

OURS = {
    # node_exporter since 1.6 to 1.9 has these by default.
    "node_cpu_online": "since 1.9",
    "node_cpu_scaling_governor": "since 1.7",
    "node_softnet_backlog_len": "since 1.6",
    "node_softnet_cpu_collision_total": "since 1.6",
    "node_softnet_flow_limit_count_total": "since 1.6",
    "node_softnet_received_rps_total": "since 1.6",
    "node_netstat_TcpExt_TCPOFOQueue": "since 1.8",
    "node_netstat_TcpExt_TCPRcvQDrop": "since 1.8",
    "node_pressure_irq_stalled_seconds_total": "since 1.9",
    "node_hwmon_freq_freq_mhz": "since 1.6",
}
"""Families that it does not have."""

THEIRS: dict[str, str] = {}
"""Families that are not exported here."""

UNLIKE = re.compile(r"node_(exporter|scrape)_")
"""What it says of itself."""
