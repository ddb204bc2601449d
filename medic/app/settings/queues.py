"""The section ``queues``: what holds tasks."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from medic.app.settings.kinds import Address, HostPort, HttpUrl, Name, Section, Span, Whole


class Backend(StrEnum):
    """What serves a queue."""

    EMBEDDED = "embedded"
    HTTP = "http"


class Queue(Section):
    """One of ``queues``."""

    name: Name
    backend: Backend = Backend.EMBEDDED
    listen: Address = HostPort("127.0.0.1", 8091)
    """Where the embedded queue server listens; without meaning for other backends."""
    url: HttpUrl | None = Field(default=None, repr=False)
    """Where another backend gives its figures as JSON."""
    lease: Span = timedelta(seconds=60)
    max_deliveries: Annotated[Whole, Field(ge=1)] = 3

    @property
    def base(self) -> str:
        """The address of the embedded queue server, without a slash at its end; of a wildcard host the loopback's."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.listen.host, self.listen.host)
        return f"http://{HostPort(host, self.listen.port)}"

    @property
    def stats_url(self) -> str:
        """Where its figures are read, whatever the backend."""
        return self.url or f"{self.base}/api/stats"
