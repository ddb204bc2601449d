"""Reading the text format 0.0.4, strictly and in linear time.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Never

from medic.core.errors import MedicError
from medic.core.samples import Family, Kind, Labels, Sample

MOST = 10_000
"""Samples that one text may hold; more are taken for a label whose values never end."""
QUOTED = 60
"""Characters of a line that are repeated in an error."""
SUFFIXES = {Kind.HISTOGRAM: ("_bucket", "_sum", "_count"), Kind.SUMMARY: ("_sum", "_count")}
BOUND = {"_bucket": "le", "": "quantile"}
"""The label without which such a sample of a histogram or summary means nothing."""
WORDS = 3
"""Of a line that declares something: the word, the name, and the rest."""

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r'[ \t]*(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"(?P<value>(?:[^"\\]|\\["\\n])*)"[ \t]*')
# What Go's ParseFloat takes, without the hexadecimal and the underscores that the format has not.
_VALUE = re.compile(
    r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|[+-]?inf(?:inity)?|nan", re.IGNORECASE | re.ASCII
)
_TIMESTAMP = re.compile(r"-?[0-9]+")
_HELP = re.compile(r"(?:[^\\]|\\[\\n])*")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "\\": "\\", '"': '"'}


class TextError(MedicError):
    """A text that is not in the format: its line, what is wrong with it, and what to write instead."""


class Declared(NamedTuple):
    """What a text says of one family; the help is None where it says nothing of it."""

    name: str
    kind: Kind
    help: str | None
    samples: tuple[Sample, ...]

    def as_family(self, help_: str) -> Family:
        """Return the family, with *help_* where the text has none."""
        return Family(self.name, self.kind, help_ if self.help is None else self.help, self.samples)


@dataclass(slots=True)
class _Draft:
    kind: Kind | None = None
    help: str | None = None
    samples: list[Sample] = field(default_factory=list)


def parse(content: bytes) -> list[Declared]:
    """Read a whole text; raises TextError for anything that is not in the format, for then nothing of it is trusted."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        place = content.count(b"\n", 0, error.start) + 1
        raise TextError(f"line {place} is not UTF-8; write UTF-8") from error
    if text and not text.endswith("\n"):
        raise TextError("the last line has no end; write to another name in that folder and rename it when it is whole")
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip(" \t")
        if stripped:
            reader.take(number, stripped)
    return reader.families()


class _Reader:
    """Gathers what the lines say."""

    def __init__(self) -> None:
        self._drafts: dict[str, _Draft] = {}
        self._seen: set[tuple[str, Labels]] = set()
        self._line = 0
        self._text = ""

    def take(self, number: int, line: str) -> None:
        """Read one line that is not empty and has no blanks around it."""
        self._line, self._text = number, line
        if line.startswith("#"):
            self._declare(line)
        else:
            self._add(*self._sample(line))

    def families(self) -> list[Declared]:
        """Return what was gathered, in the order of its first mention; families without samples are left out."""
        return [
            Declared(name, draft.kind or Kind.UNTYPED, draft.help, tuple(_completed(name, draft)))
            for name, draft in self._drafts.items()
            if draft.samples
        ]

    def _refuse(self, why: str, advice: str) -> Never:
        raise TextError(f"line {self._line} ({self._text[:QUOTED]!r}) {why}; {advice}")

    def _declare(self, line: str) -> None:
        words = line[1:].replace("\t", " ").lstrip(" ").split(" ", 1)
        if words[0] not in {"HELP", "TYPE"}:
            return  # a comment
        name, _, rest = (words[1] if len(words) > 1 else "").lstrip(" ").partition(" ")
        if not _NAME.fullmatch(name):
            self._refuse(f"names no metric behind {words[0]}", "use letters, digits, _ and :, no digit first")
        draft = self._drafts.setdefault(name, _Draft())
        if words[0] == "HELP":
            self._set_help(draft, _help_in(line, name))
        else:
            self._set_kind(draft, rest.strip(" "))

    def _set_help(self, draft: _Draft, text: str) -> None:
        if draft.help is not None:
            self._refuse("is a second HELP of this metric", "keep one")
        if not _HELP.fullmatch(text):
            self._refuse("has a backslash that escapes nothing", "write it twice, and a line break as \\n")
        draft.help = _unescape(text)

    def _set_kind(self, draft: _Draft, word: str) -> None:
        if draft.kind is not None:
            self._refuse("is a second TYPE of this metric", "keep one")
        if draft.samples:
            self._refuse("comes after samples of this metric", "write it before them")
        if word not in set(Kind):
            self._refuse(f"names the type {word!r}", f"write one of {', '.join(Kind)}")
        draft.kind = Kind(word)

    def _sample(self, line: str) -> tuple[str, Labels, float]:
        match = _NAME.match(line)
        if match is None:
            self._refuse("begins with no name of a metric", "use letters, digits, _ and :, no digit first")
        rest = line[match.end() :].lstrip(" \t")
        pairs: Labels = ()
        if rest.startswith("{"):
            pairs, rest = self._labels(rest)
        elif rest == line[match.end() :]:
            self._refuse("has no blank behind the name", "write NAME VALUE, names of letters, digits, _ and :")
        return match[0], pairs, self._value([word for word in rest.replace("\t", " ").split(" ") if word])

    def _labels(self, text: str) -> tuple[Labels, str]:
        pairs: dict[str, str] = {}
        at = 1
        while (match := _LABEL.match(text, at)) is not None:
            name, value = match["name"], match["value"]
            if name in pairs or name.startswith("__"):
                self._refuse(f"has the label {name} twice, or it begins with __", "choose another name")
            pairs[name] = _unescape(value)
            at = match.end()
            if text[at : at + 1] != ",":
                break
            at += 1
        end = text[at:].lstrip(" \t")
        if not end.startswith("}"):
            self._refuse("has labels that cannot be read", 'write {name="value",...} with \\\\, \\" and \\n escaped')
        return tuple(sorted((name, value) for name, value in pairs.items() if value)), end[1:]

    def _value(self, words: list[str]) -> float:
        if not words or not _VALUE.fullmatch(words[0]):
            self._refuse("has no value", "write a number such as 1, 0.5, 1e9, +Inf or NaN")
        if len(words) == 2 and _TIMESTAMP.fullmatch(words[1]):  # noqa: PLR2004 - value and time
            self._refuse("has a timestamp", "leave it out: Prometheus takes the time of the scrape")
        if len(words) > 1:
            self._refuse("has more than a value", "write NAME VALUE, and labels in braces")
        return float(words[0])

    def _add(self, name: str, pairs: Labels, value: float) -> None:
        draft, part = self._family_of(name)
        kind = draft.kind or Kind.UNTYPED
        bound = BOUND.get(part) if kind in SUFFIXES else None
        if kind is Kind.HISTOGRAM and not part:
            self._refuse("is none of _bucket, _sum and _count of a histogram", "write these, or another TYPE")
        if bound and not _VALUE.fullmatch(dict(pairs).get(bound, "")):
            self._refuse(f"has no label {bound} with a number", f'write {bound}="0.5"')
        if (name, pairs) in self._seen:
            self._refuse("is given twice", "tell the two apart by a label")
        if len(self._seen) >= MOST:
            self._refuse(f"is one more than {MOST} samples", "drop the label whose values never end")
        self._seen.add((name, pairs))
        draft.samples.append(Sample(name, pairs, value))

    def _family_of(self, name: str) -> tuple[_Draft, str]:
        """Find the family that a sample belongs to, and which part of it it is; one that nothing declared is new."""
        if name not in self._drafts:
            for kind, suffixes in SUFFIXES.items():
                for suffix in suffixes:
                    draft = self._drafts.get(name.removesuffix(suffix)) if name.endswith(suffix) else None
                    if draft is not None and draft.kind is kind:
                        return draft, suffix
        return self._drafts.setdefault(name, _Draft()), ""


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPED[found[1]], text) if "\\" in text else text


def _help_in(line: str, name: str) -> str:
    """Return what stands behind the name of a HELP line, as it is written."""
    return line[line.index(name, line.index("HELP") + len("HELP")) + len(name) :].lstrip(" \t")


def _completed(name: str, draft: _Draft) -> Iterator[Sample]:
    """Yield the samples; a histogram's bucket without bound, which may be left out, is what its count says."""
    yield from draft.samples
    if draft.kind is not Kind.HISTOGRAM:
        return
    buckets = {_without_bound(each.labels) for each in draft.samples if _is_last(each, name)}
    for sample in draft.samples:
        if sample.name == f"{name}_count" and sample.labels not in buckets:
            yield Sample(f"{name}_bucket", tuple(sorted((*sample.labels, ("le", "+Inf")))), sample.value)


def _is_last(sample: Sample, name: str) -> bool:
    return sample.name == f"{name}_bucket" and float(dict(sample.labels)["le"]) == float("inf")


def _without_bound(pairs: Labels) -> Labels:
    return tuple(pair for pair in pairs if pair[0] != "le")
