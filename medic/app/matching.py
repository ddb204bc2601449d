"""Remedies' matchers and probes' patterns, with regular expressions as Alertmanager has them: those of RE2."""

from collections.abc import Callable

from healer.matchers import Matcher, parse_matcher
from healer.ports import Pattern


def read_matcher(text: str) -> Matcher:
    """Read one matcher; raises MedicError. Whatever its pattern and an alert's labels, matching takes linear time."""
    return parse_matcher(text, _matching)


def _matching(text: str) -> Pattern:
    from rules.promql.regex import matching  # dear to import, and most matchers have no regular expression

    return matching(text, dot_all=False)


def read_search(text: str) -> Callable[[str], bool]:
    """Read a pattern that may match anywhere in a text; raises MedicError. It takes linear time, whatever the text."""
    from rules.promql.regex import matching

    matching(text, dot_all=False)  # what is wrong with it is told of the pattern itself
    pattern = matching(f"(?s:.*)(?:{text})(?s:.*)", dot_all=False)
    return lambda searched: pattern.fullmatch(searched) is not None
