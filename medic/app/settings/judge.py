"""The section ``rules``: how what is measured is judged."""

import glob
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field

from medic.app.settings.kinds import Flag, Section, Whole
from medic.app.settings.paths import Folder


class Compat(StrEnum):
    """Whose window semantics rules have."""

    PROMETHEUS_2 = "prometheus-2"
    PROMETHEUS_3 = "prometheus-3"


class Rules(Section):
    """``rules``."""

    files: tuple[Folder, ...] = ()
    """Paths or patterns (``rules/*.yml``); :attr:`paths` are the files."""
    defaults: Flag = True
    """Whether the shipped rules are loaded too."""
    compat: Compat = Compat.PROMETHEUS_3
    history: Annotated[Whole, Field(ge=2, le=100_000)] = 480
    """Samples kept of series that no rule needs longer."""

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
