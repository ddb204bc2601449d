"""Keeping one bad thing from stopping the rest: what raises is found, so that it can be set aside."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from healer.deliberate import Arrivals, deliberate
from healer.matchers import matches
from healer.settings import WORKER_EXIT
from healer.world import Scene, World
from medic.core.alerts import Alert
from medic.core.changes import History
from medic.core.errors import StoreError
from medic.core.healing import Episode
from medic.core.tasks import spared

WORDLESS: Final = "its words could not be taken in; the log says how"


async def sift(
    arrivals: Arrivals,
    take: Callable[[Arrivals], Awaitable[None]],
    set_aside: Callable[[Arrivals, Exception], Awaitable[None]],
) -> None:
    """Have *arrivals* taken in their order; where that raises, halve them until what raises stands alone.

    A StoreError is nobody's fault: it is raised, and what was not taken by then is still to be taken.
    """
    with spared(but=StoreError) as raised:
        await take(arrivals)
    if not raised:
        return
    single = split(arrivals)
    if len(single) < 2:  # noqa: PLR2004 - one, or none, cannot be halved
        await set_aside(arrivals, raised[0])
        return
    for half in (single[: len(single) // 2], single[len(single) // 2 :]):
        await sift(joined(half), take, set_aside)


def split(arrivals: Arrivals) -> list[Arrivals]:
    """Take arrivals apart, in the order in which a deliberation takes them in."""
    return [
        *(Arrivals(acted=(each,)) for each in arrivals.acted),
        *(Arrivals(exits=(each,)) for each in arrivals.exits),
        *(Arrivals(missing=frozenset({each})) for each in sorted(arrivals.missing)),
        *(Arrivals(alerts=(each,)) for each in arrivals.alerts),
        *(Arrivals(waiting=(each,)) for each in arrivals.waiting),
    ]


def joined(parts: list[Arrivals]) -> Arrivals:
    """Put arrivals together again."""
    return Arrivals(
        acted=tuple(each for part in parts for each in part.acted),
        exits=tuple(each for part in parts for each in part.exits),
        alerts=tuple(each for part in parts for each in part.alerts),
        missing=frozenset(each for part in parts for each in part.missing),
        waiting=tuple(each for part in parts for each in part.waiting),
    )


def broken(world: World, now: datetime) -> dict[int, Exception]:
    """Return the open episodes whose gates, verification or notices raise, each looked at alone."""
    found: dict[int, Exception] = {}
    for episode in world.history.episodes.values():
        with spared() as raised:
            deliberate(_alone(world, episode), Arrivals(), now)
        if raised:
            found[episode.id] = raised[0]
    return found


def left_alone(scene: Scene, history: History, episodes: frozenset[int]) -> Scene:
    """Mark *episodes* as broken: nothing is decided on them, and their attempts are not verified."""
    theirs = {attempt.id for attempt in history.attempts.values() if attempt.episode in episodes}
    evidence = {number: each for number, each in scene.evidence.items() if number not in theirs}
    return replace(scene, broken=episodes, evidence=evidence)


def name(one: Arrivals) -> str:
    """Name a single arrival, so that it is known when it comes again."""
    for acted in one.acted:
        return f"the end of attempt {acted.attempt}"
    for exit_ in one.exits:
        return f"an exit of worker:{exit_.pool}/{exit_.slot}"
    for alert in _alerts(one):
        return f"alert {alert.name} {alert.fingerprint}"
    return "the end of an alert"


def remedy_of(one: Arrivals, world: World) -> str | None:
    """Say which remedy a single arrival was meant for; None when none was, or when nobody can tell."""
    if one.exits:
        return WORKER_EXIT
    found = [
        world.history.attempts[each.attempt].remedy for each in one.acted if each.attempt in world.history.attempts
    ]
    with spared():
        remedies = [(each, alert) for alert in _alerts(one) for each in world.policy.remedies]
        found += [remedy.name for remedy, alert in remedies if matches(remedy.matchers, alert.labels)]
    return next(iter(found), None)


def plain(one: Arrivals) -> Arrivals:
    """Return what an attempt or a worker ended with in words that break nothing: that it ended must be known."""
    acted = tuple(replace(each, detail=WORDLESS) for each in one.acted)
    return Arrivals(acted=acted, exits=tuple(replace(each, status=WORDLESS) for each in one.exits))


def _alone(world: World, episode: Episode) -> World:
    history, scene = world.history, world.scene
    own = {number: each for number, each in scene.evidence.items() if history.attempts[number].episode == episode.id}
    return World(world.policy, replace(history, episodes={episode.id: episode}), replace(scene, evidence=own))


def _alerts(one: Arrivals) -> tuple[Alert, ...]:
    return (*one.alerts, *(each.alert for each in one.waiting))
