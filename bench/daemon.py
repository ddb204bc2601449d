"""A whole Medic for the benchmarks: started in a folder of its own, ended by its pid."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

READY = 30.0


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon that is ready."""

    url: str
    pid: int


@contextlib.contextmanager
def daemon(config: str = "") -> Iterator[Daemon]:
    """Run ``medic run`` on *config* (YAML, without ``listen``) until the context ends."""
    with TemporaryDirectory(prefix="medic-bench-") as name:
        folder = Path(name)
        (folder / "medic.yml").write_text(f"listen: 127.0.0.1:0\n{config}")
        with _notified() as (address, inbox):
            environment = {**os.environ, "NOTIFY_SOCKET": address}
            command = [sys.executable, "-P", "-m", "medic", "run", "--config", str(folder / "medic.yml")]
            with (folder / "out").open("wb") as out:
                process = subprocess.Popen(
                    [*command, "--state", str(folder / "state")], env=environment, stdout=out, stderr=out
                )
            try:
                _await(inbox, folder / "out")
                yield Daemon(json.loads((folder / "state" / "medic.lock").read_text())["url"], process.pid)
            finally:
                process.terminate()
                process.wait(READY)


def _await(inbox: socket.socket, out: Path) -> None:
    deadline = time.monotonic() + READY
    while time.monotonic() < deadline:
        with contextlib.suppress(TimeoutError):
            if b"READY=1" in inbox.recv(4096):
                return
    raise SystemExit(f"medic run did not become ready:\n{out.read_text()}")


@contextlib.contextmanager
def _notified() -> Iterator[tuple[str, socket.socket]]:
    address = f"@medic-bench-{os.getpid()}-{time.monotonic_ns()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inbox:
        inbox.bind("\0" + address[1:])
        inbox.settimeout(1.0)
        yield address, inbox
