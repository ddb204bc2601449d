"""The section ``probes``: services that are asked over HTTP or TCP whether they are well."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from medic.app.matching import read_search
from medic.app.settings.headers import Headers
from medic.app.settings.kinds import (
    ONE_OR_MORE,
    Address,
    Duration,
    Flag,
    HostPort,
    HttpUrl,
    Name,
    Span,
    Text,
    Whole,
    at_least,
    at_most,
    hide_password,
)
from medic.app.settings.mistakes import Finding, Path
from medic.app.settings.paths import File
from medic.app.settings.patterns import find, find_texts
from medic.app.settings.sections import (
    AfterValidator,
    BeforeValidator,
    Bounds,
    SecretStr,
    Section,
    WrongValueError,
    default_of,
)
from medic.app.settings.yaml import Tree
from medic.core.errors import MedicError

LONGEST = timedelta(minutes=1)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
FIRST_STATUS, LAST_STATUS = 100, 599
OF_HTTP = ("method", "headers", "token", "body", "status", "contains", "matches", "not_matches", "follow_redirects")
OF_TCP = ("tls", "send", "expect")
PATTERNS = ("matches", "not_matches", "expect")


def _read_method(value: object) -> str:
    if value not in METHODS:
        raise WrongValueError("is not a method", f"write {', '.join(METHODS)}")
    return str(value)


def _check_port(value: HostPort) -> HostPort:
    if value.port == 0:
        raise WrongValueError("has no port", "name that of the service, such as 127.0.0.1:5432")
    return value


Texts = Annotated[tuple[Text, ...], ONE_OR_MORE]
Status = Annotated[Whole, Bounds(ge=FIRST_STATUS, le=LAST_STATUS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Section):
    """One of ``probes``."""

    name: Name
    url: HttpUrl | None = field(default=None, repr=False)
    """May hold user and password."""
    tcp: Annotated[Address, AfterValidator(_check_port)] | None = None
    timeout: Annotated[Span, at_most(LONGEST)] = timedelta(seconds=5)
    every: Annotated[Duration, at_least(timedelta(seconds=1))] = timedelta(seconds=15)
    insecure: Flag = False
    ca_file: File | None = None

    method: Annotated[str, BeforeValidator(_read_method)] = "GET"
    headers: Headers = field(default_factory=dict)
    token: SecretStr | None = None
    """Sent as ``Authorization: Bearer``."""
    body: SecretStr | None = None
    status: Annotated[tuple[Status, ...], ONE_OR_MORE] = ()
    """None accepts all of 200 to 299."""
    contains: Texts = ()
    matches: Texts = ()
    not_matches: Texts = ()
    follow_redirects: Flag = True

    tls: Flag = False
    send: SecretStr | None = None
    expect: Text | None = None

    @property
    def shown(self) -> str:
        """Where it asks, without what may be secret there."""
        if self.url is None:
            return f"tcp://{self.tcp}"
        parts = urlsplit(hide_password(self.url))
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def check_probes(tree: Tree) -> Iterator[Finding]:
    """Yield a finding for each probe in *tree* that asks nothing, two things, or for what it cannot have."""
    for path, probe in find(tree, ("probes", "*")):
        if isinstance(probe, dict):
            yield from _asks_one(path, probe)
            yield from _senseless(path, probe)
    for key in PATTERNS:
        for pattern in (("probes", "*", key), ("probes", "*", key, "*")):
            for path, text in find_texts(tree, pattern):
                yield from _unreadable(path, text)


def _asks_one(path: Path, probe: dict[str, Tree]) -> Iterator[Finding]:
    if "url" in probe and "tcp" in probe:
        yield Finding((*path, "tcp"), "given beside url", "keep one of the two, or make two probes of it")
    if "url" not in probe and "tcp" not in probe:
        yield Finding(path, "asks nothing", "write url: http://HOST:PORT/PATH or tcp: HOST:PORT")
    if "token" in probe and "@" in urlsplit(str(probe.get("url"))).netloc:
        yield Finding((*path, "token"), "given beside a user in the address", "keep one of the two")


def _senseless(path: Path, probe: dict[str, Tree]) -> Iterator[Finding]:
    """Yield the keys that have no meaning beside the others."""
    for keys, needed in ((OF_HTTP, "url"), (OF_TCP, "tcp")):
        other = "tcp" if needed == "url" else "url"
        for key in keys:
            if _says(probe, key) and needed not in probe and other in probe:
                yield Finding((*path, key), f"has a meaning beside {needed} alone", "remove it")
    if "tcp" in probe and probe.get("tls") is not True:
        for key in ("insecure", "ca_file"):
            if _says(probe, key):
                yield Finding((*path, key), "has no meaning without tls", "add tls: true, or remove it")


def _says(probe: dict[str, Tree], key: str) -> bool:
    """Tell whether a key says more than its default, which a configuration that was shown repeats."""
    default = default_of(Probe, key)
    return key in probe and probe[key] != (list(default) if isinstance(default, tuple) else default)


def _unreadable(path: Path, text: str) -> Iterator[Finding]:
    try:
        read_search(text)
    except MedicError as error:
        yield Finding(path, str(error), "")
