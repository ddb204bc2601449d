"""How Go's printf writes one number or text: flags, width, precision and a verb."""

import math
import struct
from dataclasses import dataclass
from decimal import Decimal

_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 92: "\\\\"}
_BASES = {"b": "b", "o": "o", "O": "o", "d": "d", "v": "d", "x": "x", "X": "X"}
_PREFIXES = {"b": "0b", "x": "0x", "X": "0X", "O": "0o"}
_LAST_ASCII, _DELETE, _LAST_SHORT, _LAST_RUNE = 0x7E, 0x7F, 0xFFFF, 0x10FFFF
_LOST = 0xFFFD
_BYTES = range(0xDC80, 0xDD00)
"""The surrogates that stand for bytes which are no UTF-8."""
_SURROGATES = range(0xD800, 0xE000)
_PLAIN_EXPONENTS = range(-4, 6)
_PLAIN_FROM, _PLAIN_BELOW = 1e-4, 1e6
"""Where Python writes no exponent either."""
_MANTISSA = 52
"""Bits of a float's mantissa."""
_HEXADECIMALS = _MANTISSA // 4


@dataclass(frozen=True, slots=True)
class Form:
    """What stands between ``%`` and the verb; ``%+v`` and ``%#v`` have meanings of their own."""

    plus: bool = False
    minus: bool = False
    sharp: bool = False
    space: bool = False
    zero: bool = False
    width: int = 0
    precision: int | None = None
    names: bool = False
    """``%+v``: the names of fields, too."""
    syntax: bool = False
    """``%#v``: as Go's source has it."""

    def pad(self, text: str, *, zeros: bool = True) -> str:
        """Fill up to the width, with zeros on the left where they were asked for and *zeros* allows them."""
        if self.minus:
            return text.ljust(self.width)
        return text.rjust(self.width, "0" if self.zero and zeros else " ")

    def cut(self, text: str) -> str:
        """Take as many characters as the precision allows, filled up to the width."""
        return self.pad(text[: self.precision])

    def signed(self, *, negative: bool) -> str:
        """Return the sign that a number gets."""
        return "-" if negative else "+" if self.plus else " " if self.space else ""


def shortest(value: float) -> str:
    """Write the fewest digits that give the number back, with an exponent where Go's ``%v`` uses one."""
    if _PLAIN_FROM <= abs(value) < _PLAIN_BELOW:
        return repr(value).removesuffix(".0")
    if not math.isfinite(value):
        return unbounded(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).strip("0") or "0"
    power = len(digits) - 1 + int(exponent) if value else 0
    if power in _PLAIN_EXPONENTS:
        return _plain(value)
    mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"


def _plain(value: float) -> str:
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def unbounded(value: float) -> str:
    """Write NaN and the infinities."""
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def general(value: float) -> str:
    """Write four significant digits, as Prometheus' humanize functions do (``%.4g``)."""
    return f"{value:.4g}" if math.isfinite(value) else unbounded(value)


def integer(value: int, verb: str, form: Form) -> str | None:
    """Write a whole number; None for a verb that is none for it."""
    if verb in "cqU":
        return _character(value, verb, form)
    if verb not in _BASES:
        return None
    if form.precision == 0 and value == 0:
        return " " * form.width
    sign = form.signed(negative=value < 0)
    digits = format(abs(value), _BASES[verb])
    if form.precision is not None:
        digits = digits.rjust(form.precision, "0")
    elif form.zero:
        digits = digits.rjust(form.width - len(sign), "0")
    return form.pad(sign + _prefixed(digits, verb, form), zeros=False)


def _prefixed(digits: str, verb: str, form: Form) -> str:
    if _BASES[verb] == "o" and form.sharp and digits[0] != "0":
        digits = f"0{digits}"
    return _PREFIXES.get(verb, "") + digits if form.sharp or verb == "O" else digits


def _character(value: int, verb: str, form: Form) -> str:
    rune = value if 0 <= value <= _LAST_RUNE and value not in _SURROGATES else _LOST
    if verb == "c":
        return form.pad(chr(rune))
    if verb == "q":
        return form.pad("'" + "".join(_escaped(ord(char), "'", form) for char in chr(rune)) + "'")
    digits = format(value % (1 << 64), "X").rjust(max(4, form.precision or 0), "0")
    shown = f" '{chr(value)}'" if form.sharp and rune == value and chr(rune).isprintable() else ""
    return form.pad(f"U+{digits}{shown}", zeros=False)


def real(value: float, verb: str, form: Form) -> str | None:
    """Write a float; None for a verb that is none for it."""
    if verb not in "vbeEfFgGxX":
        return None
    if not math.isfinite(value):
        return form.pad(_without_bounds(value, form), zeros=False)
    sign = form.signed(negative=math.copysign(1, value) < 0)
    digits = _digits(abs(value), "g" if verb == "v" else verb.replace("F", "f"), form)
    if sign and form.zero:
        return sign + digits.rjust(form.width - len(sign), "0")
    return form.pad(sign + digits)


def _without_bounds(value: float, form: Form) -> str:
    if math.isnan(value):
        return ("+" if form.plus else " " if form.space else "") + "NaN"
    return ("-" if value < 0 else " " if form.space and not form.plus else "+") + "Inf"


def _digits(value: float, verb: str, form: Form) -> str:
    text = _bare(value, verb, form.precision)
    return _pointed(text, verb, form.precision) if form.sharp and verb != "b" else text


def _bare(value: float, verb: str, precision: int | None) -> str:
    if verb == "b":
        return _binary(value)
    if verb in "xX":
        return _hexadecimal(value, verb, precision)
    if verb in "gG" and precision is None:
        return shortest(value) if verb == "g" else shortest(value).upper()
    return format(value, f".{6 if precision is None else precision}{verb}")


def _pointed(text: str, verb: str, precision: int | None) -> str:
    """Write what ``#`` asks for: a point always, and zeros behind it up to the precision, which is 6 unless given.

    The letter of ``0x`` counts as a digit, as it does in Go.
    """
    number, power = _split(text, "pP" if verb in "xX" else "eE")
    seen = number.replace(".", "").lstrip("0")
    missing = 0
    if verb in "gGx":
        missing = (6 if precision is None else precision) - len(seen) - (number == "0")
    return number + ("" if "." in number else ".") + "0" * missing + power


def _split(text: str, letters: str) -> tuple[str, str]:
    place = next((index for index, char in enumerate(text) if char in letters), len(text))
    return text[:place], text[place:]


def _parts(value: float) -> tuple[int, int]:
    """Return mantissa and power of two: the value is one times two to the other."""
    [bits] = struct.unpack("<Q", struct.pack("<d", value))
    power, mantissa = bits >> _MANTISSA & 0x7FF, bits & (1 << _MANTISSA) - 1
    return (mantissa | 1 << _MANTISSA, power - 1075) if power else (mantissa, -1074)


def _binary(value: float) -> str:
    mantissa, power = _parts(value)
    return f"{mantissa}p{power:+d}"


def _hexadecimal(value: float, verb: str, precision: int | None) -> str:
    """Write a power of two with a hexadecimal mantissa; ties round to even."""
    mantissa, power = _parts(value)
    if mantissa:
        shift = _MANTISSA + 1 - mantissa.bit_length()
        mantissa, power = mantissa << shift, power - shift + _MANTISSA
    else:
        power = 0
    if precision is not None and precision < _HEXADECIMALS:
        mantissa, power = _rounded(mantissa, power, 4 * (_HEXADECIMALS - precision))
    digits = f"{mantissa & (1 << _MANTISSA) - 1:013x}"
    digits = digits.rstrip("0") if precision is None else digits[:precision].ljust(precision, "0")
    text = f"0x{mantissa >> _MANTISSA}{'.' if digits else ''}{digits}p{'-' if power < 0 else '+'}{abs(power):02d}"
    return text.upper() if verb == "X" else text


def _rounded(mantissa: int, power: int, bits: int) -> tuple[int, int]:
    kept, lost = mantissa >> bits, mantissa & (1 << bits) - 1
    half = 1 << bits - 1
    kept += lost > half or (lost == half and kept & 1 == 1)
    mantissa = kept << bits
    return (mantissa >> 1, power + 1) if mantissa >> _MANTISSA + 1 else (mantissa, power)


def string(value: str, verb: str, form: Form) -> str | None:
    """Write a text; None for a verb that is none for it."""
    if verb == "s" or (verb == "v" and not form.syntax):
        return form.cut(value)
    if verb in "qv":
        return form.pad(_quoted(value[: form.precision], form))
    return _bytes(value, verb, form) if verb in "xX" else None


def _quoted(text: str, form: Form) -> str:
    if form.sharp and _fits_raw(text):
        return f"`{text}`"
    return '"' + "".join(_escaped(ord(char), '"', form) for char in text) + '"'


def _fits_raw(text: str) -> bool:
    return not any(char in "`\x7f\ufeff" or (char < " " and char != "\t") or ord(char) in _BYTES for char in text)


def _escaped(code: int, quote: str, form: Form) -> str:
    char = chr(code)
    if char == quote:
        return f"\\{quote}"
    if code in _ESCAPES:
        return _ESCAPES[code]
    if code in _BYTES:
        return f"\\x{code - 0xDC00:02x}"
    if char.isprintable() and (code <= _LAST_ASCII or not form.plus):
        return char
    if code < ord(" ") or code == _DELETE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _LAST_SHORT else f"\\U{code:08x}"


def _bytes(text: str, verb: str, form: Form) -> str:
    data = text.encode("utf-8", "surrogateescape")[: form.precision]
    if not data:
        return form.pad("")
    prefix = "0x" if form.sharp else ""
    written = (f" {prefix}" if form.space else "").join(f"{byte:02x}" for byte in data)
    return form.pad(prefix + written if verb == "x" else (prefix + written).upper())
