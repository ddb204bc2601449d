"""What an order did, or would do, to each worker: the answer to whoever gave it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workers.plan import Do, Step


@dataclass(frozen=True, slots=True)
class Change:
    """What was done with one worker, and why."""

    worker: str
    """``pool/slot``."""
    do: Do
    why: str
    error: str = ""
    """Why it did not come about; empty when it did."""

    @property
    def words(self) -> str:
        """Say it in a line."""
        return f"{self.do} {self.worker}: {self.why}" + (f" - failed: {self.error}" if self.error else "")


@dataclass(frozen=True, slots=True)
class Ensured:
    """Every worker that an order concerned, in the order of pools and slots; of a dry run, what would happen."""

    changes: tuple[Change, ...] = ()

    @property
    def started(self) -> tuple[Change, ...]:
        """Those that were missing and now run."""
        return self._done(Do.START)

    @property
    def stopped(self) -> tuple[Change, ...]:
        """Those that were too many, or not wanted."""
        return self._done(Do.STOP)

    @property
    def restarted(self) -> tuple[Change, ...]:
        """Those that were stopped and started again."""
        return self._done(Do.RESTART)

    @property
    def kept(self) -> tuple[Change, ...]:
        """Those that were as they should be."""
        return self._done(Do.KEEP)

    @property
    def held(self) -> tuple[Change, ...]:
        """Those that were left alone because an operator or the healer has them."""
        return self._done(Do.HOLD)

    @property
    def failed(self) -> tuple[Change, ...]:
        """Those that could not be started or stopped."""
        return tuple(change for change in self.changes if change.error)

    @property
    def words(self) -> str:
        """Say what happened in a line: ``restart rpa/1, rpa/2; keep rpa/3``."""
        groups: dict[Do, list[str]] = {}
        for change in self.changes:
            groups.setdefault(change.do, []).append(change.worker)
        return "; ".join(f"{do} {', '.join(names)}" for do, names in groups.items()) or "nothing to do"

    def _done(self, do: Do) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.do is do and not change.error)


def changes(pool: str, steps: Sequence[Step], errors: Mapping[int, str]) -> tuple[Change, ...]:
    """Name the workers of *steps*, with the *errors* by slot."""
    return tuple(Change(f"{pool}/{step.slot}", step.do, step.why, errors.get(step.slot, "")) for step in steps)
