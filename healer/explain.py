"""Explaining every "no": all gates of what stands open, with values and seconds left."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from healer.decide import Act, DryRun, End, Held, Verdict, decide
from healer.gates import GateReport, report, written
from healer.intake import Unplaced
from healer.metrics import is_paused
from healer.world import World
from medic.core.alerts import Alert, AlertState
from medic.core.errors import MedicError
from medic.core.healing import Episode
from medic.core.targets import Target, parse_target


@dataclass(frozen=True, slots=True)
class EpisodeReport:
    """One open episode: what would be done, and the reading of each gate."""

    episode: Episode
    verdict: str
    gates: tuple[GateReport, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to ``medic explain``."""

    of: str
    episodes: tuple[EpisodeReport, ...]
    text: str
    """A summary in words, also where no episode is open."""


def explain(
    world: World, of: str, unplaced: Iterable[Unplaced], now: datetime, *, posted: Iterable[Alert] = ()
) -> Explanation:
    """Explain a target (and what it covers), or an alert by its name; *posted* are those of a Prometheus that fire."""
    target = _target(of)
    verdicts = {verdict.episode.id: verdict for verdict in decide(world, now)}
    reports = tuple(
        EpisodeReport(episode, words(verdicts[episode.id]), _gates(world, episode, now))
        for episode in world.history.episodes.values()
        if _concerns(episode, target, of)
    )
    lines = [line for each in reports for line in _lines(world, each)]
    lines += [f"{each.alert.name}: {each.reason}" for each in unplaced if target is None and each.alert.name == of]
    lines += _forbidden(world, target, now)
    return Explanation(of, reports, "\n".join(lines) or _nothing(world, of, target, posted))


def words(verdict: Verdict) -> str:
    """Say a verdict in one line."""
    match verdict:
        case Act():
            return f"acts now: {verdict.action.name} ({verdict.attempt.reason})"
        case DryRun():
            return f"would {verdict.action.name} now, but its mode is dry-run ({verdict.attempt.reason})"
        case Held():
            return f"held by {verdict.gate}: {verdict.value}{written(verdict.until)}"
        case End():
            return f"ends as {verdict.ending}: {verdict.why}"


def _target(of: str) -> Target | None:
    return parse_target(of) if ":" in of or of == "host" else None


def _lines(world: World, found: EpisodeReport) -> list[str]:
    case = world.case(found.episode)
    exits = case.exits if case is not None else ()
    ended = [f"{found.episode.target} ended, the last time with {exit_.status}" for exit_ in exits[-1:]]
    return [f"{found.episode.target} ({found.episode.remedy}): {found.verdict}", *ended]


def _gates(world: World, episode: Episode, now: datetime) -> tuple[GateReport, ...]:
    case = world.case(episode)
    return () if case is None or episode.id in world.scene.broken else report(case, now)


def _concerns(episode: Episode, target: Target | None, of: str) -> bool:
    if target is None:
        return any(alert.name == of for alert in episode.alerts)
    return target.covers(episode.target) or episode.target.covers(target)


def _forbidden(world: World, target: Target | None, now: datetime) -> list[str]:
    lines = ["all healing is paused"] if is_paused(world, now) else []
    if target is not None:
        pauses = [p for p in world.history.pauses if p.target and p.target.covers(target)]
        lines += [f"{pause.target} is paused by {pause.by}: {pause.why}" for pause in pauses]
        lines += [f"{stop} was stopped by a person" for stop in world.history.stopped if stop.covers(target)]
    return lines


def _unhealed(alert: Alert) -> str:
    """Say why no episode is open for an alert that is there."""
    about = ", ".join(f"{name}={value}" for name, value in alert.labels if name not in {"alertname", "severity"})
    named = f"{alert.name} on {about}" if about else alert.name
    if alert.state is AlertState.PENDING:
        return f"{named} is pending: its rule's time is not over, nothing is healed before"
    return f"{named} is {alert.state}; no remedy matches it, or its episode is over until it is seen resolved"


def _nothing(world: World, of: str, target: Target | None, posted: Iterable[Alert]) -> str:
    if target is not None and not world.policy.declares(target):
        raise MedicError(f"{of} is declared nowhere in the configuration; declare it, or look for a slip of the pen")
    live = [alert for alert in (*world.scene.alerts.values(), *posted) if alert.name == of]
    if live:
        return "\n".join(map(_unhealed, live))
    known = "" if target else "no alert of this name is active, "
    return f"{of}: {known}no episode is open, nothing is held back"
