"""Rule files held against this host: what is wrong in them, and what may not be meant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from medic.app.api import Daemon
from medic.app.exported import exported
from medic.app.rulebook import files_of
from medic.app.settings import Settings
from medic.app.settings.judge import expand
from medic.core.clock import MILLISECOND, Clock
from medic.core.errors import MisuseError
from medic.core.queue import Json
from rules.checking import Doubt, Ground, Reading, Remark, read, remarks
from rules.defaults import defaults
from rules.groups import Group
from rules.promql import Compat


@dataclass(frozen=True, slots=True)
class Checked:
    """One file with what was found in it."""

    reading: Reading
    warnings: tuple[Remark, ...]

    @property
    def ok(self) -> bool:
        """Whether Prometheus' checker would pass it, too; warnings do not count."""
        return not self.reading.mistakes

    def show(self) -> Json:
        """Lay it out for programs."""
        return {
            "file": self.reading.file,
            "rules": self.reading.rules,
            "errors": [{"line": each.line, "message": each.text} for each in self.reading.mistakes],
            "warnings": [
                {"line": each.line, "rule": each.rule, "kind": str(each.doubt), "message": each.text}
                for each in self.warnings
            ],
        }


def check(
    patterns: Sequence[str], settings: Settings, compat: Compat, *, clock: Clock, daemon: Daemon | None
) -> list[Checked]:
    """Check the files that *patterns* name, or without any those of the configuration; raises MisuseError for none.

    What the other rules in force record is known to them, and what *daemon* measures where there is one.
    """
    asked = {file.absolute(): file for pattern in patterns for file in named(pattern)}
    files = asked or {file: file for file in files_of(settings)}
    readings = [read(file, compat=compat) for file in files.values()]
    others = [read(file, compat=compat) for file in files_of(settings) if file not in files]
    found = remarks(_groups(readings), _ground(settings, clock, daemon), _groups(others))
    shipped = {str(file) for file in defaults()}
    told = [each for each in found if not (each.doubt is Doubt.UNKNOWN_METRIC and each.file in shipped)]
    return [Checked(each, tuple(one for one in told if one.file == each.file)) for each in readings]


def named(pattern: str) -> Iterator[Path]:
    """Yield the files that a path or pattern on the command line means; raises MisuseError when there is none."""
    try:
        found = expand(Path(pattern).expanduser().absolute())
        missing = [file for file in found if not file.is_file()]
    except (OSError, ValueError, RuntimeError):
        raise MisuseError(f"{pattern} is not a pattern of paths; write it as rules/*.yml") from None
    for file in missing:
        what = "is a folder" if file.is_dir() else "is no file" if file.exists() else "does not exist"
        raise MisuseError(f"{pattern} {what}; name rule files, or a pattern such as rules/*.yml")
    for file in found:
        yield file if Path(pattern).is_absolute() else _short(file)
    if not found:
        raise MisuseError(f"{pattern} matches no file; correct it, or leave it out to check the configuration's files")


def _short(file: Path) -> Path:
    """Write a file as seen from here, where that is shorter."""
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file


def _groups(readings: Iterable[Reading]) -> list[Group]:
    return [group for reading in readings for group in reading.groups]


def _ground(settings: Settings, clock: Clock, daemon: Daemon | None) -> Ground:
    here = exported(settings, clock, daemon)
    return Ground(
        settings.interval // MILLISECOND,
        here.series,
        here.labels,
        here.clocks,
        history=settings.rules.history,
        memory=settings.rules.memory,
    )
