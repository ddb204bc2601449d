"""Reading the configuration again: all of it is checked before any of it counts."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from healer.registry import actions, checked
from medic.app import translate
from medic.app.house import House
from medic.app.rulebook import living, load_groups
from medic.app.settings.loader import load
from medic.app.settings.model import Settings
from medic.core.errors import MedicError
from medic.core.tasks import in_thread
from workers.spec import PoolSpec, by_name

log = logging.getLogger(__name__)

T = TypeVar("T")

RESTART = ("listen", "web", "state", "interval", "collectors", "probes", "queues", "notify")
"""Sections that only a restart changes; until then what was there at the start stays in force."""
RESTART_OF_RULES = ("history", "compat", "memory", "max_samples", "timeout", "external_labels", "external_url")
"""The same of ``rules``: the series and their engine are made for them."""


READING = 60.0
"""Seconds that reading the file and asking about its URLs may take, and those that reading the rules may."""


class Reloaded(NamedTuple):
    """What is not as the file says although it was taken over."""

    needs_restart: list[str]
    """What has changed and counts only after a restart."""
    failed: list[str]
    """Workers that could not be started or stopped, each with the reason."""


async def apply(house: House) -> Reloaded:
    """Read the file anew, take it over, and say what of it is not in force yet; one reload at a time.

    Raises ConfigError or MedicError and leaves everything as it was when anything in it is wrong.
    """
    async with house.reloading:
        house.reloaded = False
        try:
            done = await _take_over(house)
        except MedicError as error:
            log.error("configuration refused, the old one stays in force", extra={"why": str(error)})  # noqa: TRY400 - expected
            raise
        house.reloaded = True
        log.info("configuration reloaded", extra=done._asdict())
        return done


async def on_signal(house: House) -> None:
    """Reload as a signal asks for it: what is wrong with the file is in the log."""
    with suppress(MedicError):
        await apply(house)


async def _take_over(house: House) -> Reloaded:
    """Check all of it, then let each room take over its part; nobody refuses once the first of them has."""
    before = _written(house.settings.file)
    old = house.settings
    read = await _aside(lambda: load(old.file, state=old.state, people=True, orders=old.orders))
    settings, later = _postpone(read, house.settings)
    _check_whole(house.settings.file, before)
    await house.front.look()
    if house.front.failure:
        raise MedicError(house.front.failure)
    series = living(house.series, house.clock.now())
    groups = await _aside(lambda: load_groups(settings, series))  # thousands of rules take longer than a tick may wait
    specs, policy, jobs = translate.pools(settings), translate.policy(settings), translate.jobs(settings)
    by_name(specs)
    checked(policy, actions())
    async with house.ticker.judging:  # rules that are being evaluated are not changed under the evaluation
        await house.scheduler.replace(jobs)  # the last that may refuse, and changes nothing when it does
        house.healer.replace(policy)
        house.engine.replace(groups)
        house.alertmanagers.replace(settings.alertmanagers, settings.rules)
        house.settings = settings
    return Reloaded(later, await _staff(house, specs))


async def _aside(reading: Callable[[], T]) -> T:
    """Read in a thread, beside the ticks; raises MedicError when a disk does not answer."""
    try:
        return await in_thread(reading, timeout=READING, name="reload")
    except TimeoutError:
        raise MedicError(f"reading took longer than {READING:g} s; look at the disk that holds the files") from None


def _postpone(new: Settings, old: Settings) -> tuple[Settings, list[str]]:
    """Keep of *old* what only a restart changes, and name what of it is new."""
    later = [name for name in RESTART if getattr(new, name) != getattr(old, name)]
    of_rules = [name for name in RESTART_OF_RULES if getattr(new.rules, name) != getattr(old.rules, name)]
    rules = replace(new.rules, **{name: getattr(old.rules, name) for name in of_rules})
    kept = {name: getattr(old, name) for name in later}
    return replace(new, **kept, rules=rules), [*later, *(f"rules.{name}" for name in of_rules)]


async def _staff(house: House, specs: list[PoolSpec]) -> list[str]:
    """Start and stop workers as configured now, and say what did not come about; it undoes nothing."""
    try:
        failed = [change.words for change in (await house.supervisor.replace(specs)).failed]
    except MedicError as error:
        failed = [str(error)]
    if failed:
        log.error("configuration taken over, workers not all", extra={"why": "; ".join(failed)})
    return failed


def _check_whole(file: Path | None, before: tuple[int, int]) -> None:
    """Refuse a file that is being written: half of one may be valid, and would stop the pools of the other half."""
    if file is not None and _written(file) != before:
        raise MedicError(f"{file} was written while it was read; reload again once it is whole")
    if file is not None and not before[0]:
        raise MedicError(f"{file} is empty, as if it were just being written; write {{}} for the defaults")


def _written(file: Path | None) -> tuple[int, int]:
    try:
        found = file.stat() if file is not None else None
    except OSError:  # reading it says what is wrong
        found = None
    return (found.st_size, found.st_mtime_ns) if found is not None else (0, 0)
