"""Remedies' matchers, with regular expressions as Alertmanager and Prometheus have them: those of RE2."""

import re

from healer.matchers import Matcher, parse_matcher


def read_matcher(text: str) -> Matcher:
    """Read one matcher; raises MedicError, also for a pattern on which an alert could make Python search for ever."""
    return parse_matcher(text, _translate)


def _translate(text: str) -> re.Pattern[str]:
    from rules.promql.regex import translate  # dear to import, and most matchers have no regular expression

    return translate(text)
