"""What a client takes: which content type it likes best, and whether it takes an encoding (RFC 9110, section 12.5)."""

from collections.abc import Sequence
from typing import NamedTuple


class _Range(NamedTuple):
    """One media range of the header."""

    type: str
    subtype: str
    parameters: frozenset[tuple[str, str]]
    quality: float


IGNORED = {"q", "charset", "escaping"}
"""Parameters that do not tell formats apart: the quality, the character set, Prometheus 3's escaping of names."""


def best(accept: str, offers: Sequence[str]) -> str:
    """Return the offer with the highest quality; the first of equals, and the first of all when none is acceptable.

    The most specific range that an offer matches gives its quality, as the RFC says; a range that is malformed is
    passed over, never an error.
    """
    ranges = [each for each in map(_parse, accept.split(",")) if each is not None]
    qualities = [_quality(_offer(offer), ranges) for offer in offers]
    return offers[qualities.index(max(qualities))]


def takes(accept_encoding: str, coding: str) -> bool:
    """Tell whether a client takes *coding* and likes it no less than the plain text, which needs no mention."""
    wanted = dict(filter(None, map(_coding, accept_encoding.split(","))))
    quality = wanted.get(coding, wanted.get("*", 0.0))
    return quality > 0 and quality >= wanted.get("identity", 0.0)


def _coding(text: str) -> tuple[str, float] | None:
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    pairs = dict(_pair(part) for part in parameters)
    return (name.removeprefix("x-"), _number(pairs.get("q", "1"))) if name else None


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip().strip('"')


def _quality(offer: _Range, ranges: Sequence[_Range]) -> float:
    matching = [each for each in ranges if _matches(each, offer)]
    return max(matching, key=_precision).quality if matching else 0.0


def _matches(wanted: _Range, offer: _Range) -> bool:
    return (
        wanted.type in {"*", offer.type}
        and wanted.subtype in {"*", offer.subtype}
        and wanted.parameters <= offer.parameters
    )


def _precision(wanted: _Range) -> tuple[bool, bool, int, float]:
    return wanted.type != "*", wanted.subtype != "*", len(wanted.parameters), wanted.quality


def _offer(text: str) -> _Range:
    parsed = _parse(text)
    assert parsed is not None  # noqa: S101 - offers are literals of this program
    return parsed


def _parse(text: str) -> _Range | None:
    media, *rest = (part.strip().lower() for part in text.split(";"))
    type_, slash, subtype = media.partition("/")
    if not slash or not type_ or not subtype:
        return None
    pairs = [_pair(part) for part in rest]
    parameters = frozenset(pair for pair in pairs if pair[0] and pair[0] not in IGNORED)
    return _Range(type_, subtype, parameters, _number(dict(pairs).get("q", "1")))


def _number(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0.0 <= quality <= 1.0 else 0.0
