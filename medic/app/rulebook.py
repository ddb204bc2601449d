"""The rule files in force: the shipped ones and the owner's."""

from medic.app.settings import ConfigError, Mistake, Settings
from rules.defaults import defaults
from rules.document import RuleFileError
from rules.files import load
from rules.groups import Group
from rules.promql import Compat


def load_groups(settings: Settings) -> list[Group]:
    """Load every rule file; raises ConfigError that holds every mistake in them."""
    files = [*(defaults() if settings.rules.defaults else ()), *settings.rules.paths]
    try:
        return load(files, compat=Compat(settings.rules.compat))
    except RuleFileError as error:
        wrong = (Mistake(each.file, each.line, "", each.text, "") for each in error.mistakes)
        raise ConfigError(tuple(wrong)) from error
