"""Expected against got, and the difference as lines for people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import ndiff
from math import inf, nextafter

from medic.core.samples import Labels
from rules.labelsets import NAME
from rules.promql.literals import quote, show_number
from rules.testing.suite import ExpectedAlert, ExpectedSample


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that is not as a test expects it."""

    case: str
    """The name of the test, which may be empty."""
    line: int
    about: str
    """What was looked at, and when."""
    problem: str = ""
    """Why nothing could be compared; empty where *expected* and *got* differ."""
    expected: tuple[str, ...] = ()
    got: tuple[str, ...] = ()

    def diff(self) -> tuple[str, ...]:
        """Return lines that begin with ``- `` (expected, not got), ``+ `` (got, not expected) or two blanks."""
        return tuple(line for line in ndiff(self.expected, self.got) if not line.startswith("?"))


def same_alerts(expected: Iterable[ExpectedAlert], got: Iterable[ExpectedAlert]) -> bool:
    """Tell whether these are the same alerts, each as often, in whatever order."""
    return sorted(expected) == sorted(got)


def same_samples(expected: Sequence[ExpectedSample], got: Sequence[ExpectedSample], *, fuzzy: bool) -> bool:
    """Tell whether these are the same samples in whatever order; as in promtool, NaN is never as expected."""
    if len(expected) != len(got):
        return False
    pairs = zip(sorted(expected, key=_by_labels), sorted(got, key=_by_labels), strict=True)
    return all(left.labels == right.labels and _same(left.value, right.value, fuzzy=fuzzy) for left, right in pairs)


def _by_labels(sample: ExpectedSample) -> Labels:
    return sample.labels


def _same(left: float, right: float, *, fuzzy: bool) -> bool:
    return left == right or (fuzzy and right in {nextafter(left, inf), nextafter(left, -inf)})


def write_alerts(alerts: Iterable[ExpectedAlert]) -> tuple[str, ...]:
    """Write alerts, sorted, with a line for each annotation below them."""
    lines: list[str] = []
    for alert in sorted(alerts):
        lines.append(write_labels(alert.labels))
        lines.extend(f"    {name}: {quote(value)}" for name, value in alert.annotations)
    return tuple(lines)


def write_samples(samples: Iterable[ExpectedSample]) -> tuple[str, ...]:
    """Write samples, sorted, a line for each."""
    return tuple(
        f"{write_labels(sample.labels)} {show_number(sample.value)}" for sample in sorted(samples, key=_by_labels)
    )


def write_labels(labels: Labels) -> str:
    """Write labels as a series is written, the name in front."""
    name = next((value for key, value in labels if key == NAME), "")
    inner = ", ".join(f"{key}={quote(value)}" for key, value in labels if key != NAME)
    return f"{name}{{{inner}}}" if inner or not name else name
