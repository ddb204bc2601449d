"""What sections are declared with: frozen dataclasses whose annotations say how a value is read and written back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import NamedTuple, Protocol, Self

HIDDEN = "**********"


class WrongValueError(ValueError):
    """A value that cannot be used: what is wrong with it, and what to write instead."""

    def __init__(self, text: str, advice: str) -> None:
        """Keep the two halves of the message apart."""
        super().__init__(f"{text}; {advice}")
        self.text, self.advice = text, advice


class SecretStr:
    """A text that is not shown by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Keep *text*."""
        self._text = text

    def get_secret_value(self) -> str:
        """Return it in the clear."""
        return self._text

    def __eq__(self, other: object) -> bool:
        """Compare what is kept, so that a reload sees a change."""
        return self._text == other.get_secret_value() if isinstance(other, SecretStr) else NotImplemented

    def __hash__(self) -> int:
        """Go by what is kept."""
        return hash(self._text)

    def __bool__(self) -> bool:
        """Tell whether anything is kept."""
        return bool(self._text)

    def __repr__(self) -> str:
        """Show nothing of it."""
        return HIDDEN if self._text else "''"

    __str__ = __repr__


class PlainValidator(NamedTuple):
    """Reads the value from what the file has; whatever else stands before it in the annotation is passed over.

    It may raise WrongValueError, here and in the others.
    """

    read: Callable[[object], object]


class PathReader(Protocol):
    """Reads a path."""

    def __call__(self, value: object, /, folder: Path) -> object:
        """Return it absolute; raises WrongValueError."""


class PathValidator(NamedTuple):
    """The same for what is relative to the folder of the configuration."""

    read: PathReader


class BeforeValidator(NamedTuple):
    """Changes what the file has before it is read."""

    read: Callable[[object], object]


class AfterValidator(NamedTuple):
    """Checks or changes the value once it was read."""

    # The annotation beside it says which type it takes.
    read: Callable[..., object]


class PlainSerializer(NamedTuple):
    """Writes the value as a file would have it."""

    write: Callable[..., object]


class Bounds(NamedTuple):
    """Limits: of a number, its value; of a text or a list, its length."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    min_length: int = 0
    max_length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A mapping of the configuration: its keys are known, and it does not change once it was read."""

    said: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    """The keys that the file has; the others have their defaults."""

    def meant(self) -> Collection[str]:
        """Return the keys that mean something beside the values of the others; these are shown."""
        return keys_of(type(self))

    def with_said(self, said: Collection[str]) -> Self:
        """Remember that the file has these keys."""
        object.__setattr__(self, "said", frozenset(said))  # as frozen dataclasses themselves do in __init__
        return self


REST: Mapping[str, bool] = {"rest": True}
"""The metadata of the field, a mapping, that takes the keys that no other field has."""


def keys_of(kind: type[Section]) -> list[str]:
    """Return the keys that a file may have in a section, in their order."""
    return [each.name for each in fields(kind) if each.name != "said" and each.metadata != REST]


def rest_of(kind: type[Section]) -> str | None:
    """Name the field that takes the keys that no other has."""
    return next((each.name for each in fields(kind) if each.metadata == REST), None)


def default_of(kind: type[Section], key: str) -> object:
    """Return what holds where the file does not have *key*; None where it must have it."""
    found = next(each for each in fields(kind) if each.name == key)
    if found.default_factory is not MISSING:
        return found.default_factory()
    return None if found.default is MISSING else found.default
