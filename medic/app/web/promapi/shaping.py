"""Values as the JSON text of Prometheus' API: numbers as Go writes them, times in seconds."""

import json
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice
from math import isfinite
from typing import NamedTuple

from medic.core.samples import Labels
from rules.promql import Matrix, Row, Scalar, Text, Value, Vector

TRUNCATED = "results truncated due to limit"
_PLAIN_BELOW = 1e21
_PLAIN_FROM = 1e-6
_SURROGATE = re.compile("[\ud800-\udfff]")


class Shaped(NamedTuple):
    """A result with its type, the two fields of the ``data`` of an answer, and whether something was left out."""

    text: str
    truncated: bool = False


def number(value: float) -> str:
    """Write a sample's value: the fewest digits that give it back, an exponent only beyond 1e21 and below 1e-6."""
    text = repr(value)
    if text[-2:] == ".0":
        return text[:-2]
    return text if "e" not in text and "n" not in text else _rare(value, text)


def _rare(value: float, text: str) -> str:
    if text in {"nan", "inf", "-inf"}:
        return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[text]
    if abs(value) < _PLAIN_FROM or abs(value) >= _PLAIN_BELOW:
        return text
    return _without_exponent(text)


def _without_exponent(text: str) -> str:
    """Move the point of ``-1.5e-05`` or ``1e+16`` to where it belongs; the digits stay."""
    mantissa, _, exponent = text.partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    power = int(exponent)
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{whole}{fraction}"
    digits = (whole + fraction).ljust(power + 1, "0")
    return f"{sign}{digits}"


def scientific(value: float) -> str:
    """Write an alert's value: the fewest digits that give it back, always with an exponent (``7e+00``)."""
    if not isfinite(value):
        return number(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    power = len(digits) - 1 + int(exponent) if value else 0
    shown = "".join(map(str, digits)).rstrip("0") or "0"
    mantissa = f"{shown[0]}.{shown[1:]}" if shown[1:] else shown
    return f"{'-' if sign else ''}{mantissa}e{power:+03d}"


def moment(milliseconds: int) -> str:
    """Write milliseconds since the epoch as seconds, with three decimals where they are no whole ones."""
    seconds, rest = divmod(abs(milliseconds), 1000)
    sign = "-" if milliseconds < 0 else ""
    return f"{sign}{seconds}.{rest:03d}" if rest else f"{sign}{seconds}"


def text(value: object) -> str:
    """Write plain objects as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def array(elements: Iterable[object]) -> str:
    """Write a list one element after the other: writing it whole would keep all other threads waiting meanwhile."""
    return f"[{','.join(map(text, elements))}]"


def metric(labels: Labels) -> str:
    """Write labels as an object."""
    return text(dict(labels))


def result(value: Value, at_ms: int, limit: int | None) -> Shaped:
    """Write what a query gave at *at_ms*, with its type; of vectors and matrices at most *limit* series."""
    match value:
        case Scalar():
            return Shaped(_typed("scalar", f'[{moment(value.at_ms)},"{number(value.value)}"]'))
        case Vector():
            time = moment(value.at_ms)
            samples = (
                f'{{"metric":{metric(labels)},"value":[{time},"{number(found)}"]}}' for labels, found in value.samples
            )
            return _listed("vector", samples, len(value.samples), limit)
        case Matrix():
            times = _Times()
            return _listed("matrix", (_row(row, times) for row in value.rows), len(value.rows), limit)
        case Text():
            return Shaped(_typed("string", f"[{moment(at_ms)},{text(value.text)}]"))


class _Times(dict[int, str]):
    """Times as text: the rows of an answer share them."""

    def __missing__(self, milliseconds: int) -> str:
        """Write a time when it is asked for first."""
        written = self[milliseconds] = moment(milliseconds)
        return written


def _row(row: Row, times: _Times) -> str:
    points = ",".join([f'[{times[at]},"{number(value)}"]' for at, value in row.points])
    return f'{{"metric":{metric(row.labels)},"values":[{points}]}}'


def _listed(kind: str, elements: Iterable[str], count: int, limit: int | None) -> Shaped:
    shown = islice(elements, limit)
    return Shaped(_typed(kind, f"[{','.join(shown)}]"), limit is not None and count > limit)


def _typed(kind: str, written: str) -> str:
    return f'"resultType":"{kind}","result":{written}'


def answer(data: str, notes: Sequence[str] = ()) -> bytes:
    """Write a whole answer around its *data*; annotations are told apart by their first words."""
    infos = [note for note in notes if note.startswith("PromQL info")]
    warnings = [note for note in notes if note not in infos]
    rest = "".join(f',"{name}":{text(said)}' for name, said in (("warnings", warnings), ("infos", infos)) if said)
    return encode(f'{{"status":"success","data":{data}{rest}}}')


def encode(written: str) -> bytes:
    """Encode JSON text; bytes that are no UTF-8, which labels may hold, become the sign that stands for them."""
    try:
        return written.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", written).encode()
