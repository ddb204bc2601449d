"""What else on this host exports what Medic does: told once at the start, so that nobody stores it twice unawares."""

import http.client
import logging
from contextlib import closing

from medic.app.settings import Settings
from medic.core.tasks import in_thread

log = logging.getLogger(__name__)

NODE_EXPORTER = ("127.0.0.1", 9100)
MARK = b"Node Exporter"
"""Stands on its landing page, which costs it nothing to show."""
PATIENCE = 2.0
"""Seconds for the whole of a look; nothing waits for it."""
MOST = 1 << 16
"""Bytes of its page that are read."""


async def tell(settings: Settings, address: tuple[str, int] = NODE_EXPORTER) -> None:
    """Log it when a node_exporter runs beside Medic, with what can be done about that."""
    try:
        found = await in_thread(lambda: is_node_exporter(*address), timeout=PATIENCE, name="neighbours")
    except TimeoutError:
        return
    if not found:
        return
    port = address[1]
    if settings.collectors.system.expose:
        advice = "to leave the host's metrics to it write collectors: {system: {expose: false}}; rules see them anyway"
        log.warning("a node_exporter runs here, too", extra={"port": port, "advice": advice})
    else:
        log.info("a node_exporter runs here, and the host's metrics are left to it", extra={"port": port})


def is_node_exporter(host: str, port: int) -> bool:
    """Ask whatever listens there for its first page; it may take its time, and say anything."""
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    with closing(connection):
        try:
            connection.request("GET", "/")
            return MARK in connection.getresponse().read(MOST)
        except (OSError, http.client.HTTPException):
            return False
