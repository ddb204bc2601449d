"""The rule files in force: the shipped ones and the owner's."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from medic.app.settings import ConfigError, Mistake, Settings
from medic.core.clock import MILLISECOND, to_ms
from rules.defaults import defaults
from rules.document import RuleFileError
from rules.files import load
from rules.groups import Group
from rules.labelsets import NAME
from rules.memory import culprits, excess
from rules.promql import Compat, Vector, compile_query
from rules.series import Series

COUNTED = 'count by (__name__) ({__name__!=""})'
"""How many series each metric has."""


def files_of(settings: Settings) -> list[Path]:
    """Return the rule files that the configuration names, the shipped ones first."""
    return [*(defaults() if settings.rules.defaults else ()), *settings.rules.paths]


def load_groups(settings: Settings, series: Mapping[str, int] | None = None) -> list[Group]:
    """Load every rule file; raises ConfigError that holds every mistake in them.

    Rules that look back further than ``rules.memory`` has room for are such a mistake, too; *series* are the series
    that each metric has now, of which one that has none counts as one.
    """
    try:
        groups = load(files_of(settings), compat=Compat(settings.rules.compat))
    except RuleFileError as error:
        wrong = (Mistake(each.file, each.line, "", each.text, "") for each in error.mistakes)
        raise ConfigError(tuple(wrong)) from error
    _check_memory(groups, settings, series or {})
    return groups


def living(series: Series, now: datetime) -> dict[str, int]:
    """Count the series that each metric has now."""
    found = compile_query(COUNTED).at(series.view(), to_ms(now))
    samples = found.samples if isinstance(found, Vector) else ()
    return {dict(labels)[NAME]: int(value) for labels, value in samples}


def _check_memory(groups: Sequence[Group], settings: Settings, series: Mapping[str, int]) -> None:
    rules = settings.rules
    tick = settings.interval // MILLISECOND
    over = excess(groups, series, tick_ms=tick, history=rules.history, budget=rules.memory)
    if over is not None:
        raise ConfigError(
            tuple(Mistake(group.file, rule.line, rule.name, words, "") for group, rule, words in culprits(groups, over))
        )
