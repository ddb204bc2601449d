"""Which posted alerts fire: each until its end, unless it is posted again before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from healer.posted import RESOLVE_TIMEOUT, Posting
from medic.core.alerts import Alert, AlertState, Source
from medic.core.changes import SPENT_KEPT, History

EXPIRED = "expired: its sender did not send it again"
"""Why an alert counts as over that nobody said was resolved; it tells nothing about the trouble itself."""
_EXPIRED_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One alert that fires."""

    posting: Posting | None
    """None for one of which only the fingerprint is known."""
    until: float
    """By the monotonic clock: the wall's may leap, and then all of them would be over."""


class Book:
    """Remembers what was posted; *at* is always the monotonic clock's time, in seconds."""

    def __init__(self) -> None:
        """Begin empty."""
        self._entries: dict[str, Entry] = {}
        self._expired: dict[str, datetime] = {}
        """When each of those ran out that were not posted since."""

    def __len__(self) -> int:
        """Count the alerts that fire."""
        return len(self._entries)

    def remember(self, history: History, waiting: Iterable[Alert], at: float) -> None:
        """Begin with what the journal knows to be firing; its senders get the usual time to post it again."""
        open_ = [alert for episode in history.episodes.values() for alert in episode.alerts]
        until = at + RESOLVE_TIMEOUT.total_seconds()
        for mine, spent in history.spent.items():
            if spent.source is Source.PROMETHEUS and spent.resolved_at is None:
                self._entries[mine] = Entry(None, until)
        for alert in (*open_, *waiting):
            if alert.source is Source.PROMETHEUS and alert.state is not AlertState.INACTIVE:
                ends = alert.active_at + RESOLVE_TIMEOUT
                self._entries[alert.fingerprint] = Entry(Posting(alert, ends, alert.active_at, open_ended=True), until)

    def sort(self, postings: Iterable[Posting]) -> tuple[list[Posting], list[Posting]]:
        """Part what is news from what was said before, or can be said again without harm.

        News is that an alert fires which did not, and that one is over which did.
        """
        news: list[Posting] = []
        old: list[Posting] = []
        seen: dict[str, bool] = {}
        for posting in map(self._returned, postings):
            mine, fires = posting.alert.fingerprint, posting.alert.state is not AlertState.INACTIVE
            (news if seen.get(mine, mine in self._entries) is not fires else old).append(posting)
            seen[mine] = fires
        return news, old

    def keep(self, postings: Iterable[Posting], now: datetime, at: float) -> None:
        """Take down what was posted at *now*."""
        for posting in postings:
            mine = posting.alert.fingerprint
            if posting.alert.state is AlertState.INACTIVE:
                self._entries.pop(mine, None)
            else:
                self._entries[mine] = self._longer(mine, posting, at + (posting.ends_at - now).total_seconds())
            self._expired.pop(mine, None)

    def overdue(self, now: datetime, at: float) -> Iterator[tuple[str, Alert | None]]:
        """Yield each alert that ran out, as it is to be told: over; None where only its fingerprint is known."""
        for mine, entry in self._entries.items():
            if entry.until <= at:
                yield mine, None if entry.posting is None else _expire(entry.posting.alert, now)

    def strike(self, fingerprints: Iterable[str], now: datetime) -> None:
        """Forget alerts that ran out, now that it was told."""
        self._expired = {mine: when for mine, when in self._expired.items() if now - when < SPENT_KEPT}
        for mine in fingerprints:
            if self._entries.pop(mine, None) is not None:
                self._expired[mine] = now
        for mine in [*self._expired][:-_EXPIRED_KEPT]:
            del self._expired[mine]

    def postings(self) -> list[Posting]:
        """Return what fires, as it was posted last."""
        return [entry.posting for entry in self._entries.values() if entry.posting is not None]

    def _longer(self, mine: str, posting: Posting, until: float) -> Entry:
        """Believe the later of two ends, as Alertmanager does, unless the sender of the earlier post named none."""
        before = self._entries.get(mine)
        if before is None or before.posting is None or before.posting.open_ended or before.until <= until:
            return Entry(posting, until)
        return replace(before, posting=replace(posting, ends_at=before.posting.ends_at))

    def _returned(self, posting: Posting) -> Posting:
        """Have an alert that ran out and comes again begin anew: it is no late copy from before it was over."""
        expired = self._expired.get(posting.alert.fingerprint)
        if expired is None or posting.alert.state is AlertState.INACTIVE:
            return posting
        return replace(posting, alert=replace(posting.alert, active_at=max(posting.alert.active_at, expired)))


def _expire(alert: Alert, now: datetime) -> Alert:
    return replace(alert, state=AlertState.INACTIVE, resolved_at=now, why_resolved=EXPIRED)
