"""How commands talk to the running daemon: a small synchronous client of its HTTP interface."""

import getpass
import http.client
import json
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from medic.app.state import State, holder, lives
from medic.core.errors import MedicError, NotRunningError, RefusedError
from medic.core.queue import Json

TIMEOUT: Final = 30.0
"""Seconds; whoever asks for more says so."""
_BAD, _REFUSED = 400, frozenset({409, 429})


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon that can be asked; each request is a connection of its own."""

    url: str
    token: str = field(repr=False)
    """Empty when this user may not read it: then only reading is possible."""
    door: Path | None = None
    """The socket that is asked in place of the address, where TLS is spoken."""

    def get(self, path: str, **query: str) -> Json:
        """Return what ``GET path`` answers; raises as ``ask`` does."""
        return self.ask("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: Json = None, *, timeout: float = TIMEOUT) -> Json:
        """Return what ``POST path`` answers; raises as ``ask`` does."""
        return self.ask("POST", path, body, timeout=timeout)

    def ask(self, method: str, path: str, body: Json = None, *, timeout: float = TIMEOUT) -> Json:
        """Send one request; an empty answer is None.

        Raises RefusedError for what is not allowed now, NotRunningError when nobody listens, and MedicError for any
        other failure, each with the daemon's own words.
        """
        status, content = self._exchange(method, path, json.dumps(body or {}) if method == "POST" else None, timeout)
        answer = _decode(content, self.url)
        if status < _BAD:
            return answer
        text = str(answer["error"]) if isinstance(answer, dict) and "error" in answer else f"HTTP status {status}"
        raise (RefusedError if status in _REFUSED else MedicError)(text)

    def _exchange(self, method: str, path: str, body: str | None, timeout: float) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        headers["X-Medic-User"] = _user()
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        connection = _connection(self, timeout)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except PermissionError as error:
            raise MedicError(f"{self.door} lets in the daemon's own user alone; run this as that one") from error
        except (ConnectionError, FileNotFoundError) as error:  # refused, or cut off by a daemon that ends
            raise NotRunningError(f"no daemon answers on {self.url}; start it with `medic run`") from error
        except (OSError, http.client.HTTPException) as error:
            why = f"the daemon at {self.url} does not answer ({str(error) or type(error).__name__})"
            raise MedicError(f"{why}; look into its log, log/medic.log in the state folder") from error
        finally:
            connection.close()


def connect(state: State) -> Daemon:
    """Find the daemon of a state folder; raises NotRunningError when there is none."""
    who = holder(state)
    if who is None or not who.url or not lives(who.pid):  # the token goes to no port that a dead daemon's file names
        raise NotRunningError(f"no daemon runs on {state.folder}; start it with `medic run`, or name another --state")
    door = state.door if who.url.startswith("https:") else None
    return Daemon(who.url, _token(state.token_file), door)


class _Inside(http.client.HTTPConnection):
    """A connection to a socket in the file system."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        from medic.core.crowd import near

        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        with near(self._path) as address:
            self.sock.connect(address)


def _connection(to: Daemon, timeout: float) -> http.client.HTTPConnection:
    """Make the way to a daemon: where it speaks TLS its socket, since its certificate may be anybody's and expired."""
    if to.door is not None:
        return _Inside(to.door, timeout)
    return http.client.HTTPConnection(urlsplit(to.url).netloc, timeout=timeout)


def _user() -> str:
    """Name who uses this command, for the journal; a name that HTTP cannot carry stays out."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user without a name
        return ""
    return name if name.isascii() and name.isprintable() else ""


def _token(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _decode(content: bytes, url: str) -> Json:
    if not content.strip():
        return None
    try:
        answer: Json = json.loads(content)
    except ValueError as error:
        raise MedicError(f"what listens on {url} is not Medic: its answer is no JSON") from error
    return answer
