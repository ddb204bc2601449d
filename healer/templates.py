"""The templates of targets and arguments, with ``{{ labels.NAME }}``, ``{{ target }}`` or ``{{ target.name }}``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from medic.core.errors import MedicError
from medic.core.targets import Target


class MissingLabelError(MedicError):
    """A template names a label that the alert does not have."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text whose placeholders are filled in with values, never with more template."""

    text: str
    parts: tuple[str, ...]
    """Literals at even places, the names of placeholders at odd ones."""

    @property
    def literal(self) -> bool:
        """Tell whether there is nothing to fill in."""
        return len(self.parts) == 1

    @property
    def single(self) -> bool:
        """Tell whether it is one placeholder and nothing else."""
        return len(self.parts) == len(("", "placeholder", "")) and not self.parts[0] and not self.parts[2]


_PLACEHOLDER = re.compile(r"\{\{\s*(labels\.[a-zA-Z_][a-zA-Z0-9_]*|target|target\.name)\s*\}\}")


def parse_template(text: str) -> Template:
    """Read a template; raises MedicError for braces that are no placeholder."""
    parts = tuple(_PLACEHOLDER.split(text))
    if any("{{" in literal or "}}" in literal for literal in parts[::2]):
        raise MedicError(
            f"{text!r}: write {{{{ labels.NAME }}}}, {{{{ target }}}} or {{{{ target.name }}}} between braces"
        )
    return Template(text, parts)


def parse_argument(text: str) -> Template:
    """Read a command's argument: a literal or exactly one placeholder, so that a label can never shape a command."""
    template = parse_template(text)
    if template.literal or template.single:
        return template
    raise MedicError(f"{text!r}: an argument is a literal or exactly one {{{{ ... }}}}; split it into two arguments")


def render(template: Template, labels: Mapping[str, str], target: Target | None = None) -> str:
    """Fill in the placeholders; raises MissingLabelError where a label is missing or empty."""
    return "".join(
        part if place % 2 == 0 else _value(template, part, labels, target) for place, part in enumerate(template.parts)
    )


def _value(template: Template, name: str, labels: Mapping[str, str], target: Target | None) -> str:
    if name == "target" and target is not None:
        return str(target)
    if name == "target.name" and target is not None:
        return target.name or str(target)
    value = labels.get(name.removeprefix("labels."), "")
    if not value:
        raise MissingLabelError(f"{template.text!r} needs {name}, which the alert does not have")
    return value
