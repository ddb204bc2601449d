"""The section ``collectors.processes``: processes by state, and groups of them."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from exporter.collectors.groups.matching import VARIABLES
from exporter.collectors.groups.spec import OTHER, Pattern
from medic.app.settings.kinds import Flag, Section, Text, Whole, WrongValueError
from medic.app.settings.paths import Folder
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


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


GroupName = Annotated[Text, AfterValidator(_is_group)]
Expression = Annotated[Text, AfterValidator(_is_pattern)]
Words = Annotated[tuple[Text, ...], BeforeValidator(_listed)]


class ProcessGroup(Section):
    """One of ``collectors.processes.groups``; its keys are those of process-exporter's ``process_names``, and more."""

    name: GroupName = "{{.ExeBase}}"
    """The label ``groupname``."""
    match: Expression | None = None
    """The whole of the command's name, or of its program's file name."""
    comm: Words = ()
    exe: Words = ()
    cmdline: Annotated[tuple[Expression, ...], BeforeValidator(_listed)] = ()
    unit: Text | None = None
    pidfile: Folder | None = None

    @model_validator(mode="after")
    def _selects(self) -> Self:
        if not any(getattr(self, key) for key in SELECTORS):
            raise WrongValueError("says of no process that it belongs to it", f"add one of {', '.join(SELECTORS)}")
        return self


class ProcessesCollector(Switches):
    """``collectors.processes``; without a key there are no groups, as each is some thirty series."""

    groups: tuple[ProcessGroup, ...] = ()
    """The first that a process fits is its own."""
    top: Annotated[Whole, Field(ge=0, le=MOST_TOP)] = 0
    """So many names of the remaining processes, those that use most, are groups as well; with it comes ``other``."""
    children: Flag = True
    """Whether a process that fits no group is in its parent's."""
    threads: Flag = False
    """Whether each thread is told of, by name."""
    smaps: Flag = False
    """Whether proportional memory is read."""
