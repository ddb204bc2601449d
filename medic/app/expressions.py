"""Expressions that a person asks: when they are evaluated, and what is wrong with them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from medic.app.api import Daemon
from medic.app.settings.kinds import parse_duration
from medic.app.settings.sections import WrongValueError
from medic.core.clock import EPOCH
from medic.core.errors import MedicError, MisuseError
from medic.core.queue import Json
from rules.checks.names import unmatched
from rules.promql import Compat, Query, QueryError, compile_query

POINTS: Final = 250
"""How many steps a range is divided into when nobody says how long they are."""
_UNIX = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Question:
    """When an expression is evaluated: at one time, or over time; seconds since the epoch."""

    at: float
    begin: float | None = None
    """None: at one time."""
    step: float = 1.0

    def asked(self, expression: str) -> tuple[str, dict[str, str]]:
        """Return the path and the parameters of the API that ask it."""
        if self.begin is None:
            return "/api/v1/query", {"query": expression, "time": _number(self.at)}
        span = {"start": _number(self.begin), "end": _number(self.at), "step": _number(self.step)}
        return "/api/v1/query_range", {"query": expression, **span}


def question(asked: Mapping[str, str | None], now: datetime) -> Question:
    """Read ``at``, ``begin``, ``end`` and ``step`` as they were typed; raises MisuseError for what makes no sense."""
    begin, end = asked.get("begin"), asked.get("end")
    if begin is None:
        if end is not None or asked.get("step") is not None:
            raise MisuseError("--to and --step need --from; for one moment write --at TIME")
        return Question(moment(asked.get("at") or "0s", now))
    if asked.get("at") is not None:
        raise MisuseError("--at is one moment, --from begins a range: write one of them")
    first, last = moment(begin, now), moment(end or "0s", now)
    if last < first:
        raise MisuseError(f"--from {begin} is later than --to {end or 'now'}: turn them round")
    step = asked.get("step")
    return Question(last, first, _seconds(step) if step else max(1.0, (last - first) // POINTS))


def moment(text: str, now: datetime) -> float:
    """Read a moment as seconds since the epoch: these, RFC 3339 (UTC without a zone), or how long before *now*."""
    if _UNIX.fullmatch(text):
        return float(text)
    try:
        return (now - EPOCH - parse_duration(text)).total_seconds()
    except WrongValueError:
        pass
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        advice = "write 2026-01-31T12:00:00Z, unix seconds, or how long ago (1h)"
        raise MisuseError(f"{text!r} is no time: {advice}") from None
    return ((read if read.tzinfo else read.replace(tzinfo=UTC)) - EPOCH).total_seconds()


def check(expression: str, compat: Compat) -> Query:
    """Compile an expression; raises MedicError with a caret under the place for what is none."""
    try:
        return compile_query(expression, compat=compat)
    except QueryError as error:
        raise MedicError(f"{error}\n{pointed(expression, error.position)}".rstrip()) from error


def ask(daemon: Daemon, query: Query, when: Question) -> tuple[Json, list[str]]:
    """Have *daemon* evaluate a query; with its ``data`` comes what is to be said about it, each in a line.

    That is what Prometheus warns of, and of a result that is empty which metrics nobody has.
    """
    path, parameters = when.asked(query.text)
    answer = _fields(daemon.get(path, **parameters))
    data = answer.get("data")
    notes = [*_texts(answer.get("warnings")), *_texts(answer.get("infos"))]
    if _fields(data).get("result") == []:
        names = _fields(daemon.get("/api/v1/label/__name__/values")).get("data")
        notes += unmatched(query, frozenset(_texts(names)))
    return data, notes


def _fields(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _texts(value: Json) -> list[str]:
    return list(map(str, value)) if isinstance(value, list) else []


def pointed(expression: str, position: int | None) -> str:
    """Write the line that *position* is in, and below it a caret; nothing when it is not known."""
    if position is None:
        return ""
    begin = expression.rfind("\n", 0, position) + 1
    line = expression[begin:].partition("\n")[0]
    before = "".join("\t" if letter == "\t" else " " for letter in line[: position - begin])
    return f"  {line}\n  {before}^"


def _seconds(step: str) -> float:
    """Read a step, a duration or a number of seconds."""
    if _UNIX.fullmatch(step) and float(step) > 0:
        return float(step)
    try:
        seconds = parse_duration(step).total_seconds()
    except WrongValueError as error:
        raise MisuseError(f"--step {step!r} {error}") from None
    if seconds <= 0:
        raise MisuseError(f"--step {step!r} is no time at all; write 15s")
    return seconds


def _number(seconds: float) -> str:
    return f"{seconds:.3f}"
