"""What a person must hear, once each: a breaker that opened, an outcome nobody can tell, a wanted approval."""

from collections.abc import Iterable
from datetime import datetime

from healer.gates import first_closed, is_spent
from healer.world import Case, World
from medic.core.changes import Change, Closed, Told
from medic.core.healing import Attempt, Mode, Notice, Outcome


def due(before: World, after: World, changes: Iterable[Change], now: datetime) -> list[Change]:
    """Return the notices that *changes*, made to *before*, and the state of *after* ask for."""
    cases = after.cases()
    told = [
        *_unknown(before, after, changes, now),
        *(_breaker(case, now) for case in cases if is_spent(case, now)),
        *(_approval(case, now) for case in cases if _waits_for_approval(case, now)),
    ]
    fresh = [notice for notice in told if notice.key not in after.history.told]
    return [Told(_numbered(notice, after.history.next_notice + place)) for place, notice in enumerate(fresh)]


def write(title: str, body: str, key: str, at: datetime) -> Notice:
    """Compose a notice; its id is given when it is enqueued."""
    return Notice(0, at, title, body, key)


def _numbered(notice: Notice, number: int) -> Notice:
    return Notice(number, notice.at, notice.title, notice.body, notice.key)


def _breaker(case: Case, now: datetime) -> Notice:
    tried = f"{case.tally.failures} attempts in a row did not heal it"
    if case.exits:
        tried = f"It keeps ending, the last time with {case.exits[-1].status}"
    body = (
        f"{tried}. It is left alone but for a rare probe.\n"
        f"Why: {_alerts(case)}\nLook: medic explain {case.target}\nOnce mended: medic heal reset {case.target}"
    )
    return write(f"{case.target} could not be healed by {case.remedy.name}", body, f"breaker:{case.episode.id}", now)


def _approval(case: Case, now: datetime) -> Notice:
    action = case.remedy.rung(case.tally.failures).name
    body = f"Why: {_alerts(case)}\nAllow it: medic heal approve {case.episode.id}\nLook: medic explain {case.target}"
    return write(f"May Medic {action} {case.target}?", body, f"approve:{case.episode.id}", now)


def _unknown(before: World, after: World, changes: Iterable[Change], now: datetime) -> list[Notice]:
    unclear = {c.attempt: c for c in changes if isinstance(c, Closed) and c.outcome is Outcome.UNKNOWN}
    attempts = {**before.history.attempts, **after.history.attempts}
    return [_unclear(attempts[number], change, now) for number, change in unclear.items() if number in attempts]


def _unclear(attempt: Attempt, change: Closed, now: datetime) -> Notice:
    body = f"{change.detail}\nLook: medic explain {attempt.target}, medic heal history"
    title = f"Nobody can tell whether {attempt.action} healed {attempt.target}"
    return write(title, body, f"unknown:{attempt.episode}", now)


def _waits_for_approval(case: Case, now: datetime) -> bool:
    if case.episode.approved_by or case.world.policy.effective(case.remedy) is not Mode.APPROVE:
        return False
    return first_closed(case, now, exempt=frozenset({"mode"})) is None


def _alerts(case: Case) -> str:
    texts = [dict(alert.annotations).get("summary") or alert.name for alert in case.episode.alerts]
    return "; ".join(dict.fromkeys(texts))
