"""Reading the configuration again: all of it is checked before any of it counts."""

import logging
from contextlib import suppress
from pathlib import Path

from healer.registry import actions, checked
from medic.app import translate
from medic.app.house import House
from medic.app.rulebook import load_groups
from medic.app.settings.loader import load
from medic.core.errors import MedicError
from workers.spec import by_name

log = logging.getLogger(__name__)

RESTART = ("listen", "state", "interval", "collectors", "queues", "notify")
"""Sections that only a restart changes; until then what was there at the start stays in force."""


async def apply(house: House) -> list[str]:
    """Read the file anew, take it over, and say which changed sections need a restart; one reload at a time.

    Raises ConfigError or MedicError and leaves everything as it was when anything in it is wrong.
    """
    async with house.reloading:
        house.reloaded = False
        try:
            later = await _take_over(house)
        except MedicError as error:
            log.error("configuration refused, the old one stays in force", extra={"why": str(error)})  # noqa: TRY400 - expected
            raise
        house.reloaded = True
        log.info("configuration reloaded", extra={"needs_restart": later})
        return later


async def on_signal(house: House) -> None:
    """Reload as a signal asks for it: what is wrong with the file is in the log."""
    with suppress(MedicError):
        await apply(house)


async def _take_over(house: House) -> list[str]:
    before = _written(house.settings.file)
    settings = load(house.settings.file, state=house.settings.state)
    _check_whole(house.settings.file, before)
    groups = load_groups(settings)
    later = [name for name in RESTART if getattr(settings, name) != getattr(house.settings, name)]
    settings = settings.model_copy(update={name: getattr(house.settings, name) for name in later})
    specs, policy, jobs = translate.pools(settings), translate.policy(settings), translate.jobs(settings)
    by_name(specs)
    checked(policy, actions())
    await house.scheduler.replace(jobs)  # the last that may refuse, and changes nothing when it does
    house.healer.replace(policy)
    house.engine.replace(groups)
    await house.supervisor.replace(specs)
    house.settings = settings
    return later


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
