"""Which group a process belongs to: pure, over what was read of it."""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Protocol

from exporter.collectors.groups.spec import Found, Group

VARIABLES = re.compile(r"\{\{ *\.(?:(Comm|ExeBase|ExeFull)|Matches\.([A-Za-z_][A-Za-z0-9_]*)) *\}\}")
"""What a template may hold, of that which process-exporter knows."""


class Subject(Protocol):
    """What tells of a process where it belongs; only what is asked for need be read."""

    @property
    def pid(self) -> int:
        """Its number."""

    @property
    def comm(self) -> str:
        """Its command's name."""

    @property
    def argv(self) -> Sequence[str]:
        """Its command line; empty of the kernel's own threads and of zombies."""

    @property
    def program(self) -> str:
        """The path of its program; empty when we may not know."""

    @property
    def units(self) -> Collection[str]:
        """The parts of the path of its control group: its unit, and the slices around it."""


def place(groups: Sequence[Group], subject: Subject, pidfiles: Mapping[Path, int]) -> str | None:
    """Return the name of the first group that *subject* fits; None when it fits none.

    *pidfiles* holds the numbers that stand in pid files and are those of processes that run.
    """
    for group in groups:
        captured = _fits(group, subject, pidfiles)
        if captured is not None:
            return render(group.name, subject, captured)
    return None


def render(template: str, subject: Subject, captured: Mapping[str, str]) -> str:
    """Fill in a group's name; what a pattern did not capture is empty."""

    def fill(found: re.Match[str]) -> str:
        values = {"Comm": subject.comm, "ExeBase": os.path.basename(_exe(subject)), "ExeFull": _exe(subject)}  # noqa: PTH119 - of a text that need not be a path
        return values[found[1]] if found[1] else captured.get(found[2], "")

    return VARIABLES.sub(fill, template)


def _fits(group: Group, subject: Subject, pidfiles: Mapping[Path, int]) -> Mapping[str, str] | None:
    """Return what its patterns captured; None when the process does not fit. What costs most comes last."""
    if group.comm and subject.comm not in group.comm:
        return None
    if group.pidfile is not None and pidfiles.get(group.pidfile) != subject.pid:
        return None
    if group.exe and not any(_is_called(subject, exe) for exe in group.exe):
        return None
    if group.unit and group.unit not in subject.units:
        return None
    if group.match is not None and not _is_named(group, subject):
        return None
    return _captured(group, subject)


def _is_called(subject: Subject, exe: str) -> bool:
    if not subject.argv:
        return False
    return exe == (subject.argv[0] if "/" in exe else os.path.basename(subject.argv[0]))  # noqa: PTH119 - as above


def _is_named(group: Group, subject: Subject) -> bool:
    pattern = group.match
    if pattern is None or pattern.fullmatch(subject.comm) is not None:
        return True
    program = PurePath(subject.program.removesuffix(" (deleted)")).name
    return bool(program) and pattern.fullmatch(program) is not None


def _captured(group: Group, subject: Subject) -> Mapping[str, str] | None:
    captured: dict[str, str] = {}
    wanted = [found[2] for found in VARIABLES.finditer(group.name) if found[2]]
    line = " ".join(subject.argv) if group.cmdline else ""
    for pattern in group.cmdline:
        found = pattern.search(line, 0)
        if found is None:
            return None
        captured |= {name: taken for name in wanted if (taken := _taken(found, name))}
    return captured


def _taken(found: Found, name: str) -> str:
    try:
        return found[name] or ""
    except IndexError:
        return ""


def _exe(subject: Subject) -> str:
    """Return the first word of its command line, else its name."""
    return subject.argv[0] if subject.argv else subject.comm
