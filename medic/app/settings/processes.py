"""The section ``collectors.processes``: processes by state, and groups of them."""

import re
from dataclasses import dataclass
from typing import Annotated

from exporter.collectors.groups.matching import VARIABLES
from exporter.collectors.groups.spec import OTHER, Pattern
from medic.app.settings.kinds import ONE_OR_MORE, Flag, Text, Whole
from medic.app.settings.paths import Folder
from medic.app.settings.sections import AfterValidator, Bounds, Section, WrongValueError
from medic.app.settings.switches import Switches
from medic.core.errors import MedicError

MOST_TOP = 100
SELECTORS = ("match", "comm", "exe", "cmdline", "unit", "pidfile")
_LEFT = re.compile(r"\{\{.*?\}\}|\{\{|\}\}")


def read_pattern(text: str) -> Pattern:
    """Compile an RE2 expression, as Go's and so process-exporter's are; it takes linear time, whatever is searched."""
    from rules.promql.regex import translate  # dear to import, and most hosts have no groups

    return translate(text, dot_all=False)


def _is_pattern(text: str) -> str:
    try:
        read_pattern(text)
    except MedicError as error:
        raise WrongValueError("is not a regular expression", str(error)) from error
    return text


def _is_group(name: str) -> str:
    if name == OTHER:
        raise WrongValueError("is the name of all that are in no group", "choose another name")
    if unknown := _LEFT.search(VARIABLES.sub("", name)):
        raise WrongValueError(
            f"holds {unknown[0]}, which no name can", "write {{.Comm}}, {{.ExeBase}}, {{.ExeFull}} or {{.Matches.NAME}}"
        )
    return name


GroupName = Annotated[Text, AfterValidator(_is_group)]
Expression = Annotated[Text, AfterValidator(_is_pattern)]
Words = Annotated[tuple[Text, ...], ONE_OR_MORE]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessGroup(Section):
    """One of ``collectors.processes.groups``; its keys are those of process-exporter's ``process_names``, and more."""

    name: GroupName = "{{.ExeBase}}"
    """The label ``groupname``."""
    match: Expression | None = None
    """The whole of the command's name, or of its program's file name."""
    comm: Words = ()
    exe: Words = ()
    cmdline: Annotated[tuple[Expression, ...], ONE_OR_MORE] = ()
    unit: Text | None = None
    pidfile: Folder | None = None

    def __post_init__(self) -> None:
        """Refuse a group that nothing belongs to."""
        if not any(getattr(self, key) for key in SELECTORS):
            raise WrongValueError("says of no process that it belongs to it", f"add one of {', '.join(SELECTORS)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessesCollector(Switches):
    """``collectors.processes``; without a key there are no groups, as each is some thirty series."""

    groups: tuple[ProcessGroup, ...] = ()
    """The first that a process fits is its own."""
    top: Annotated[Whole, Bounds(ge=0, le=MOST_TOP)] = 0
    """So many names of the remaining processes, those that use most, are groups as well; with it comes ``other``."""
    children: Flag = True
    """Whether a process that fits no group is in its parent's."""
    threads: Flag = False
    """Whether each thread is told of, by name."""
    smaps: Flag = False
    """Whether proportional memory is read."""
