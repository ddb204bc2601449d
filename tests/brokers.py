"""Real brokers on loopback: each of its own, on ports and in a folder of its own, stopped by its process.

Tests take the fixtures ``redis`` and ``rabbitmq``, one of each a session, by importing them into their conftest, and
keep to keys, virtual hosts and queues of their own. Who stops or restarts a broker starts one of its own.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import parts
from tests.harness import reserved_port, until

RABBITMQ_SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
"""Debian's on the PATH is a wrapper that changes to another user."""
USER = "guest"


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@dataclass
class Server:
    """A process that can be ended and started again at the same place."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.kill()
        self.open.close()

    def run(self, *command, **env):
        """Start it in a group of its own: some servers are scripts around what serves, which has helpers."""
        with (self.folder / "output").open("ab") as output:
            return subprocess.Popen(
                command,
                env={**os.environ, **env},
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                process_group=0,
            )

    def start(self):
        raise NotImplementedError

    def kill(self):
        """End it as by ``kill -9``; what it had on disk stays."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def answers(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise AssertionError((self.folder / "output").read_text(errors="replace"))
        return self.is_up()

    def is_up(self) -> bool:
        raise NotImplementedError


class Redis(Server):
    """A Redis that keeps nothing on disk; *options* are those of its command line."""

    def __init__(self, folder, *options):
        super().__init__(folder)
        self.options = options
        self.port = self.open.enter_context(reserved_port())

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        where = ("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder))
        kept = ("--save", "", "--appendonly", "no")
        self.process = self.run(parts.find("redis"), *where, *kept, *self.options)
        until(self.answers, what="Redis answers")

    def is_up(self) -> bool:
        return listens(self.port)

    def client(self):
        import redis

        return redis.Redis(port=self.port, decode_responses=True)


class RabbitMQ(Server):
    """A RabbitMQ of one node with its management API; user and password are ``guest``."""

    def __init__(self, folder):
        super().__init__(folder)
        ports = [self.open.enter_context(reserved_port()) for _ in range(4)]
        self.port, self.management, self.distribution, self.epmd_port = ports
        self.epmd: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://{USER}:{USER}@127.0.0.1:{self.port}//"

    @property
    def api(self) -> str:
        return f"http://{USER}:{USER}@127.0.0.1:{self.management}"

    def start(self):
        self._configure()
        if self.epmd is None:
            self.epmd = self.run("epmd", "-port", str(self.epmd_port), "-address", "127.0.0.1")
            until(lambda: listens(self.epmd_port), what="epmd answers")
        self.process = self.run(RABBITMQ_SERVER, **self._environment())
        until(self.answers, what="RabbitMQ answers")

    def is_up(self) -> bool:
        """Its management API is what comes up last."""
        return listens(self.port) and listens(self.management)

    def kill(self):
        super().kill()
        if self.epmd is not None:
            self.epmd.kill()
            self.epmd.wait()
            self.epmd = None

    def _configure(self):
        (self.folder / "enabled_plugins").write_text("[rabbitmq_management].")
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self.management}\n"
            "disk_free_limit.absolute = 1MB\ncollect_statistics_interval = 250\nlog.file.level = warning\n"
        )

    def _environment(self) -> dict[str, str]:
        folder = str(self.folder)
        return {
            "HOME": folder,
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"medic-{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self.distribution),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
        }


@pytest.fixture(scope="session")
def redis():
    """Yield a Redis for the whole session; skipped where there is none."""
    yield from _one("redis", Redis)


@pytest.fixture(scope="session")
def rabbitmq():
    """Yield a RabbitMQ for the whole session; skipped where there is none."""
    yield from _one("rabbitmq", RabbitMQ)


def _one(part, make):
    if parts.find(part) is None:
        pytest.skip(f"missing: {part}")
    folder = Path(tempfile.mkdtemp(prefix=f"medic-{part}-"))
    try:
        with make(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)
