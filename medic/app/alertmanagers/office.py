"""All Alertmanagers: at each tick what is due is handed to the sender of each of them."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Never

from medic.app.alertmanagers import letters, metrics
from medic.app.alertmanagers.sender import Sender
from medic.app.settings.judge import Rules
from medic.app.settings.peers import Alertmanager
from medic.core.alerts import Alert
from medic.core.clock import MILLISECOND, to_ms
from medic.core.samples import Family
from medic.core.tasks import start
from rules.sending import Memory, Message, due
from rules.status import GroupStatus

DRAIN = 2.0
"""Seconds that the end of Medic waits for Alertmanagers to take what is still to be sent."""


class Office:
    """Sends the rules' alerts to the Alertmanagers of the configuration; without any it costs nothing."""

    def __init__(self, to: Sequence[Alertmanager], rules: Rules) -> None:
        """Send to *to* once it runs, on the terms of *rules*."""
        self._rules = rules
        self._senders: dict[Alertmanager, Sender] = {}
        self._memory: Memory = {}
        self._changed = asyncio.Event()
        self.url = ""
        """Where people find this Medic, without a slash at the end; known once it listens."""
        self.replace(to, rules)

    @property
    def address(self) -> str:
        """Where people find this Medic: as configured, else as it listens."""
        return self._rules.external_url or self.url

    @property
    def labels(self) -> Mapping[str, str]:
        """What is added to alerts, where they lack it."""
        return self._rules.external_labels

    def replace(self, to: Sequence[Alertmanager], rules: Rules) -> None:
        """Go on with other Alertmanagers and terms; who stays keeps what waits and is counted."""
        self._rules = rules
        self._senders = {each: self._senders.get(each) or Sender(each, self._write) for each in to}
        self._changed.set()

    def observe(self, groups: Callable[[], Iterable[GroupStatus]], alerts: Sequence[Alert], now: datetime) -> None:
        """Take the alerts of the tick *now*, and have sent what is due of them."""
        if not self._senders:
            self._memory = {}
            return
        resend = self._rules.resend_delay // MILLISECOND
        self._memory, messages = due(self._memory, groups(), alerts, to_ms(now), resend_ms=resend)
        self.put(messages)

    def put(self, messages: Sequence[Message]) -> None:
        """Have messages sent to every Alertmanager."""
        for sender in self._senders.values():
            sender.put(messages)

    async def run(self) -> Never:
        """Send to each Alertmanager on its own, until cancelled."""
        running: dict[Sender, asyncio.Task[Never]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                self._changed.clear()
                wanted = set(self._senders.values())
                for sender in running.keys() - wanted:
                    running.pop(sender).cancel()
                for sender in wanted - running.keys():
                    running[sender] = start(group, sender.run(), name=f"alerts to {sender.name}")
                await self._changed.wait()
        raise AssertionError("the loop ends only by an error")  # pragma: no cover

    async def drain(self) -> None:
        """Send what still waits, as long as that takes no more than two seconds; call it when ``run`` has ended."""
        tasks = [sender.drain() for sender in self._senders.values() if sender.outbox]
        try:
            async with asyncio.timeout(DRAIN):
                await asyncio.gather(*tasks)
        except TimeoutError:
            return

    def families(self) -> list[Family]:
        """Return the metrics of sending; none where there is nobody to send to."""
        return metrics.families(sender.figures for sender in self._senders.values()) if self._senders else []

    def _write(self, messages: list[Message]) -> bytes:
        return letters.body(messages, labels=self.labels, url=self.address)
