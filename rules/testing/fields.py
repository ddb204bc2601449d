"""Typed values of a unit-test file, read as strictly as promtool's YAML reader does."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from yaml.nodes import Node, SequenceNode

from medic.core.clock import to_ms
from medic.core.errors import MedicError
from medic.core.samples import Labels
from rules.document import Notes, entries, is_null, is_quoted, items, known_entries, line_of, scalar
from rules.durations import parse_duration
from rules.testing.notation import read_number

_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?0[xXoObB][0-9a-fA-F]+")
_BOUNDLESS = {f"{sign}.{word}": f"{sign}{word}" for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")}
_NANS = {".nan", ".NaN", ".NAN"}
_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fields:
    """The keys of one mapping; what is wrong in a value is noted, and the value is as if it were missing."""

    nodes: Mapping[str, Node]
    line: int
    notes: Notes

    def text(self, key: str) -> str:
        """Read a text, empty where it is missing."""
        return scalar(self.nodes[key], self.notes, what=key) if key in self.nodes else ""

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts."""
        return tuple(scalar(node, self.notes, what=f"each of {key}") for node in self.items(key))

    def items(self, key: str) -> Iterator[Node]:
        """Go through a list, empty where it is missing; as in promtool, null is one of it, with nothing said."""
        node = self.nodes.get(key)
        if isinstance(node, SequenceNode):
            return iter(node.value)
        return iter(()) if node is None else items(node, self.notes, what=key)

    def labels(self, key: str) -> Labels:
        """Read a mapping of texts; empty values stay."""
        if key not in self.nodes:
            return ()
        found = entries(self.nodes[key], self.notes, what=key)
        return tuple(sorted((each.key, scalar(each.value, self.notes, what=f"{key}: {each.key}")) for each in found))

    def duration(self, key: str) -> int | None:
        """Read a duration as milliseconds; None where it is missing."""
        if key not in self.nodes or is_null(self.nodes[key]):
            return None
        return self.noted(key, lambda: parse_duration(self.text(key)))

    def number(self, key: str) -> float:
        """Read a number as YAML writes them (``.inf``, not ``Inf``), 0 where it is missing."""
        text = self.text(key)
        if key not in self.nodes or is_null(self.nodes[key]):
            return 0.0
        number = None if is_quoted(self.nodes[key]) else _number(text)
        if number is None:
            self.notes.add(
                self.nodes[key], f"{key} must be a number without quotes (1.5, 1e3, .inf, .nan), not {text!r}"
            )
        return number or 0.0

    def truth(self, key: str) -> bool:
        """Read true or false, false where it is missing."""
        text = self.text(key)
        if key in self.nodes and not is_null(self.nodes[key]) and (is_quoted(self.nodes[key]) or text not in _TRUTHS):
            self.notes.add(self.nodes[key], f"{key} must be true or false, not {text!r}")
        return _TRUTHS.get(text, False)

    def moment(self, key: str) -> int:
        """Read a point in time, in seconds since the epoch or as RFC 3339, as milliseconds; 0 where it is missing."""
        text = self.text(key)
        if not text:
            return 0
        try:
            seconds = _number(text)
            moment = None if seconds is not None else datetime.fromisoformat(text)
            return round((seconds or 0) * 1000) if moment is None else to_ms(moment.astimezone(moment.tzinfo or UTC))
        except (ValueError, OverflowError):
            self.notes.add(self.nodes[key], f"{key} must be like 1609459200 or 2021-01-01T00:00:00Z, not {text!r}")
            return 0

    def noted(self, key: str, read: Callable[[], T]) -> T | None:
        """Read something of *key*; what it raises becomes a mistake there."""
        try:
            return read()
        except MedicError as error:
            self.notes.add(self.nodes.get(key, self.line), f"{key}: {error}")
            return None


def read_fields(node: Node, notes: Notes, known: tuple[str, ...], what: str) -> Fields:
    """Read the keys of a mapping; one that *known* lacks is a mistake."""
    return Fields(known_entries(node, notes, known, what=what), line_of(node), notes)


def _number(text: str) -> float | None:
    if text in _NANS or text in _BOUNDLESS:
        return float(_BOUNDLESS.get(text, "nan"))
    plain = text.replace("_", "")
    return read_number(plain) if _FLOAT.fullmatch(plain) else None
