"""Asking over HTTP: the request, its redirects, and whether the answer is as it should be."""

import codecs
import email.utils
import http.client
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from exporter.probes.connection import Channel
from exporter.probes.outcome import Answer, PatternError, ProbeError, Trail
from exporter.probes.requests import REDIRECTS, Origin, Request, first, follow
from exporter.probes.spec import HttpProbe

MOST_REDIRECTS = 10
LARGEST = 1 << 20
"""Bytes of a body; what follows is not read, and patterns do not see it."""
LONGEST_LENGTH = 18
"""Digits of a Content-Length; no body is longer than such a number says."""
SUCCESSFUL = range(200, 300)
CHARSETS = ("ascii", "big5", "cp125", "euc", "gb", "iso8859", "koi8", "shift_jis", "utf-16", "utf-8")
"""How the names of codecs begin that pages are written in; Python has others, some of them slow or none of text."""

Dial = Callable[[Origin], Channel]
"""Connects to an origin, by TLS where its scheme says so."""


def ask(probe: HttpProbe, dial: Dial, trail: Trail) -> None:
    """Ask until something is no redirect, and judge that; raises ProbeError, OSError and http.client.HTTPException."""
    request = first(probe)
    while True:
        trail.note(f"asking {request.method} {request.shown}")
        response, body = _exchange(request, dial, trail)
        location = response.getheader("Location")
        if response.status not in REDIRECTS or not location:
            break
        trail.redirects += 1
        if not probe.follow_redirects:
            break
        if trail.redirects > MOST_REDIRECTS:
            raise ProbeError(f"redirected more than {MOST_REDIRECTS} times")
        request = follow(request, response.status, location)
    judge(probe, response.status, decode(body, response.headers.get_content_charset("utf-8")))


def judge(probe: HttpProbe, status: int, body: str) -> None:
    """Raise ProbeError that says why an answer is not as it should be, of a pattern PatternError."""
    if status not in (probe.status or SUCCESSFUL):
        wanted = ", ".join(map(str, sorted(probe.status))) or "2xx"
        raise ProbeError(f"answered {status}, not {wanted}")
    if not all(search(body) for search in probe.wanted):
        raise PatternError("answered with a body in which a pattern finds nothing")
    if any(search(body) for search in probe.unwanted):
        raise PatternError("answered with a body in which a pattern finds what must not be there")


def _exchange(request: Request, dial: Dial, trail: Trail) -> tuple[http.client.HTTPResponse, bytes]:
    origin = request.origin
    with dial(origin) as channel:
        with trail.phase("processing"):
            channel.send(request.write())
            # What a response asks of a socket is `makefile` alone.
            response = http.client.HTTPResponse(cast("socket.socket", channel), method=request.method)
            response.begin()
        trail.answer = _answer(response, secure=origin.scheme == "https")
        trail.note(f"answered {response.status}")
        with trail.phase("transfer"):
            body = _body(response)
        trail.answer = replace(trail.answer, read=None if len(body) > LARGEST else len(body))
    return response, body[:LARGEST]


def _body(response: http.client.HTTPResponse) -> bytes:
    try:
        body = response.read(LARGEST + 1)
    except ValueError:  # what http.client raises for a chunk of less than nothing
        raise ProbeError("answered with a body that is no HTTP") from None
    if response.length and len(body) <= LARGEST:
        raise ProbeError(f"ended {response.length} bytes before its answer's end")
    return body


def _answer(response: http.client.HTTPResponse, *, secure: bool) -> Answer:
    length = response.getheader("Content-Length") or ""
    return Answer(
        status=response.status,
        version=response.version / 10,
        secure=secure,
        length=int(length) if length.isascii() and length.isdigit() and len(length) <= LONGEST_LENGTH else None,
        modified=_moment(response.getheader("Last-Modified")),
    )


def _moment(text: str | None) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError):
        return None


def decode(body: bytes, charset: str) -> str:
    """Read a body in the *charset* that it says, in UTF-8 where that is none of the usual ones."""
    try:
        usual = codecs.lookup(charset).name.startswith(CHARSETS)
    except (LookupError, ValueError):
        usual = False
    return body.decode(charset if usual else "utf-8", errors="replace")
