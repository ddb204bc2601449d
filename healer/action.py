"""The one shape of actions: an order in, what was done out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from healer.ports import Pools
from healer.settings import Options
from medic.core.healing import Attempt
from medic.core.samples import Labels
from medic.core.targets import Target, TargetKind

Tell = Callable[[str, str], Awaitable[None]]
"""Enqueue a notice of a title and a body; it is durable when this returns."""


@dataclass(frozen=True, slots=True)
class Order:
    """What an action is told; it is reserved in the journal already."""

    attempt: Attempt
    labels: Labels
    """Of the first alert that is active."""
    options: Options
    pools: Pools
    tell: Tell
    output: Path
    """A file for the output of what it runs; its folder may not exist yet."""

    @property
    def target(self) -> Target:
        """What it may touch, and nothing else."""
        return self.attempt.target


class Done(NamedTuple):
    """What an action says of itself; whether it helped is found out by verification."""

    succeeded: bool
    detail: str


def _accept(_options: Options) -> None:
    """Accept any options."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action as its module offers it, under the name in the registry."""

    act: Callable[[Order], Awaitable[Done]]
    """Raises MedicError when it could not; it may be cancelled at any await."""
    check: Callable[[Options], None] = _accept
    """Raises MedicError that says what to write, for options it does not understand; called before healing begins."""
    kinds: frozenset[TargetKind] = field(default_factory=lambda: frozenset(TargetKind))
    """The kinds of targets that it can act on."""
