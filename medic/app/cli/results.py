"""Results of expressions, printed as ``promtool query`` prints them."""

from collections.abc import Iterator
from decimal import Decimal

from medic.app.cli.text import items_of, value_of
from medic.core.queue import Json

NO_NUMBERS = frozenset({"NaN", "+Inf", "-Inf"})
ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
    '"': r"\"",
}


def lines(data: Json) -> Iterator[str]:
    """Write a result as ``promtool query`` does; nothing for one that is empty."""
    result = value_of(data, "result")
    match value_of(data, "resultType"):
        case "scalar":
            yield f"scalar: {_pair(result)}"
        case "string":
            yield str(result[1]) if isinstance(result, list) else ""
        case "vector":
            for each in items_of(data, "result"):
                yield f"{_metric(value_of(each, 'metric'))} => {_pair(value_of(each, 'value'))}"
        case _:
            for each in items_of(data, "result"):
                yield f"{_metric(value_of(each, 'metric'))} =>"
                yield from map(_pair, items_of(each, "values"))


def _pair(pair: Json) -> str:
    at, value = pair if isinstance(pair, list) else (0, "NaN")
    return f"{_plain(str(value))} @[{_plain(str(at))}]"


def _plain(number: str) -> str:
    """Write a number without an exponent, as Go's ``%f`` does with as few digits as tell it."""
    if number in NO_NUMBERS:
        return number
    text = f"{Decimal(number):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _metric(labels: Json) -> str:
    pairs = {str(name): str(value) for name, value in labels.items()} if isinstance(labels, dict) else {}
    name = pairs.pop("__name__", "")
    inner = ", ".join(f"{key}={_quoted(value)}" for key, value in sorted(pairs.items()))
    return f"{name}{{{inner}}}" if inner or not name else name


def _quoted(value: str) -> str:
    """Put a label's value in quotes as Go's ``%q`` does: what cannot be printed is escaped."""
    return f'"{"".join(map(_escaped, value))}"'


def _escaped(letter: str) -> str:
    if letter in ESCAPES or letter.isprintable():
        return ESCAPES.get(letter, letter)
    code = ord(letter)
    if code < 0x80:  # noqa: PLR2004 - the end of ASCII
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 - what four digits hold
