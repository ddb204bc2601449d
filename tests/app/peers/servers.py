"""The real servers that Medic meets, each in a process of its own on a reserved port, ended with its context."""

import contextlib
import json
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests import parts
from tests.harness import reserved_port, until

TIMEOUT = 20.0


@dataclass
class Server:
    """A server that answers HTTP."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str, **query: str) -> dict:
        """Return what a path answers, as JSON; an error status raises."""
        return self.ask(f"{path}?{urllib.parse.urlencode(query)}" if query else path)

    def ask(self, path: str, body: object = None) -> dict:
        """Get, or post *body* as JSON; an empty answer is an empty object."""
        request = urllib.request.Request(self.url + path)
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return json.loads(answer.read() or b"{}")

    def answers(self) -> bool:
        """Tell whether it is ready; fails with its log when it has ended."""
        assert self.process.poll() is None, f"{self.name} has ended:\n{self.log.read_text()}"
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/-/ready", timeout=TIMEOUT) as answer:
            return answer.status == 200
        return False


@contextlib.contextmanager
def running(name: str, argv: list[str], port: int, folder: Path) -> Iterator[Server]:
    """Run a server until the context is left; it is ready when the context is entered."""
    log = folder / f"{name}.{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder)
    try:
        server = Server(name, f"http://127.0.0.1:{port}", process, log)
        until(server.answers, what=f"{name} is ready")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(TIMEOUT)


@contextlib.contextmanager
def prometheus(folder: Path, config: dict) -> Iterator[Server]:
    """Run Prometheus with a configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    with reserved_port() as port:
        argv = [
            parts.find("prometheus"),
            "--config.file=prometheus.yml",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            "--rules.alert.resend-delay=1s",  # what it sends before it has found its Alertmanager is lost
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with running("prometheus", argv, port, folder) as server:
            yield server


@contextlib.contextmanager
def alertmanager(folder: Path, config: dict) -> Iterator[Server]:
    """Run one Alertmanager that is in no cluster."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(config))
    with reserved_port() as port:
        argv = [
            parts.find("alertmanager"),
            "--config.file=alertmanager.yml",
            f"--storage.path={folder / 'data'}",
            "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with running("alertmanager", argv, port, folder) as server:
            yield server
