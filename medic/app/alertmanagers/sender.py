"""Sending to one Alertmanager, which delays no other: a queue, a loop, and what came of it."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Never

import aiohttp
from yarl import URL

from medic.app.alertmanagers.metrics import Figures
from medic.app.alertmanagers.outbox import Outbox
from medic.app.settings.peers import Alertmanager, without_user
from medic.core.errors import MedicError
from medic.core.tasks import guarded
from rules.sending import Message

log = logging.getLogger(__name__)

Write = Callable[[list[Message]], bytes]
ECHOED = 200
"""Characters of an Alertmanager's complaint that are told."""
TOLD = 300
"""Characters of any trouble with one that are told."""


class NotTakenError(MedicError):
    """An Alertmanager answered that it did not take what it was sent."""


@dataclass(slots=True)
class Counts:
    """What became of the messages so far."""

    sent: int = 0
    """Alerts that it took."""
    errors: int = 0
    """Alerts in requests that failed."""
    latency: float | None = None
    """Seconds that the last request took, whatever came of it."""


class Sender:
    """Sends to one Alertmanager, in the order of arrival, one request at a time."""

    def __init__(self, to: Alertmanager, write: Write) -> None:
        """Send to *to*; *write* makes the body of a request."""
        self.to = to
        self.name = without_user(to.url)
        self.counts = Counts()
        self.outbox = Outbox()
        self._write = write
        self._filled = asyncio.Event()
        self._trouble = ""

    @property
    def figures(self) -> Figures:
        """What became of the alerts so far; what failed is given up, as the next resend brings it anyway."""
        counts, dropped = self.counts, self.outbox.dropped + self.counts.errors
        return Figures(self.name, counts.sent, counts.errors, dropped, len(self.outbox), counts.latency)

    def put(self, messages: Iterable[Message]) -> None:
        """Have messages sent; of an alert whose message still waits only the newest is."""
        self.outbox.put(messages)
        self._filled.set()

    async def run(self) -> Never:
        """Send whatever is put, until cancelled; what was being sent then waits again."""
        async with self._session() as session:
            while True:
                await guarded(partial(self._send_all, session), name=f"alerts to {self.name}")
                self._filled.clear()
                await self._filled.wait()
        raise AssertionError("the loop ends only by an error")  # pragma: no cover

    async def drain(self) -> None:
        """Send what still waits, once the loop has ended; the caller bounds how long that may take."""
        if self.outbox:
            async with self._session() as session:
                await self._send_all(session)

    async def _send_all(self, session: aiohttp.ClientSession) -> None:
        while batch := self.outbox.take():
            try:
                await self._send(session, batch)
            except asyncio.CancelledError:
                self.outbox.put_back(batch)
                raise

    async def _send(self, session: aiohttp.ClientSession, batch: list[Message]) -> None:
        time = asyncio.get_running_loop().time
        began = time()
        try:
            await self._post(session, self._write(batch))
        except (aiohttp.ClientError, OSError, TimeoutError, NotTakenError) as error:
            self.counts.errors += len(batch)
            self._tell(_words(error))
        else:
            self.counts.sent += len(batch)
            self._tell("")
        self.counts.latency = time() - began

    async def _post(self, session: aiohttp.ClientSession, body: bytes) -> None:
        # A redirect is not followed: it would turn the post into a visit of, say, a page to log in, which looks well.
        url = URL(self.name) / "api/v2/alerts"
        async with session.post(url, data=body, allow_redirects=False) as answer:
            if answer.status // 100 == 3:  # noqa: PLR2004 - the class of status codes that point elsewhere
                elsewhere = answer.headers.get("Location", "elsewhere")[:ECHOED]
                raise NotTakenError(f"it answered {answer.status} and points to {elsewhere}: write that address")
            if answer.status // 100 != 2:  # noqa: PLR2004 - the class of status codes that say yes
                words = (await answer.content.read(ECHOED)).decode(errors="replace").strip()
                raise NotTakenError(f"it answered {answer.status}: {words}".rstrip(": "))

    def _tell(self, trouble: str) -> None:
        """Log that it takes alerts no longer, or takes them again: once each time that changes."""
        if trouble and not self._trouble:
            advice = "look whether it runs there, and what `alertmanagers:` says of it"
            log.error("alertmanager takes no alerts", extra={"alertmanager": self.name, "why": trouble, "do": advice})
        elif self._trouble and not trouble:
            log.warning("alertmanager takes alerts again", extra={"alertmanager": self.name})
        self._trouble = trouble

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[aiohttp.ClientSession]:
        headers = {"Content-Type": "application/json", **_credentials(self.to)}
        timeout = aiohttp.ClientTimeout(total=self.to.timeout.total_seconds())
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
            yield session


def _words(error: Exception) -> str:
    """Say what went wrong in one line; what answers in another language is quoted by the library at any length."""
    line = " ".join(str(error).split()) or type(error).__name__
    return line if len(line) <= TOLD else f"{line[:TOLD]}..."


def _credentials(to: Alertmanager) -> dict[str, str]:
    url = URL(to.url)
    if to.token is not None:
        return {"Authorization": f"Bearer {to.token.get_secret_value()}"}
    if url.user is None and url.password is None:
        return {}
    pair = f"{url.user or ''}:{url.password or ''}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
