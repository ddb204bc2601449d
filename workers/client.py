"""The client of the queue server for workers and commands: synchronous, light to import, and patient.

It keeps one connection; when the server is restarted it connects again. It belongs to one thread: ``twin`` makes
another.
"""

import http.client
import json
import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from secrets import token_hex
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urlsplit

from medic.core.errors import MedicError, RefusedError
from medic.core.queue import Json, Task
from workers.queue.wire import Fields, InvalidRequestError, Submission, read_json, read_task

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
NO_CONTENT, CONFLICT, BROKEN = 204, 409, 500

log = logging.getLogger(__name__)


class QueueUnreachableError(MedicError):
    """No queue server answers, or it cannot work now."""


class Lease(NamedTuple):
    """A task that is ours for some seconds."""

    task: Task
    seconds: float


class _Answer(NamedTuple):
    status: int
    value: Json


def _never() -> bool:
    return False


class QueueClient:
    """Speaks to one queue; every call may be repeated by it safely when an answer was lost."""

    def __init__(
        self,
        url: str,
        *,
        token: str = "",
        timeout: float = 10.0,
        patience: float = 10.0,
        stopped: Callable[[], bool] = _never,
    ) -> None:
        """Use the queue at *url* (``http://127.0.0.1:8091``); connects at the first call.

        *timeout* is for one answer; *patience* is how many seconds a call tries again when no server answers
        (``math.inf``: for ever), and *stopped* ends that early. Raises MedicError for what is no URL.
        """
        parts, port = _split(url)
        self.url = parts.geturl()
        self._token = token
        self._timeout = timeout
        self._patience = patience
        self._stopped = stopped
        self._prefix = parts.path.rstrip("/")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "", port, timeout=timeout)

    def twin(self, *, timeout: float, patience: float, stopped: Callable[[], bool] = _never) -> "QueueClient":
        """Make a client of the same queue, for another thread or of another patience."""
        return QueueClient(self.url, token=self._token, timeout=timeout, patience=patience, stopped=stopped)

    def close(self) -> None:
        """Close the connection; the next call opens it anew."""
        self._connection.close()

    def submit(self, task_type: str, payload: Json = None, *, canary: bool = False) -> str:
        """Queue one task and return its id; when this returns, the task is on the server's disk."""
        return self.submit_many([Submission(task_type, payload, canary)])[0]

    def submit_many(self, submissions: Sequence[Submission]) -> list[str]:
        """Queue tasks, all or none, and return their ids in the same order."""
        named = [asdict(each) | {"id": each.id or token_hex(16)} for each in submissions]
        answer = self._expect("POST", "/api/tasks", list(named))
        ids = answer.get("ids")
        return [str(each) for each in ids] if isinstance(ids, list) else []

    def get(self, task: str) -> Task:
        """Return a task as it stands; raises RefusedError when the queue does not know it (any more)."""
        return read_task(self._expect("GET", f"/api/tasks/{quote(task, safe='')}"))

    def stats(self) -> Fields:
        """Return what the queue says of itself, by the names of ``/api/stats``."""
        return self._expect("GET", "/api/stats")

    def lease(
        self, worker: str, *, wait: float = 0.0, types: Sequence[str] = (), restarted: bool = False
    ) -> Lease | None:
        """Ask for a task, waiting up to *wait* seconds for one.

        *restarted* says that this process is new, so that a task which *worker* still holds is taken from the dead.
        """
        body: Fields = {"worker": worker, "wait": wait, "types": list(types), "restarted": restarted}
        answer = self._expect("POST", "/api/lease", body, timeout=wait + self._timeout)
        seconds = answer.pop("lease", None)
        return Lease(read_task(answer), float(seconds)) if isinstance(seconds, int | float) else None

    def extend(self, task: str, worker: str) -> None:
        """Prolong a lease; raises RefusedError when it is not ours any more."""
        self._tell(task, "extend", {"worker": worker})

    def done(self, task: str, worker: str, result: Json) -> None:
        """End a task well; raises RefusedError when its lease is not ours any more."""
        self._tell(task, "done", {"worker": worker, "result": result})

    def fail(self, task: str, worker: str, error: str) -> None:
        """End a task badly; raises RefusedError when its lease is not ours any more."""
        self._tell(task, "fail", {"worker": worker, "error": error})

    def release(self, task: str, worker: str) -> None:
        """Give a task back unharmed; raises RefusedError when its lease is not ours any more."""
        self._tell(task, "release", {"worker": worker})

    def _tell(self, task: str, what: str, body: Fields) -> None:
        self._expect("POST", f"/api/tasks/{quote(task, safe='')}/{what}", body)

    def _expect(self, method: str, path: str, body: Json = None, *, timeout: float | None = None) -> Fields:
        """Ask until an answer comes; an empty one is an empty object. Raises what the server refused."""
        encoded = None if method == "GET" else _encode(body)
        answer = self._ask_patiently(method, path, encoded, timeout or self._timeout)
        value = answer.value if isinstance(answer.value, dict) else {}
        if answer.status < 300:  # noqa: PLR2004 - HTTP's class of success
            return value
        text = f"{self.url}: {value.get('error') or f'answered {answer.status}'}"
        if answer.status == CONFLICT:
            raise RefusedError(text)
        raise InvalidRequestError(text)

    def _ask_patiently(self, method: str, path: str, body: bytes | None, timeout: float) -> _Answer:
        pause, deadline = FIRST_PAUSE, time.monotonic() + self._patience
        while True:
            try:
                answer = self._ask(method, path, body, timeout)
            except QueueUnreachableError as error:
                if self._stopped() or time.monotonic() + pause > deadline:
                    raise
                if pause == FIRST_PAUSE:
                    log.warning("queue server does not answer, trying on", extra={"reason": str(error)})
            else:
                if pause > FIRST_PAUSE:
                    log.info("queue server answers again", extra={"url": self.url})
                return answer
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads workers, keeps no secret
            pause = min(LONGEST_PAUSE, pause * 2)

    def _ask(self, method: str, path: str, body: bytes | None, timeout: float) -> _Answer:
        """Ask once; a kept connection that the server closed meanwhile is opened anew without further ado."""
        reused = self._connection.sock is not None
        try:
            return self._exchange(method, path, body, timeout)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            if reused and isinstance(error, ConnectionError):
                return self._ask(method, path, body, timeout)
            raise QueueUnreachableError(
                f"no queue server answers at {self.url} ({str(error) or type(error).__name__}); start it with "
                "`medic queue serve`, or check `listen:` under `queues:`"
            ) from error

    def _exchange(self, method: str, path: str, body: bytes | None, timeout: float) -> _Answer:
        self._connection.timeout = timeout
        if self._connection.sock is not None:
            self._connection.sock.settimeout(timeout)
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        self._connection.request(method, f"{self._prefix}{path}", body=body, headers=headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= BROKEN:
            raise QueueUnreachableError(f"{self.url} cannot work now ({response.status}): {_words(response, content)}")
        return _Answer(response.status, _decode(response, content))


def _split(url: str) -> tuple[SplitResult, int | None]:
    parts = urlsplit(url if "//" in url else f"//{url}", scheme="http")
    try:
        if parts.scheme in {"http", "https"} and parts.hostname:
            return parts, parts.port
    except ValueError:  # the port is no number
        pass
    raise MedicError(f"{url!r} is no address of a queue; write one like http://127.0.0.1:8091")


def _words(response: http.client.HTTPResponse, content: bytes) -> str:
    """Return what the server says; a page for people is not the answer of a queue."""
    if "html" in response.getheader("Content-Type", ""):
        return "a web page answers, not a queue server; see what else listens there"
    return " ".join(content.decode("utf-8", "replace").split())[:500]


def _decode(response: http.client.HTTPResponse, content: bytes) -> Json:
    if response.status == NO_CONTENT or response.getheader("Content-Type", "").split(";")[0] != "application/json":
        return None
    return read_json(content)


def _encode(body: Json) -> bytes:
    try:
        return json.dumps(body, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequestError(f"what is sent to the queue must be JSON: {error}") from error
