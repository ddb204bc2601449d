"""The parts of a template that was read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rules.templates.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, number, bool or nil."""

    value: Value


@dataclass(frozen=True, slots=True)
class Variable:
    """``$name`` with the fields that follow it; ``$`` alone is what the template was given."""

    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dot:
    """``.`` or ``.Labels.instance``: what the surrounding block is about, and its fields."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a function."""

    name: str


@dataclass(frozen=True, slots=True)
class Nested:
    """A pipeline in parentheses with the fields that follow it."""

    pipeline: "Pipeline"
    fields: tuple[str, ...]


Operand = Literal | Variable | Dot | Name | Nested


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands, each the last argument of the next; *variables* take the result."""

    commands: tuple[tuple[Operand, ...], ...]
    variables: tuple[str, ...] = ()
    declares: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """What is printed as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Show:
    """``{{ pipeline }}``: printed, unless it sets a variable."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class Block:
    """``if``, ``with`` or ``range`` with its two lists."""

    kind: str
    pipeline: Pipeline
    body: tuple["Node", ...]
    otherwise: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Use:
    """``{{ template "name" pipeline }}``: a defined template, whose dot is the pipeline's value."""

    name: str
    pipeline: Pipeline | None


@dataclass(frozen=True, slots=True)
class Jump:
    """``break`` or ``continue``."""

    kind: str


Node = Text | Show | Block | Use | Jump


def operands(nodes: Iterable[Node]) -> Iterator[Operand]:
    """Yield every operand in *nodes*, those within parentheses too."""
    for node in nodes:
        match node:
            case Show(pipeline) | Use(_, Pipeline() as pipeline):
                yield from _operands(pipeline)
            case Block(_, pipeline, body, otherwise):
                yield from _operands(pipeline)
                yield from operands(body + otherwise)
            case _:
                pass


def _operands(pipeline: Pipeline) -> Iterator[Operand]:
    for command in pipeline.commands:
        for operand in command:
            yield operand
            if isinstance(operand, Nested):
                yield from _operands(operand.pipeline)
