"""Remedies' matchers, with regular expressions as Alertmanager has them: those of RE2."""

from healer.matchers import Matcher, parse_matcher
from healer.ports import Pattern


def read_matcher(text: str) -> Matcher:
    """Read one matcher; raises MedicError. Whatever its pattern and an alert's labels, matching takes linear time."""
    return parse_matcher(text, _matching)


def _matching(text: str) -> Pattern:
    from rules.promql.regex import matching  # dear to import, and most matchers have no regular expression

    return matching(text, dot_all=False)
