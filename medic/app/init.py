"""What ``medic init`` writes: a commented configuration, an example rule file, and files for Grafana and Prometheus."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from typing import Final

from medic.core.errors import MedicError

STATE: Final = "/var/lib/medic"
"""The state folder that the templates name."""
UNNAMED: Final = "# state: state"
_SOURCES: Final = (("medic.app.starter", ""), ("grafana", "grafana"))
_AT_ROOT: Final = frozenset({"prometheus.yml", "alertmanager.yml"})
_SUFFIXES: Final = frozenset({".yml", ".json"})


@dataclass(frozen=True, slots=True)
class File:
    """A file to be written."""

    name: PurePosixPath
    """Relative to the folder."""
    content: str


def files(state: Path, *, named: bool) -> list[File]:
    """Return every file in the order of names, with *state* as the state folder that they speak of.

    Where a person has *named* it, the configuration says so too.
    """
    found = (file for package, folder in _SOURCES for file in _walk(resources.files(package), PurePosixPath(folder)))
    placed = (File(_place(file.name), _fit(file.content, state, named=named)) for file in found)
    return sorted(placed, key=lambda file: file.name)


def write(folder: Path, wanted: list[File], *, force: bool) -> None:
    """Write the files; raises MedicError, and writes nothing, when one is there already and *force* is not given."""
    there = [str(file.name) for file in wanted if (folder / file.name).exists()]
    if there and not force:
        raise MedicError(f"{folder} has {', '.join(there)} already; name another folder, or overwrite with --force")
    try:
        for file in wanted:
            path = folder / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content, encoding="utf-8")
    except OSError as error:
        raise MedicError(f"cannot write {error.filename or folder} ({error.strerror}); name another folder") from error


def _walk(place: Traversable, name: PurePosixPath) -> Iterator[File]:
    for entry in place.iterdir():
        if entry.is_dir():
            yield from _walk(entry, name / entry.name)
        elif PurePosixPath(entry.name).suffix in _SUFFIXES:
            yield File(name / entry.name, entry.read_text(encoding="utf-8"))


def _fit(content: str, state: Path, *, named: bool) -> str:
    said = content.replace(UNNAMED, f"state: {json.dumps(str(state))}") if named else content
    return said.replace(STATE, json.dumps(str(state))[1:-1])


def _place(name: PurePosixPath) -> PurePosixPath:
    """Put Prometheus' and Alertmanager's files beside ``medic.yml``, whose rule files they share."""
    return PurePosixPath(name.name) if name.name in _AT_ROOT else name
