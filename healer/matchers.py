"""Alertmanager's matchers: ``name="value"``, ``!=``, ``=~``, ``!~``; a missing label is an empty one."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from healer.ports import Pattern
from medic.core.errors import MedicError
from medic.core.samples import Labels


class Operator(StrEnum):
    """How a matcher compares."""

    EQUAL = "="
    UNEQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label."""

    name: str
    operator: Operator
    value: str
    pattern: Pattern | None = field(default=None, compare=False)
    """What *value* means to the two regex operators; it must match the whole of a label's value."""

    def __str__(self) -> str:
        """Write it as people do."""
        return f'{self.name}{self.operator}"{self.value}"'

    def holds(self, value: str) -> bool:
        """Tell whether a label of this *value* (empty: missing) fulfils it."""
        negative = self.operator in {Operator.UNEQUAL, Operator.NOT_REGEX}
        same = value == self.value if self.pattern is None else self.pattern.fullmatch(value) is not None
        return same is not negative


_SHAPE = re.compile(
    r"""\s*(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?P<operator>=~|!~|!=|=)\s*
        (?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s"{},]*))\s*""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", '"': '"', "\\": "\\"}


def parse_matcher(text: str, read: Callable[[str], Pattern] = re.compile) -> Matcher:
    """Read one matcher, its regular expression by *read*; raises MedicError that shows how to write it."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise MedicError(f'{text!r} is not a matcher: write NAME="VALUE", or with != =~ !~ (alertname="QueueStalled")')
    operator = Operator(found["operator"])
    value = found["bare"] if found["quoted"] is None else _unescape(found["quoted"])
    pattern = _compile(text, value, read) if operator in {Operator.REGEX, Operator.NOT_REGEX} else None
    return Matcher(found["name"], operator, value, pattern)


def matches(matchers: Iterable[Matcher], labels: Labels) -> bool:
    """Tell whether *labels* fulfil all matchers; none at all match everything."""
    known = dict(labels)
    return all(matcher.holds(known.get(matcher.name, "")) for matcher in matchers)


def _unescape(text: str) -> str:
    # As Alertmanager: an unknown escape stays as it is, so that regexes need no double backslashes.
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[0]), text)


def _compile(text: str, value: str, read: Callable[[str], Pattern]) -> Pattern:
    try:
        return read(value)
    except (re.error, OverflowError, RecursionError, MedicError) as error:
        raise MedicError(
            f"{text!r}: {value!r} is not a regular expression ({error}); mend it, or write = for a literal"
        ) from error
