"""Expands a template that was read, with the facts of one alert."""

from collections.abc import Iterable, Mapping, Sequence

from rules.templates.functions import FUNCTIONS, LAZY, OF_THE_HOST, applied
from rules.templates.methods import Argument, call_method, methods_of
from rules.templates.nodes import (
    Block,
    Dot,
    Jump,
    Literal,
    Name,
    Nested,
    Node,
    Operand,
    Pipeline,
    Show,
    Text,
    Use,
    Variable,
)
from rules.templates.printing import LONGEST, show
from rules.templates.values import Arguments, Facts, Int64, Row, TemplateError, Value, truth, type_name

MOST_STEPS = 100_000
"""Elements and templates that one expansion may go through; loops in loops can take for ever."""
_DEEPEST = 100
_LARGEST = 2**63
_NOTHING: tuple[Value, ...] = ()


class Run:
    """One expansion: the facts, the variables in scope, what dot is now, and what was written so far."""

    def __init__(self, facts: Facts, defined: Mapping[str, tuple[Node, ...]]) -> None:
        self._facts = facts
        self._defined = defined
        self._dot: Value = facts
        self._variables: list[tuple[str, Value]] = [
            ("$", facts),
            ("$labels", facts.labels),
            ("$externalLabels", facts.external_labels),
            ("$externalURL", facts.external_url),
            ("$value", facts.value),
        ]
        self._written: list[str] = []
        self._length = 0
        self._steps = 0
        self._depth = 0

    def expand(self, nodes: Iterable[Node]) -> str:
        """Return the text; raises TemplateError where Go's execution would stop, and for what has no bound."""
        try:
            self._write(nodes)
        except RecursionError:
            raise TemplateError("templates and blocks are nested too deeply") from None
        return "".join(self._written)

    def _write(self, nodes: Iterable[Node]) -> Jump | None:
        """Write the nodes, up to a ``break`` or ``continue``, which it returns for the loop around."""
        for node in nodes:
            jump = node if isinstance(node, Jump) else self._write_one(node)
            if jump is not None:
                return jump
        return None

    def _write_one(self, node: Text | Show | Block | Use) -> Jump | None:
        match node:
            case Text(text):
                self._add(text)
            case Show(pipeline):
                value = self._pipeline(pipeline)
                if not pipeline.variables:
                    self._add(show(value))
            case Block():
                return self._block(node)
            case Use():
                self._use(node)
        return None

    def _add(self, text: str) -> None:
        self._length += len(text)
        if self._length > LONGEST:
            raise TemplateError(f"the text grows beyond {LONGEST} characters")
        self._written.append(text)

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise TemplateError(f"its loops go through more than {MOST_STEPS} elements")

    def _block(self, block: Block) -> Jump | None:
        mark, dot = len(self._variables), self._dot
        value = self._pipeline(block.pipeline)
        if block.kind == "range":
            jump = self._range(block, value)
        elif truth(value):
            self._dot = value if block.kind == "with" else dot
            jump = self._write(block.body)
        else:
            jump = self._write(block.otherwise)
        del self._variables[mark:]
        self._dot = dot
        return jump

    def _range(self, block: Block, value: Value) -> Jump | None:
        pairs = _pairs(value)
        if not pairs:
            return self._write(block.otherwise)
        mark = len(self._variables)
        for key, element in pairs:
            self._step()
            self._bind(block.pipeline, key, element)
            self._dot = element
            jump = self._write(block.body)
            del self._variables[mark:]
            if jump is not None and jump.kind == "break":
                break
        return None

    def _bind(self, pipeline: Pipeline, key: Value, element: Value) -> None:
        """Give the variables of a range what is theirs; the pipeline has declared them with its own value."""
        values = (element,) if len(pipeline.variables) == 1 else (key, element)
        for name, value in zip(pipeline.variables, values, strict=False):
            self._set(name, value)

    def _set(self, name: str, value: Value) -> None:
        places = [index for index, (known, _) in enumerate(self._variables) if known == name]
        if not places:
            raise TemplateError(f"undefined variable: {name}")
        self._variables[places[-1]] = (name, value)

    def _use(self, use: Use) -> None:
        """Write a defined template: its dot and ``$`` are the pipeline's value, and it sees no other variables."""
        self._step()
        nodes = self._defined.get(use.name)
        if nodes is None:
            raise TemplateError(f'template "{use.name}" not defined')
        if self._depth >= _DEEPEST:
            raise TemplateError(f"exceeded maximum template depth ({_DEEPEST})")
        given = None if use.pipeline is None else self._pipeline(use.pipeline)
        outside, dot = self._variables, self._dot
        self._variables, self._dot, self._depth = [("$", given)], given, self._depth + 1
        self._write(nodes)
        self._variables, self._dot, self._depth = outside, dot, self._depth - 1

    def _pipeline(self, pipeline: Pipeline) -> Value:
        value = self._command(pipeline.commands[0], _NOTHING)
        for command in pipeline.commands[1:]:
            value = self._command(command, (value,))
        for name in pipeline.variables:
            if pipeline.declares:
                self._variables.append((name, value))
            else:
                self._set(name, value)
        return value

    def _command(self, operands: Sequence[Operand], piped: tuple[Value, ...]) -> Value:
        first = operands[0]
        if isinstance(first, Name):
            return self._call(first.name, operands[1:], piped)
        if first == Literal(None):
            raise TemplateError("nil is not a command")
        if len(operands) == 1 and not piped:
            return self._operand(first)
        if isinstance(first, Literal) or not first.fields:
            raise TemplateError("only a function takes arguments: write the function's name first")
        arguments = [Argument(self._operand(operand), isinstance(operand, Literal)) for operand in operands[1:]]
        arguments += [Argument(value, as_written=False) for value in piped]
        return _walk(self._root(first), first.fields, arguments)

    def _call(self, name: str, operands: Sequence[Operand], piped: tuple[Value, ...]) -> Value:
        if name in LAZY:
            return self._lazy(name, operands, piped)
        function = OF_THE_HOST[name](self._facts) if name in OF_THE_HOST else FUNCTIONS[name]
        return applied(name, function, [*map(self._operand, operands), *piped])

    def _lazy(self, name: str, operands: Sequence[Operand], piped: tuple[Value, ...]) -> Value:
        if not operands and not piped:
            raise TemplateError(f"wrong number of args for {name}: want at least 1 got 0")
        value: Value = None
        for operand in operands:
            value = self._operand(operand)
            if truth(value) is (name == "or"):
                return value
        return piped[0] if piped else value

    def _operand(self, operand: Operand) -> Value:
        if isinstance(operand, Literal):
            if is_too_large(operand.value):
                raise TemplateError(f"{operand.value} overflows int")
            return operand.value
        if isinstance(operand, Name):
            return self._call(operand.name, (), _NOTHING)
        root = self._root(operand)
        return _walk(root, operand.fields, ()) if operand.fields else root

    def _root(self, operand: Variable | Dot | Nested) -> Value:
        """Return what an operand is without its fields."""
        match operand:
            case Dot():
                return self._dot
            case Nested(pipeline):
                return self._pipeline(pipeline)
            case Variable(name):
                for known, value in reversed(self._variables):
                    if known == name:
                        return value
                raise TemplateError(f"undefined variable: {name}")


def is_too_large(value: Value) -> bool:
    """Tell whether a literal has no place in Go's int; the parser takes it all the same."""
    return type(value) is int and value >= _LARGEST


def _walk(value: Value, fields: Sequence[str], arguments: Sequence[Argument]) -> Value:
    """Follow fields; the arguments are for the last of them, which must then be a method."""
    if value is None:
        return None  # a template that was given nothing finds nothing
    *inner, last = fields
    for field in inner:
        value = _field(value, field, ())
    return _field(value, last, arguments)


def _field(value: Value, name: str, arguments: Sequence[Argument]) -> Value:
    if isinstance(value, Mapping):
        _check_no_arguments(name, arguments)
        return value.get(name, None if isinstance(value, Arguments) else "")  # Prometheus sets missingkey=zero
    if name in methods_of(value):
        return call_method(value, name, arguments)
    parts = _parts(value)
    if name not in parts:
        raise TemplateError(_without_field(value, name, parts))
    _check_no_arguments(name, arguments)
    return parts[name]


def _parts(value: Value) -> Mapping[str, Value]:
    match value:
        case Facts():
            return value.fields()
        case Row():
            return {"Labels": value.Labels, "Value": value.Value}
        case _:
            return {}


def _without_field(value: Value, name: str, parts: Mapping[str, Value]) -> str:
    if value is None:
        return f"nil pointer evaluating interface {{}}.{name}"
    if known := [*parts, *methods_of(value)]:
        return f"can't evaluate field {name} in type {type_name(value)}: write .{', .'.join(known)}"
    return f"can't evaluate field {name} in type {type_name(value)}"


def _check_no_arguments(name: str, arguments: Sequence[Argument]) -> None:
    if arguments:
        raise TemplateError(f"{name} is not a method but has arguments: only a function or method takes them")


def _pairs(value: Value) -> Sequence[tuple[Value, Value]]:
    if isinstance(value, Mapping):
        return [(key, value[key]) for key in sorted(value)]
    if isinstance(value, list | tuple) and not isinstance(value, Row):
        return list(enumerate(value))
    if value is None:
        return []
    if type(value) in {int, Int64} and isinstance(value, int):
        return [(number, number) for number in range(min(value, MOST_STEPS + 1))]
    raise TemplateError(f"range can't iterate over {type_name(value)}: write a query's result or a map of labels")
