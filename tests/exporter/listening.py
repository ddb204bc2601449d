"""Real exporters that were started on port 0, and the port that they took."""

import os
import re
import selectors
import time
from pathlib import Path

WITHIN = 20.0


def port_of(process):
    """Read an exporter's log, which has to be a pipe, until it says that it listens, and find out where."""
    seen, deadline = b"", time.monotonic() + WITHIN
    with selectors.DefaultSelector() as selector:
        selector.register(process.stderr, selectors.EVENT_READ)
        while b"TLS is disabled" not in seen and time.monotonic() < deadline:
            if selector.select(1):
                seen += os.read(process.stderr.fileno(), 1 << 16)
    inodes = {str(each.readlink()) for each in Path(f"/proc/{process.pid}/fd").iterdir()}
    for line in Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if f"socket:[{fields[9]}]" in inodes and fields[3] == "0A":
            return int(fields[1].rpartition(":")[2], 16)
    raise AssertionError(f"it does not listen: {re.sub(rb'[^ -~]', b' ', seen).decode()}")
