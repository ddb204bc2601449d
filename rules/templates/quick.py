"""The quick way to expand what most templates are: texts, labels and the value, through functions."""

from collections.abc import Callable, Mapping, Sequence

from rules.templates.functions import FUNCTIONS, LAZY, OF_THE_HOST, applied
from rules.templates.nodes import Dot, Literal, Name, Node, Operand, Pipeline, Show, Text, Variable
from rules.templates.printing import LONGEST, show
from rules.templates.running import Run, is_too_large
from rules.templates.values import Facts, TemplateError, Value

Read = Callable[[Facts], Value]
Write = Callable[[Facts], str]


def writer(nodes: Sequence[Node], defined: Mapping[str, tuple[Node, ...]]) -> Write:
    """Return a function that expands *nodes*: the quick one where it can say the same, else a whole run.

    What it returns raises TemplateError where Go's execution would stop.
    """
    pieces = [_piece(node) for node in nodes]
    quick = [piece for piece in pieces if piece is not None]
    if len(quick) < len(pieces):
        return lambda facts: Run(facts, defined).expand(nodes)

    def write(facts: Facts) -> str:
        text = "".join([piece(facts) for piece in quick])
        if len(text) > LONGEST:
            raise TemplateError(f"the text grows beyond {LONGEST} characters")
        return text

    return write


def _piece(node: Node) -> Write | None:
    match node:
        case Text(text):
            return lambda _: text
        case Show(Pipeline(commands, ())):
            read = _chain(commands)
            return None if read is None else lambda facts: show(read(facts))
        case _:
            return None


def _chain(commands: Sequence[Sequence[Operand]]) -> Read | None:
    """Read a pipeline: each command takes the result of the one before as its last argument."""
    read: Read | None = None
    for index, command in enumerate(commands):
        read = _command(command, read) if index == 0 or read is not None else None
    return read


def _command(operands: Sequence[Operand], piped: Read | None) -> Read | None:
    first, *others = operands
    if not isinstance(first, Name):
        return _operand(first) if piped is None and not others else None
    arguments = [_operand(operand) for operand in others]
    known = [argument for argument in (*arguments, *((piped,) if piped else ())) if argument is not None]
    if first.name in LAZY or first.name in OF_THE_HOST or None in arguments:
        return None
    return _call(first.name, known)


def _call(name: str, arguments: Sequence[Read]) -> Read:
    function = FUNCTIONS[name]
    if len(arguments) == 1:
        [only] = arguments
        return lambda facts: applied(name, function, (only(facts),))
    return lambda facts: applied(name, function, [argument(facts) for argument in arguments])


def _operand(operand: Operand) -> Read | None:
    """Read a label, the value or a constant; None for all else."""
    match operand:
        case Literal(value) if value is not None and not is_too_large(value):
            return lambda _: value
        case Variable("$value", ()) | Variable("$", ("Value",)) | Dot(("Value",)):
            return lambda facts: facts.value
        case Variable("$labels", (name,)) | Variable("$", ("Labels", name)) | Dot(("Labels", name)):
            return lambda facts: facts.labels.get(name, "")
        case _:
            return None
