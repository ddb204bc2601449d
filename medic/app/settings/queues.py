"""The section ``queues``: what holds tasks."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from exporter.backends import paths
from exporter.backends.addresses import AMQP, IN_REDIS, database
from medic.app.settings.headers import Headers
from medic.app.settings.kinds import Address, Flag, HostPort, HttpUrl, Name, Span, Text, Whole, at_most, hide_password
from medic.app.settings.mistakes import Finding, Path
from medic.app.settings.paths import File
from medic.app.settings.patterns import find
from medic.app.settings.secretfiles import UNREAD
from medic.app.settings.sections import (
    AfterValidator,
    Bounds,
    PlainSerializer,
    PlainValidator,
    SecretStr,
    Section,
    WrongValueError,
)
from medic.app.settings.yaml import Tree


class Backend(StrEnum):
    """What serves a queue."""

    EMBEDDED = "embedded"
    HTTP = "http"
    RQ = "rq"
    HUEY = "huey"
    DRAMATIQ = "dramatiq"
    RABBITMQ = "rabbitmq"
    CELERY = "celery"


WEB = frozenset({"http", "https"})
IN_REDIS_URLS = tuple(f"{scheme}://" for scheme in sorted(IN_REDIS))
SCHEMES: Mapping[str, frozenset[str]] = {
    "http": WEB,
    "rq": IN_REDIS,
    "huey": IN_REDIS | {"sqlite"},
    "dramatiq": IN_REDIS | AMQP | WEB,
    "rabbitmq": WEB,
    "celery": IN_REDIS | AMQP | {"pyamqp"},
}
"""How the address of each backend may begin."""
EXAMPLES: Mapping[str, str] = {
    "http": "http://127.0.0.1:8092/api/stats",
    "rq": "redis://127.0.0.1:6379/0",
    "huey": "redis://127.0.0.1:6379/0 or sqlite:///srv/app/huey.db",
    "dramatiq": "redis://127.0.0.1:6379/0, amqp://guest:guest@127.0.0.1:5672 or http://guest:guest@127.0.0.1:15672",
    "rabbitmq": "http://guest:guest@127.0.0.1:15672/my-vhost",
    "celery": "redis://127.0.0.1:6379/0 or amqp://guest:guest@127.0.0.1:5672",
}
EMBEDDED_KEYS = frozenset({"listen", "lease", "max_deliveries"})
BROKER_KEYS = frozenset({"url", "queue", "ca_file", "timeout"})
KEYS: Mapping[str, frozenset[str]] = {
    "embedded": EMBEDDED_KEYS,
    "http": frozenset({"url", "fields", "headers", "token", "ca_file", "timeout"}),
    "rq": BROKER_KEYS | {"canary"},
    "huey": BROKER_KEYS,
    "dramatiq": BROKER_KEYS | {"canary", "metrics"},
    "rabbitmq": BROKER_KEYS,
    "celery": BROKER_KEYS | {"canary", "enable_events"},
}
"""Which keys mean something to which backend, beside ``name`` and ``backend``."""


def parse_url(value: object) -> str:
    """Read the address of a page or a broker; whether its backend can use it is checked elsewhere."""
    try:
        if isinstance(value, str) and (parts := urlsplit(value)).scheme and (parts.netloc or parts.path):
            _ = parts.port  # raises for one that is no number
            return value
    except ValueError:
        pass
    raise WrongValueError("is not an address", f"write it as {EXAMPLES['http']} or {EXAMPLES['rq']}")


def parse_field(value: object) -> str:
    """Read where a page has a figure."""
    try:
        if isinstance(value, str) and paths.steps(value):
            return value
    except ValueError:
        pass
    raise WrongValueError(
        "is not a path into a page", 'write keys and places with dots between, as data.queues.0."a.b"'
    )


def check_fields(fields: dict[str, str]) -> dict[str, str]:
    """Refuse figures that there are not."""
    if unknown := sorted(fields.keys() - paths.FIGURES):
        raise WrongValueError(f"holds {unknown[0]!r}, which is no figure", f"use {', '.join(sorted(paths.FIGURES))}")
    return fields


LONGEST_CANARY = timedelta(seconds=100)
"""The job that waits for it has two minutes."""
FieldPath = Annotated[str, PlainValidator(parse_field)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary(Section):
    """What is sent through a queue of others now and then, to see that it is alive."""

    task: Text
    """A task without arguments that its workers know, as the queue names it."""
    timeout: Annotated[Span, at_most(LONGEST_CANARY)] = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(Section):
    """One of ``queues``."""

    name: Name
    backend: Backend = Backend.EMBEDDED
    listen: Address = HostPort("127.0.0.1", 8091)
    """Where the embedded queue server listens; without meaning for other backends."""
    url: Annotated[str, PlainValidator(parse_url), PlainSerializer(hide_password)] | None = field(
        default=None, repr=False
    )
    """Where another backend's page or broker is; may hold user and password."""
    queue: Text | None = None
    """What the broker calls it; by default, its name, and ``celery`` for Celery."""
    metrics: HttpUrl | None = field(default=None, repr=False)
    """Where the workers of Dramatiq tell how tasks ended: the page of its Prometheus middleware."""
    fields: Annotated[dict[str, FieldPath], AfterValidator(check_fields)] = field(default_factory=dict)
    """Where a page with words of its own has which figure."""
    headers: Headers = field(default_factory=dict)
    token: SecretStr | None = None
    """Sent as ``Authorization: Bearer``."""
    ca_file: File | None = None
    timeout: Annotated[Span, at_most(timedelta(minutes=1))] = timedelta(seconds=4)
    """For one whole reading."""
    enable_events: Flag = False
    """Whether Celery's workers are told to send the events of their tasks, where they do not."""
    canary: Canary | None = None
    lease: Span = timedelta(seconds=60)
    max_deliveries: Annotated[Whole, Bounds(ge=1)] = 3

    def meant(self) -> Collection[str]:
        """Leave out what means nothing to the backend, so that what is shown can be read again."""
        return KEYS[self.backend] | {"name", "backend"}

    @property
    def base(self) -> str:
        """The address of the embedded queue server, without a slash at its end; of a wildcard host the loopback's."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.listen.host, self.listen.host)
        return f"http://{HostPort(host, self.listen.port)}"

    @property
    def broker_name(self) -> str:
        """What the broker calls it."""
        return self.queue or ("celery" if self.backend is Backend.CELERY else self.name)

    @property
    def stats_url(self) -> str:
        """Where its figures are read, whatever the backend."""
        return self.url or f"{self.base}/api/stats"


def check_queues(tree: Tree) -> Iterator[Finding]:
    """Yield a finding for each key that its queue's backend lacks or cannot use."""
    for path, queue in find(tree, ("queues", "*")):
        if isinstance(queue, dict):
            yield from _check(path, queue)


def _check(path: Path, queue: Mapping[str, Tree]) -> Iterator[Finding]:
    backend = str(queue.get("backend") or "embedded")
    if backend not in KEYS:
        return
    yield from (Finding((*path, key), *wrong) for key in queue if (wrong := _senseless(key, backend)) is not None)
    if backend == "embedded":
        if str(queue.get("listen", "")).endswith(":0"):
            yield Finding((*path, "listen"), "leaves the port open", "name one: workers must find the queue again")
    elif "url" not in queue:
        yield Finding((*path, "url"), "is missing", f"say where it is: url: {EXAMPLES[backend]}")
    elif (url := queue["url"]) != UNREAD and isinstance(url, str):
        yield from _check_url((*path, "url"), url, backend)
    if backend == "dramatiq" and "canary" in queue and not str(queue.get("url")).startswith(IN_REDIS_URLS):
        yield Finding((*path, "canary"), "cannot be followed outside of Redis", "remove it")
    if "token" in queue and "@" in str(queue.get("url")):
        yield Finding((*path, "token"), "given beside a user in the address", "keep one of the two")


def _senseless(key: str, backend: str) -> tuple[str, str] | None:
    """Say what is wrong with a key that another backend has; None when it is well, or known to nobody."""
    if key in KEYS[backend] or not any(key in keys for keys in KEYS.values()):
        return None
    if backend == "embedded":
        advice = "write listen: HOST:PORT instead" if key == "url" else "remove it, or name another backend"
        return "has no meaning for an embedded queue", advice
    if key in EMBEDDED_KEYS:
        return "has a meaning for an embedded queue alone", "remove it"
    return f"has no meaning for the backend {backend}", "remove it"


def _check_url(path: Path, url: str, backend: str) -> Iterator[Finding]:
    """Yield a finding for an address that the backend cannot use; it may hold a password and is not repeated."""
    advice = f"write it as {EXAMPLES[backend]}"
    if not any(url.startswith(f"{scheme}://") for scheme in SCHEMES[backend]):
        yield Finding(path, f"is not an address for the backend {backend}", advice)
    elif url.startswith("sqlite://") and not url.startswith("sqlite:///"):
        yield Finding(path, "names no whole path", advice)
    elif url.startswith(IN_REDIS_URLS) and not _names_database(url):
        yield Finding(path, "names no database of Redis, which is a number", advice)


def _names_database(url: str) -> bool:
    try:
        return database(url) >= 0
    except ValueError:
        return False
