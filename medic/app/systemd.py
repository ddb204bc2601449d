"""systemd's notify protocol (sd_notify(3)): readiness, the watchdog, and the end; silent where there is no systemd."""

import os
import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notify:
    """Tells whoever started us how we are; without an address it tells nobody."""

    address: str

    def say(self, *words: str) -> None:
        """Send *words* (``READY=1``, ``WATCHDOG=1``, ``STATUS=...``); a listener that is gone is no trouble of ours."""
        if not self.address:
            return
        # "@" is how systemd writes the abstract namespace, whose names begin with a zero byte.
        where = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
            try:
                out.sendto("\n".join(words).encode(), where)
            except OSError:
                return


def take() -> Notify:
    """Take the address out of the environment, so that no child answers in our name."""
    return Notify(os.environ.pop("NOTIFY_SOCKET", ""))
