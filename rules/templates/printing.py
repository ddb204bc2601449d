"""How Go prints: what ``{{ }}`` shows, print and println, and the layouts of printf."""

import re
from collections.abc import Sequence

from rules.templates.scalars import Form, shortest
from rules.templates.values import Kind, Row, TemplateError, Value, kind_of, type_name, whole
from rules.templates.verbs import struct, written

LONGEST = 1 << 20
"""Characters that one expansion may write, and that one text within it may have."""
_WIDEST = 1_000_000
"""The largest width and precision that Go takes of an argument."""
_DIGITS = 7
"""Of the largest that stands in the layout."""
_TEN = "0123456789"
_INDEX = re.compile(r"\[(?:(?P<digits>[0-9]+)|[^]]*)\]")


def show(value: Value) -> str:
    """Write a value as ``{{ }}`` shows it; raises TemplateError for what has no form but an address in memory."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return shortest(value)
    if value is None:
        return "<no value>"
    return struct(value, "v") if isinstance(value, Row) else written(value, "v")


def sprint(values: Sequence[Value]) -> str:
    """Join values as Go's ``print``: a blank between two of which neither is a string."""
    joined = ""
    for index, value in enumerate(values):
        gap = index > 0 and not isinstance(value, str) and not isinstance(values[index - 1], str)
        joined += (" " if gap else "") + written(value, "v")
    return joined


def sprintln(values: Sequence[Value]) -> str:
    """Join values as Go's ``println``."""
    return " ".join(written(value, "v") for value in values) + "\n"


def sprint_shown(values: Sequence[Value]) -> str:
    """Join values as ``html``, ``js`` and ``urlquery`` do: as ``print``, but each as ``{{ }}`` shows it."""
    return sprint([show(value) if value is None or isinstance(value, Row) else value for value in values])


def sprintf(layout: str, values: Sequence[Value]) -> str:
    """Format as Go's ``printf``; what does not fit is written into the text as Go does, it is no error.

    Raises TemplateError for a text that is longer than LONGEST, and for addresses in memory.
    """
    return _Printer(layout, values).text()


class _Printer:
    """One call of printf: where it is in its layout and among its arguments."""

    def __init__(self, layout: str, values: Sequence[Value]) -> None:
        self._layout = layout
        self._values = values
        self._at = 0
        self._argument = 0
        self._indexed = False
        """Whether the argument was just chosen by ``[n]``."""
        self._reordered = False
        self._well = True
        """Whether the ``[n]`` of this verb are right."""

    def text(self) -> str:
        parts: list[str] = []
        length = 0
        while self._at < len(self._layout):
            begin, end = self._at, self._layout.find("%", self._at)
            self._at = len(self._layout) if end < 0 else end
            parts.append(self._layout[begin : self._at])
            if end >= 0:
                self._at += 1
                parts.append(self._verb())
            length += sum(map(len, parts[-2:]))
            if length > LONGEST:
                raise TemplateError(f"printf writes more than {LONGEST} characters: write smaller widths")
        return "".join(parts) + self._extra()

    def _verb(self) -> str:
        """Read flags, width, precision and the verb, and write what they ask for."""
        self._well, self._indexed, notes = True, False, ""
        flags = self._flags()
        self._choose()
        width, note = self._width()
        notes += note
        minus = "-" in flags or (width or 0) < 0
        precision, note = self._precision()
        notes += note
        if not self._indexed:
            self._choose()
        if self._at >= len(self._layout):
            return f"{notes}%!(NOVERB)"
        verb = self._layout[self._at]
        self._at += 1
        form = Form(
            plus="+" in flags and verb != "v",
            minus=minus,
            sharp="#" in flags and verb != "v",
            space=" " in flags,
            zero="0" in flags and not minus,
            width=abs(width or 0),
            precision=precision,
            names="+" in flags and verb == "v",
            syntax="#" in flags and verb == "v",
        )
        return notes + self._written(verb, form)

    def _written(self, verb: str, form: Form) -> str:
        if verb == "%":
            return "%"
        if not self._well:
            return f"%!{verb}(BADINDEX)"
        if self._argument >= len(self._values):
            return f"%!{verb}(MISSING)"
        self._argument += 1
        return written(self._values[self._argument - 1], verb, form)

    def _flags(self) -> str:
        begin = self._at
        while self._layout[self._at : self._at + 1] in set("+-# 0"):
            self._at += 1
        return self._layout[begin : self._at]

    def _choose(self) -> None:
        """Read ``[n]``, which chooses the argument."""
        if self._layout[self._at : self._at + 1] != "[":
            return
        self._reordered = True
        found = _INDEX.match(self._layout, self._at)
        digits = found["digits"] if found else None
        self._at = found.end() if found else self._at + 1
        self._indexed = digits is not None
        if digits is not None and len(digits) <= _DIGITS and 1 <= int(digits) <= len(self._values):
            self._argument = int(digits) - 1
        else:
            self._well = False

    def _width(self) -> tuple[int | None, str]:
        """Read the width, with what is to be said if ``*`` finds none."""
        if self._layout[self._at : self._at + 1] == "*":
            return self._star("%!(BADWIDTH)")
        width = self._number()
        if width is not None and self._indexed:
            self._well = False
        return width, ""

    def _precision(self) -> tuple[int | None, str]:
        """Read the precision, with what is to be said if ``*`` finds none."""
        if self._layout[self._at : self._at + 1] != ".":
            return None, ""
        self._at += 1
        if self._indexed:
            self._well = False
        self._indexed = False
        self._choose()
        if self._layout[self._at : self._at + 1] != "*":
            return self._number() or 0, ""
        precision, note = self._star("%!(BADPREC)")
        return (precision, note) if precision is None or precision >= 0 else (None, "%!(BADPREC)")

    def _number(self) -> int | None:
        begin = self._at
        while self._layout[self._at : self._at + 1] in _TEN and self._at < len(self._layout):
            self._at += 1
        digits = self._layout[begin : self._at].lstrip("0") or self._layout[begin : self._at][:1]
        if len(digits) > _DIGITS:
            self._at = len(self._layout)  # as in Go: a number that is too large is the end
            return None
        return int(digits) if digits else None

    def _star(self, bad: str) -> tuple[int | None, str]:
        """Take the next argument as a number."""
        self._at += 1
        self._indexed = False
        if self._argument >= len(self._values):
            return None, bad
        value = self._values[self._argument]
        self._argument += 1
        if kind_of(value) not in {Kind.INT, Kind.UINT} or abs(whole(value)) > _WIDEST:
            return None, bad
        return whole(value), ""

    def _extra(self) -> str:
        """Tell of arguments that no verb took, unless the layout chose them itself."""
        rest = self._values[self._argument :]
        if self._reordered or not rest:
            return ""
        told = ["<nil>" if value is None else f"{type_name(value)}={written(value, 'v')}" for value in rest]
        return f"%!(EXTRA {', '.join(told)})"
