"""What is configured of process groups."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

OTHER = "other"
"""The group of all processes that are in no other."""


class Found(Protocol):
    """A match, asked as Python's are."""

    def __getitem__(self, group: str, /) -> str | None:
        """Return what a named group took; raises IndexError when there is none of that name."""


class Pattern(Protocol):
    """A compiled expression; command lines are foreign text, so it should take linear time whatever stands there."""

    def fullmatch(self, text: str, /) -> Found | None:
        """Match the whole of a text."""

    def search(self, text: str, begin: int, /) -> Found | None:
        """Find the first match from *begin* on."""


@dataclass(frozen=True, slots=True)
class Group:
    """One group; a process belongs to it that fulfils all that is given of these."""

    name: str
    """The label ``groupname``; may hold ``{{.Comm}}`` and the like, and then stands for many groups."""
    match: Pattern | None = None
    """Must match the whole of the command's name, or of its program's file name."""
    comm: tuple[str, ...] = ()
    """Names of commands, one of which must be the process's."""
    exe: tuple[str, ...] = ()
    """First words of command lines, one of which must be the process's; without a slash its last part counts."""
    cmdline: tuple[Pattern, ...] = ()
    """Must all be found in the command line, its words joined by blanks."""
    unit: str = ""
    """The systemd unit that it runs in."""
    pidfile: Path | None = None
    """The file that holds its number."""

    @property
    def fixed(self) -> bool:
        """Tell whether its name is known before its first process."""
        return "{{" not in self.name


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """All of it; the first group that a process fits wins."""

    groups: tuple[Group, ...] = ()
    top: int = 0
    """So many of the remaining names are groups of their own, those that use most; with it comes ``other``."""
    children: bool = True
    """Whether a process that fits no group is in its parent's."""
    threads: bool = False
    """Whether each thread is looked at, which costs as much as a process."""
    smaps: bool = False
    """Whether proportional memory is read, for which the kernel walks through all pages."""
