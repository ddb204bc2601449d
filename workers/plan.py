"""Decides which slots of a pool to start, stop, restart or leave, and why; the decision is also the dry run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from medic.core.workers import ExitReason, SlotState


class Verb(StrEnum):
    """What a pool can be asked for."""

    ENSURE = "ensure"
    START = "start"
    STOP = "stop"
    RESTART = "restart"


class Do(StrEnum):
    """What is done with one slot."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    KEEP = "keep"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Order:
    """One request to one pool."""

    verb: Verb
    slot: int | None = None
    """None means all slots of the pool."""
    reason: ExitReason = ExitReason.OPERATOR
    """Who asks; it is also why a worker that is stopped for it ended."""
    count: int | None = None
    """As if the pool had this many workers; None means as many as it has."""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """What the decision needs to know of a slot."""

    state: SlotState
    again: bool = False
    """It is stopping, and will be started again when it has ended."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A pool at one instant."""

    count: int
    seats: Mapping[int, Seat]
    """By slot number; a slot that is missing here is empty."""
    stopped: frozenset[int] = frozenset()
    """Slots that an operator stopped."""
    held: frozenset[int] = frozenset()
    """Slots that the healer owns."""

    def seat(self, slot: int) -> Seat:
        """Return what is known of *slot*."""
        return self.seats.get(slot, EMPTY)


@dataclass(frozen=True, slots=True)
class Step:
    """What to do with one slot, and why."""

    slot: int
    do: Do
    why: str


EMPTY = Seat(SlotState.EMPTY)


def plan(order: Order, scene: Scene) -> tuple[Step, ...]:
    """Say for each slot that *order* concerns what to do, in the order of their numbers.

    Slots beyond the count appear only while something lives in them, and the one thing ever done with those is to stop
    them. Obeying a plan twice is the same as obeying it once.
    """
    if order.count is not None:
        scene = replace(scene, count=order.count)
    slots = {*range(1, scene.count + 1), *scene.seats} if order.slot is None else {order.slot}
    alive = (slot for slot in sorted(slots) if slot <= scene.count or scene.seat(slot).state is not SlotState.EMPTY)
    return tuple(_step(order, scene, slot) for slot in alive)


def _step(order: Order, scene: Scene, slot: int) -> Step:
    if slot > scene.count:
        return Step(slot, Do.STOP, f"only {scene.count} expected")
    return _DECISIONS[order.verb](order, scene, slot)


def _ensure(_order: Order, scene: Scene, slot: int) -> Step:
    seat = scene.seat(slot)
    if slot in scene.stopped:
        do = Do.HOLD if seat.state is SlotState.EMPTY else Do.STOP
        return Step(slot, do, "stopped by an operator")
    if seat.state is SlotState.EMPTY and slot in scene.held:
        return Step(slot, Do.HOLD, "the healer is replacing it")
    return _fill(seat, slot)


def _start(order: Order, scene: Scene, slot: int) -> Step:
    return _refusal(order, scene, slot) or _fill(scene.seat(slot), slot)


def _restart(order: Order, scene: Scene, slot: int) -> Step:
    seat = scene.seat(slot)
    if (refusal := _refusal(order, scene, slot)) is not None:
        return refusal
    if seat.state is SlotState.RUNNING:
        return Step(slot, Do.RESTART, _asked_by(order))
    return _fill(seat, slot)


def _stop(order: Order, scene: Scene, slot: int) -> Step:
    if scene.seat(slot).state is SlotState.EMPTY:
        return Step(slot, Do.KEEP, "not running")
    return Step(slot, Do.STOP, _asked_by(order))


def _asked_by(order: Order) -> str:
    if order.reason is ExitReason.DEPLOY:
        return "Medic ends" if order.verb is Verb.STOP else "its command has changed"
    return f"asked for by {'the healer' if order.reason is ExitReason.HEALER else 'an operator'}"


def _refusal(order: Order, scene: Scene, slot: int) -> Step | None:
    """Only an operator undoes what an operator stopped."""
    if slot in scene.stopped and order.reason is not ExitReason.OPERATOR:
        return Step(slot, Do.HOLD, "stopped by an operator")
    return None


def _fill(seat: Seat, slot: int) -> Step:
    if seat.state is SlotState.RUNNING:
        return Step(slot, Do.KEEP, "running")
    if seat.state is SlotState.EMPTY:
        return Step(slot, Do.START, "missing")
    return Step(slot, Do.KEEP, "being restarted") if seat.again else Step(slot, Do.START, "once the old one has ended")


_DECISIONS: Mapping[Verb, Callable[[Order, Scene, int], Step]] = {
    Verb.ENSURE: _ensure,
    Verb.START: _start,
    Verb.STOP: _stop,
    Verb.RESTART: _restart,
}
