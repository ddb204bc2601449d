"""The section ``rules``: how what is measured is judged."""

import glob
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from medic.app.settings.kinds import Flag, HttpUrl, Size, Span, Whole, no_smaller
from medic.app.settings.paths import Folder
from medic.app.settings.sections import AfterValidator, Bounds, PlainValidator, Section, WrongValueError

MEBIBYTE = 1 << 20
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def parse_label(value: object) -> str:
    """Read the name of a label."""
    if isinstance(value, str) and _LABEL.fullmatch(value):
        return value
    raise WrongValueError("stands under what is no label's name", "use letters, digits and _, such as host")


LabelName = Annotated[str, PlainValidator(parse_label)]


class Compat(StrEnum):
    """Whose window semantics rules have."""

    PROMETHEUS_2 = "prometheus-2"
    PROMETHEUS_3 = "prometheus-3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules(Section):
    """``rules``."""

    files: tuple[Folder, ...] = ()
    """Paths or patterns (``rules/*.yml``); :attr:`paths` are the files."""
    defaults: Flag = True
    """Whether the shipped rules are loaded too."""
    compat: Compat = Compat.PROMETHEUS_3
    history: Annotated[Whole, Bounds(ge=2, le=100_000)] = 480
    """Samples kept of series that no rule needs longer."""
    memory: Annotated[Size, no_smaller(MEBIBYTE)] = 256 * MEBIBYTE
    """Bytes that the series may take; rules whose windows need more are refused."""
    max_samples: Annotated[Whole, Bounds(ge=1)] = 5_000_000
    """The most samples that one query may read; a rule that would read more fails alone."""
    timeout: Span = timedelta(seconds=5)
    """The longest that one query may take; a rule that takes longer fails alone."""

    resend_delay: Span = timedelta(minutes=1)
    """After which an Alertmanager is told again of an alert that goes on."""
    external_labels: Mapping[LabelName, str] = field(default_factory=dict)
    """Added to alerts that are sent, where they lack them, so that hosts can be told apart; templates know them too."""
    external_url: Annotated[HttpUrl, AfterValidator(lambda url: url.rstrip("/"))] | None = None
    """Where people find this Medic; None is the address that it listens on."""

    @property
    def paths(self) -> list[Path]:
        """The files that the patterns name now, each once, in order; a path without a pattern is there in any case."""
        found = [path for pattern in self.files for path in expand(pattern)]
        return list(dict.fromkeys(found))


def expand(pattern: Path) -> list[Path]:
    """Return the files that an absolute *pattern* names; without a wildcard itself, whether it exists or not.

    Raises ValueError for a pattern that means nothing, such as ``**.yml``.
    """
    if not glob.has_magic(str(pattern)):
        return [pattern]
    return sorted(Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))))
