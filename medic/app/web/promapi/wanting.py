"""Which rules are asked for."""

from dataclasses import dataclass
from enum import StrEnum

from medic.app.web.promapi.errors import refused
from medic.app.web.promapi.finding import Compile, Selections, read_selections
from medic.app.web.promapi.form import Form
from medic.app.web.promapi.turns import Term

TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
FALSE = frozenset({"", "0", "f", "F", "false", "FALSE", "False"})
MOST_DIGITS = 9


class RuleType(StrEnum):
    """Which rules are asked for."""

    ALERT = "alert"
    RECORD = "record"
    ALL = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which groups and rules are asked for; what is empty asks for all."""

    kind: RuleType = RuleType.ALL
    rules: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    selections: Selections = ()
    with_alerts: bool = True
    most: int | None = None
    """Groups on one page."""
    after: str = ""
    """The sign, from the page before, of the last group on it."""

    @property
    def is_filter(self) -> bool:
        """Tell whether single rules of a group can be left out."""
        return bool(self.kind or self.rules or self.selections)


def read_wanted(form: Form, compile_: Compile, term: Term) -> Wanted:
    """Read the parameters of ``rules``; raises ApiError for the first that is wrong."""
    return Wanted(
        _kind(form.first("type")),
        frozenset(form.every("rule_name[]")),
        frozenset(form.every("rule_group[]")),
        frozenset(form.every("file[]")),
        read_selections(form.every("match[]"), compile_, term),
        with_alerts=not _flag(form, "exclude_alerts"),
        most=_page(form.first("group_limit"), form.first("group_next_token")),
        after=form.first("group_next_token"),
    )


def _kind(text: str) -> RuleType:
    try:
        return RuleType(text.lower())
    except ValueError:
        raise refused("type", f'not supported value "{text[:100]}"') from None


def _flag(form: Form, name: str) -> bool:
    text = form.first(name)
    if text not in TRUE | FALSE:
        raise refused(name, f'"{text[:100]}" is neither true nor false')
    return text in TRUE


def _page(text: str, after: str) -> int | None:
    if not text:
        if after:
            raise refused("group_limit", "group_limit needs to be present in order to paginate over the groups")
        return None
    if not (text.isascii() and text.isdigit() and int(text[:MOST_DIGITS])):
        raise refused("group_limit", f'group_limit needs to be a positive number, not "{text[:100]}"')
    return int(text[:MOST_DIGITS])
