"""A real Medic under test: its process, its web, and waiting for what it says, never for time to pass."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

import yaml

T = TypeVar("T")

TIMEOUT = 60.0
MEDIC = (sys.executable, "-P", "-m", "medic")


@contextlib.contextmanager
def reserved_port() -> Iterator[int]:
    """Yield a port that nobody else is given while the context lasts.

    It stays bound but not listening, with SO_REUSEADDR: the kernel hands it to nobody, and a server that sets
    SO_REUSEADDR too (asyncio's do) can listen on it, again and again.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def until(probe: Callable[[], T], *, timeout: float = TIMEOUT, what: str = "") -> T:
    """Ask *probe* until its answer is true and return that; fails with the last answer after *timeout* seconds."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not (answer := probe()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what or probe}; the last answer was {answer!r}")
        pause.wait(0.02)
    return answer


@dataclass
class Medic:
    """One state folder with its configuration, and the daemon that may run on it."""

    folder: Path
    config: dict[str, object]
    process: subprocess.Popen[bytes] | None = None
    url: str = ""
    env: dict[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = MEDIC
    """How Medic is started; another one to test another installation."""
    options: tuple[str, ...] = ()
    """What `medic run` is told beside its configuration."""

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def file(self) -> Path:
        return self.folder / "medic.yml"

    @property
    def token(self) -> str:
        return (self.state / "token").read_text().strip()

    def write(self) -> None:
        """Write the configuration, from which the next start or reload reads."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file.write_text(yaml.safe_dump(self.config))

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MEDIC_")}
        return {**kept, "MEDIC_CONFIG": str(self.file), "MEDIC_STATE": str(self.state), **self.env, **more}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.sweep()

    def start(self, *, ready: bool = True, **env: str) -> "Medic":
        """Start the daemon and wait for its READY=1; *env* is added to its environment."""
        self.write()
        with notify_socket(self.folder) as (address, messages):
            with (self.folder / "daemon.out").open("ab") as output:
                self.process = subprocess.Popen(
                    [*self.program, "run", *self.options],
                    env=self.environment(**{"NOTIFY_SOCKET": address, **env}),
                    stdout=output,
                    stderr=output,
                    stdin=subprocess.DEVNULL,
                )
            if ready:
                self._await_ready(messages)
        return self

    def _await_ready(self, messages: socket.socket) -> None:
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                if b"READY=1" in messages.recv(4096):
                    self.find()
                    return
            if self.process is not None and self.process.poll() is not None:
                break
        raise AssertionError(f"medic run did not become ready:\n{self.output()}")

    def find(self) -> None:
        """Learn where the daemon listens; it has said so in its lock long before it is ready."""
        self.url = until(self._signed, what="the daemon's address in its lock")

    def _signed(self) -> str:
        with contextlib.suppress(OSError, ValueError):
            signed = json.loads((self.state / "medic.lock").read_text())
            if self.process is not None and signed["pid"] == self.process.pid:
                return str(signed["url"])
        return ""

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def output(self) -> str:
        """Return all that the daemons on this folder wrote to stdout and stderr."""
        return (self.folder / "daemon.out").read_text(errors="replace")

    def get(self, path: str, **headers: str) -> str:
        """Return the body of a page."""
        return self.ask("GET", path, headers=headers)[1]

    def json(self, path: str) -> dict:
        return json.loads(self.get(path))

    def post(self, path: str, body: object = None, *, token: bool = True) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {self.token}"} if token else {}
        return self.ask("POST", path, body, headers=headers)

    def try_post(self, path: str, body: object = None) -> tuple[int, str]:
        """Post to a daemon that may die of it: status 0 when there was no answer."""
        try:
            return self.post(path, body)
        except OSError as error:  # refused, reset, or cut off (http.client's RemoteDisconnected is one too)
            return 0, str(error)
        except http.client.HTTPException as error:
            return 0, str(error)

    def post_later(self, path: str, body: object = None) -> "concurrent.futures.Future[tuple[int, str]]":
        """Post from a thread of its own, which nobody has to wait for."""
        answer: concurrent.futures.Future[tuple[int, str]] = concurrent.futures.Future()
        threading.Thread(target=lambda: answer.set_result(self.try_post(path, body)), daemon=True).start()
        return answer

    @contextlib.contextmanager
    def listening(self) -> Iterator[Iterator[tuple[str, dict]]]:
        """Yield the events that happen from now on, as (kind, fields); waiting for one fails after the timeout."""
        with urllib.request.urlopen(self.url + "/api/v1/events", timeout=TIMEOUT) as stream:
            assert stream.readline() == b": listening\n"
            yield _events(stream)

    def ask(self, method: str, path: str, body: object = None, *, headers: dict | None = None) -> tuple[int, str]:
        """Return status and body; an error status is an answer too."""
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers or {})
        if data is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metric(self, start: str) -> float | None:
        """Return the value of the first sample on ``/metrics`` whose line starts with *start*."""
        for line in self.get("/metrics").splitlines():
            if line.startswith(start):
                return float(line.rsplit(" ", 1)[1])
        return None

    def command(self, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a ``medic`` command against this state folder."""
        return subprocess.run(
            [*self.program, *argv], env=self.environment(**env), capture_output=True, text=True, timeout=60, check=False
        )

    def kill(self) -> None:
        """Kill the daemon as by ``kill -9``; its workers live on."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(TIMEOUT)

    def end(self, number: int = signal.SIGTERM) -> int:
        """End the daemon with a signal and return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(TIMEOUT)

    def died(self) -> int:
        """Wait until the daemon has ended by itself and return its exit code; minus the signal that killed it."""
        assert self.process is not None
        return self.process.wait(TIMEOUT)

    def slots(self, *pools: str) -> dict[str, list[int]]:
        """Return the pids of the living workers of this state folder by slot (``pool/n``), as /proc tells."""
        found: dict[str, list[int]] = {}
        for pid, environment in self.family():
            pool = environment.get("MEDIC_POOL", "")
            if pool and _leads(pid) and (not pools or pool in pools):
                found.setdefault(f"{pool}/{environment['MEDIC_SLOT']}", []).append(pid)
        return dict(sorted(found.items()))

    def workers(self, *pools: str) -> list[int]:
        """Return the pids of all living workers of this state folder, as /proc tells."""
        return sorted(pid for pids in self.slots(*pools).values() for pid in pids)

    def family(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield each living process that was given this state folder, with its environment."""
        for pid in processes():
            environment = _environment(pid)
            if environment.get("MEDIC_STATE") == str(self.state) and pid != os.getpid():
                yield pid, environment

    def sweep(self) -> None:
        """Kill the daemon and everything that it left running, and return when all of it is gone."""
        self.kill()
        until(self._swept, what="everything that Medic left is gone")

    def _swept(self) -> bool:
        left = [pid for pid, _ in self.family()]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not left


def processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def alive(pid: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _environment(pid: int) -> dict[str, str]:
    """Return what a living process was given when it was executed; empty when that cannot be read."""
    try:
        content = Path(f"/proc/{pid}/environ").read_bytes()
        if not content and Path(f"/proc/{pid}/exe").readlink():  # amid its exec, as threads of the kernel never are
            threading.Event().wait(0.01)
            content = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return {}
    lines = content.decode(errors="replace").split("\0") if alive(pid) else []
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _leads(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except OSError:
        return False


def _events(stream: Iterable[bytes]) -> Iterator[tuple[str, dict]]:
    kind = ""
    for line in stream:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)


@contextlib.contextmanager
def notify_socket(folder: Path) -> Iterator[tuple[str, socket.socket]]:
    """Yield the address of a socket that speaks systemd's notify protocol, and the socket."""
    address = f"@medic-test-{os.getpid()}-{threading.get_ident()}-{time.monotonic_ns()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("\0" + address[1:])
        receiver.settimeout(0.25)
        yield address, receiver
