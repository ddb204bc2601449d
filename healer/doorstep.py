"""Where things wait until the next deliberation: nothing is let go before what follows from it is written."""

from datetime import datetime

from healer.deliberate import Arrivals
from healer.settings import Policy
from healer.watch import Watch
from medic.core.alerts import Alert
from medic.core.changes import Acted, History, Waiting
from medic.core.workers import Exit


class Doorstep:
    """Collects arrivals; a deliberation looks at them, and drops those that it has dealt with."""

    def __init__(self) -> None:
        """Begin empty."""
        self.acted: list[Acted] = []
        self.exits: list[Exit] = []
        self.waiting: list[Waiting] = []
        self.again: dict[str, Alert] = {}
        """What senders said once more, by fingerprint: it is looked at with the rest, and lost without harm."""
        self.lost: set[str] = set()
        """Fingerprints of posted alerts that are over, of which nothing else is known any more."""
        self.ticked = False
        """The rules were evaluated since the last deliberation."""
        self.learned = False
        """The last deliberation learned something that is to be weighed in another."""

    def look(self, watch: Watch, policy: Policy, history: History, now: datetime) -> Arrivals:
        """Return what waits, with the alerts of the last tick where there was one."""
        ticked, self.ticked, self.learned = self.ticked, False, False
        again, self.again = self.again, {}
        missing = watch.missing(policy, history, now) if ticked else frozenset[str]()
        return Arrivals(
            acted=tuple(self.acted),
            exits=tuple(self.exits),
            alerts=(*(watch.alerts if ticked else ()), *again.values()),
            missing=missing | self.lost,
            waiting=tuple(self.waiting),
        )

    def drop(self, arrivals: Arrivals) -> None:
        """Let go of what was dealt with; what came meanwhile stays."""
        self.learned = self.learned or bool(arrivals.acted or arrivals.waiting)
        self.lost -= arrivals.missing
        del self.acted[: len(arrivals.acted)]
        del self.exits[: len(arrivals.exits)]
        del self.waiting[: len(arrivals.waiting)]

    def __bool__(self) -> bool:
        """Tell whether anything waits."""
        return bool(self.ticked or self.learned or self.acted or self.exits or self.waiting or self.lost)
