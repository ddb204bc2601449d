"""The golden file: name, type, label names and help text of every family that Medic can export.

``families.txt`` is what there is now, ``accepted.txt`` what users know. The first is renewed by
``python -m tests.exporter.golden``; each family that differs from the second must be named under ``[Unreleased]`` in
CHANGELOG.md until ``python -m tests.exporter.golden accept``, which is part of a release.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from medic.core.samples import Family

HERE = Path(__file__).parent
FAMILIES, ACCEPTED = HERE / "families.txt", HERE / "accepted.txt"
CHANGELOG = HERE.parents[2] / "CHANGELOG.md"
UNKNOWN = "?"
"""Stands for the label names of a family that had no sample."""


def lines(families: Iterable[Family]) -> dict[str, str]:
    """Write each family in a line, by its name; what several collectors give is joined."""
    found: dict[str, tuple[Family, set[str]]] = {}
    for family in families:
        known, names = found.setdefault(family.name, (family, set()))
        assert (known.kind, known.help) == (family.kind, family.help), f"{family.name} is told in two ways"
        names.update(label for sample in family.samples for label, _ in sample.labels)
        if family.samples:
            names.add("")
    return {name: _line(family, names) for name, (family, names) in sorted(found.items())}


def _line(family: Family, names: set[str]) -> str:
    labels = ",".join(sorted(filter(None, names))) if names else UNKNOWN
    return f"{family.name} {family.kind} {{{labels}}} {family.help}"


def read(file: Path) -> dict[str, str]:
    """Read a golden file; empty where there is none."""
    text = file.read_text() if file.exists() else ""
    return {line.partition(" ")[0]: line for line in text.splitlines()}


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> set[str]:
    """Name the families that are new, gone, or told otherwise."""
    return {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


def unmentioned(names: Iterable[str], changelog: str) -> set[str]:
    """Return those of *names* that the changelog's ``[Unreleased]`` section does not hold as they are written."""
    section = re.split(r"^## ", changelog, flags=re.MULTILINE)
    unreleased = next((each for each in section if each.startswith("[Unreleased]")), "")
    return set(names) - set(re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*", unreleased))
