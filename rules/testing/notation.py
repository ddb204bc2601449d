"""The notation of test series: ``name{label="value"}`` and values such as ``1+2x3 _ stale``."""

import re
from enum import StrEnum
from itertools import accumulate, repeat
from math import isinf

from medic.core.errors import MedicError
from medic.core.samples import Labels
from rules.labelsets import NAME
from rules.promql.literals import unquote

LONGEST = 10_000_000
"""Values that one word may stand for; more could only be a mistake, and would fill the memory."""

_STRING = r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`]*`"
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_PAIR = re.compile(
    rf"\s*(?:(?P<plain>[a-zA-Z_]\w*)|(?P<quoted>{_STRING}))\s*(?:=\s*(?P<value>{_STRING})\s*)?", re.ASCII
)
_RESERVED = frozenset({"on", "ignoring", "group_left", "group_right", "atan2", "bool", "inf", "nan"})
_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_FINITE = re.compile(rf"(?P<first>[-+]?{_NUMBER})(?:(?P<step>[-+]{_NUMBER})?x(?P<count>\d+))?", re.ASCII)
_BOUNDLESS = re.compile(
    rf"(?P<first>[-+]?(?:inf|nan))(?:(?P<step>[-+]{_NUMBER})x(?P<count>\d+))?", re.ASCII | re.IGNORECASE
)
_GAP = re.compile(r"_(?:x(?P<count>\d+))?", re.ASCII)


class NotationError(MedicError):
    """A test series is not written as promtool's unit tests write them."""


class Mark(StrEnum):
    """What stands in the place of a number."""

    NOTHING = "_"
    STALE = "stale"


Point = float | Mark


def read_series(line: str, *, classic: bool = False) -> tuple[Labels, tuple[Point, ...]]:
    """Read a series with its values; of the labels ``__name__`` is one. Raises NotationError.

    A label with an empty value is no label. Names in quotes (``{"my.name", "my.label"="x"}``) are not *classic*.
    """
    pairs, rest = _read_metric(line, classic=classic)
    if rest and not rest[0].isspace():
        raise NotationError(f"{rest!r} cannot follow a series: write a blank, then its values")
    kept = tuple(sorted((name, value) for name, value in pairs.items() if value))
    if not kept:
        raise NotationError('a series needs a name or a label: write name{label="value"}')
    return kept, tuple(point for word in _words(rest) for point in _points(word))


def read_labels(text: str, *, classic: bool = False) -> Labels:
    """Read the labels of an expected sample; nothing at all, as ``{}``, is a sample without any. Raises NotationError.

    As in promtool, an empty value is kept where no name stands before the braces, and such a sample never comes.
    """
    pairs, rest = _read_metric(text, classic=classic) if text.strip() else ({}, "")
    if rest.strip():
        raise NotationError(f'{rest.strip()!r} cannot follow the labels: write name{{label="value"}}')
    named = not text.lstrip().startswith("{")
    return tuple(sorted((name, value) for name, value in pairs.items() if value or not named))


def read_number(text: str) -> float | None:
    """Read a number as Go reads literals: ``0x10``, ``0b10``, ``0o10`` and ``010`` are whole; None when it is none."""
    body = text.lstrip("+-").lower()
    sign = -1.0 if text.startswith("-") else 1.0
    if not body[:1].isalnum() and not body.startswith("."):
        return None
    try:
        if re.fullmatch(r"0[0-7]+", body):
            return sign * int(body, 8)
        number = float(int(body, 0)) if re.match(r"0[xob]", body) else float(body)
        return None if isinf(number) else sign * number  # 1e999 is no number
    except (ValueError, OverflowError):
        return None


def _read_metric(text: str, *, classic: bool) -> tuple[dict[str, str], str]:
    """Split off ``name{...}``; return its labels, empty values too, and what follows."""
    text = text.lstrip()
    name = _METRIC.match(text)
    word = name[0] if name else ""
    if word.lower() in _RESERVED or not (word or text.startswith("{")):
        raise NotationError(f'{text[:40]!r} does not begin with a metric name: write name{{label="value"}}')
    rest = text[len(word) :]
    pairs: dict[str, str] = {}
    if rest.startswith("{"):
        pairs, rest = _read_pairs(rest[1:], classic=classic)
    return ({**pairs, NAME: word} if word else pairs), rest


def _read_pairs(text: str, *, classic: bool) -> tuple[dict[str, str], str]:
    pairs: dict[str, str] = {}
    rest = text.lstrip()
    while not rest.startswith("}"):
        found = _PAIR.match(rest)
        if found is None or (classic and found["quoted"]) or not (found["value"] or found["quoted"]):
            raise NotationError(f'{rest[:40]!r} is no label: write {{label="value", other="value"}}')
        name, value = _pair(found)
        if name in pairs:
            raise NotationError(f"the label {name!r} is written twice: keep one of them")
        pairs[name] = value
        rest = rest[found.end() :]
        if rest.startswith(","):
            rest = rest[1:].lstrip()
        elif not rest.startswith("}"):
            raise NotationError(f"{rest[:40]!r} stands where a comma or a closing brace belongs")
    return pairs, rest[1:]


def _pair(found: re.Match[str]) -> tuple[str, str]:
    """Return a label; a quoted word alone is the name of the metric."""
    try:
        name = found["plain"] or unquote(found["quoted"])
        return (name, unquote(found["value"])) if found["value"] else (NAME, name)
    except ValueError as error:
        raise NotationError(f"{found[0].strip()}: {error}") from None


def _words(text: str) -> list[str]:
    if "{{" in text:
        raise NotationError("native histograms ({{...}}) are not supported: write classic _bucket series")
    return text.split()


def _points(word: str) -> list[Point]:
    if word == Mark.STALE:
        return [Mark.STALE]
    if gap := _GAP.fullmatch(word):
        return [Mark.NOTHING] * _count(gap["count"] or "1")
    found = _FINITE.fullmatch(word) or _BOUNDLESS.fullmatch(word)
    if found is None:
        raise NotationError(f"{word!r} is no value: write a number, 1x5, 1+2x5, 1-2x5, _, _x5 or stale")
    first, step = _value(found["first"]), _value(found["step"] or "0")
    if found["count"] is None:
        return [first]
    count = _count(found["count"])
    # added up step by step, as promtool does: 1+0.1x3 ends in 1.3000000000000003
    return list(accumulate(repeat(step, count), initial=first)) if found["step"] else [first] * (count + 1)


def _value(text: str) -> float:
    number = read_number(text) if text[-1].isdigit() or text[-1] == "." else float(text)
    if number is None:
        raise NotationError(f"{text!r} is no number")
    return number


def _count(text: str) -> int:
    count = int(text) if len(text) < len(str(LONGEST)) + 1 else LONGEST + 1
    if count > LONGEST:
        raise NotationError(f"x{text} stands for more than {LONGEST} values: write fewer")
    return count
