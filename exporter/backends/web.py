"""Pages of other programs over HTTP: one request, one answer, no proxies, no redirects, nothing kept open."""

import base64
import http.client
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from exporter.backends.source import BackendError, shown
from exporter.backends.wire import Deadline, connect, secure

LARGEST = 4 << 20
"""Bytes; a page of figures that is larger is none."""
PORTS = {"http": 80, "https": 443}


class StatusError(BackendError):
    """A page answered with another status than 200."""

    def __init__(self, status: int) -> None:
        """Keep the *status* for who knows what it means here."""
        super().__init__(f"answered {status}: {_advice(status)}")
        self.status = status


def fetch(url: str, *, headers: Mapping[str, str], timeout: float, ca_file: Path | None = None) -> bytes:
    """Return the body of a page within *timeout* seconds; user and password of the address are sent as basic ones.

    Raises BackendError without the address, which is the caller's to add.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise BackendError(f"is not an address ({error}): write http://HOST:PORT/PATH") from error
    try:
        return _converse(parts, port, {**_authorization(parts), **headers}, Deadline(timeout), ca_file)
    except ssl.SSLCertVerificationError as error:
        raise BackendError(f"is not trusted ({error.verify_message}): name its authority as ca_file") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise BackendError(f"does not answer ({_told(error)}): is the queue running?") from error


def _converse(
    parts: SplitResult, port: int, headers: Mapping[str, str], deadline: Deadline, ca_file: Path | None
) -> bytes:
    host = parts.hostname or ""
    connection = http.client.HTTPConnection(host, port)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with deadline:
        try:
            connection.sock = connect(host, port, deadline)
            if parts.scheme == "https":
                connection.sock = secure(connection.sock, host, ca_file)
            connection.request("GET", path, headers={"Connection": "close", **headers})
            with connection.getresponse() as response:
                return _body(response)
        finally:
            connection.close()


def _body(response: http.client.HTTPResponse) -> bytes:
    if response.status != HTTPStatus.OK:
        raise StatusError(response.status)
    body = response.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise BackendError(f"answered more than {LARGEST} bytes: give the address of the page of figures")
    return body


def _advice(status: int) -> str:
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return "give a user and a password that may read it, or a token"
    return "give the address of the page itself"


def _authorization(parts: SplitResult) -> dict[str, str]:
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _told(error: Exception) -> str:
    """Say what an error of the network says; of nonsense only that it is some, for it may repeat what we sent."""
    return str(error) or repr(error) if isinstance(error, OSError) else "it does not speak HTTP"


def named(url: str, error: BackendError) -> BackendError:
    """Put the address before what is wrong with its page."""
    joint = " " if str(error).startswith(("is not", "does not")) else ": "
    return BackendError(f"{shown(url)}{joint}{error}")
