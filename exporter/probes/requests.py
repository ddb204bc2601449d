"""Requests as they go over the wire, and which one a redirect leads to; nothing here reaches the network."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from urllib.parse import quote, unquote, urljoin, urlsplit

from exporter.probes.outcome import ProbeError
from exporter.probes.spec import HttpProbe

REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEEPS_METHOD = frozenset({307, 308})
BODYLESS = frozenset({"GET", "HEAD"})
PORTS = {"http": 80, "https": 443}
SAFE = "%/:=&?~+!$,;'@()*[]"
"""What may stand in a request's target; everything else is written in percent signs."""
AGENT = "Medic"


class Origin(NamedTuple):
    """Whom a request goes to."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Request:
    """One request; of its address only what `shown` gives may be repeated."""

    url: str = field(repr=False)
    method: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def origin(self) -> Origin:
        """Whom it goes to; raises ProbeError for an address that is none of HTTP."""
        try:
            parts = urlsplit(self.url)
            port = parts.port
        except ValueError:
            raise ProbeError("led to what is no address") from None
        if parts.scheme not in PORTS or not parts.hostname:
            raise ProbeError("led to an address that is none of HTTP")
        return Origin(parts.scheme, parts.hostname, PORTS[parts.scheme] if port is None else port)

    @property
    def shown(self) -> str:
        """Its address without user, password and query, any of which may be secret."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def write(self) -> bytes:
        """Write it as HTTP/1.1 for a connection that is used once (RFC 9112)."""
        parts = urlsplit(self.url)
        target = quote(parts.path or "/", SAFE) + (f"?{quote(parts.query, SAFE)}" if parts.query else "")
        headers = {
            "host": _host(self.origin),
            "user-agent": AGENT,
            "accept": "*/*",
            **_authorization(parts.username, parts.password),
            **({"content-length": str(len(self.body))} if self.body or self.method not in BODYLESS else {}),
            **{name.lower(): value for name, value in self.headers.items()},
            "connection": "close",
        }
        lines = [f"{self.method} {target} HTTP/1.1", *(f"{name.title()}: {value}" for name, value in headers.items())]
        return "\r\n".join((*lines, "", "")).encode("latin-1") + self.body


def first(probe: HttpProbe) -> Request:
    """Return the request with which a probe begins."""
    return Request(probe.url, probe.method, probe.headers, probe.body)


def follow(before: Request, status: int, location: str) -> Request:
    """Return the request that a redirect asks for, as browsers and Go make it.

    What may be secret (headers, user, password, body) goes to the same origin only, and from http to https on one
    host; raises ProbeError where that leaves nothing to ask.
    """
    after = replace(before, url=_join(before.url, location))
    if status not in KEEPS_METHOD and before.method not in BODYLESS:
        after = replace(after, method="GET", body=b"")
    if may_confide(before.origin, after.origin):
        return replace(after, url=_with_user(after.url, before.url))
    if after.body:
        raise ProbeError("redirected the request's body to another host; name the address that it is meant for")
    return replace(after, headers={}, url=_with_user(after.url, ""))


def _join(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise ProbeError("led to what is no address") from None


def may_confide(before: Origin, after: Origin) -> bool:
    """Tell whether the second origin may be told what the first was."""
    lifted = Origin("http", before.host, PORTS["http"]) == before and Origin("https", before.host, 443) == after
    return before == after or lifted


def _with_user(url: str, source: str) -> str:
    """Give *url* the user of *source*, and none of its own: a service that names one in a redirect is not believed."""
    user = urlsplit(source).netloc.rpartition("@")[0]
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}@{place}" if user else place).geturl()


def _host(origin: Origin) -> str:
    host = f"[{origin.host}]" if ":" in origin.host else origin.host.encode("idna").decode()
    return host if origin.port == PORTS[origin.scheme] else f"{host}:{origin.port}"


def _authorization(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    both = f"{unquote(user)}:{unquote(password or '')}"
    return {"authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}
