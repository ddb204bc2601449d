"""Expands a template that was read, with the facts of one alert."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rules.templates.functions import FUNCTIONS, LAZY, OF_THE_HOST, Function
from rules.templates.nodes import Block, Dot, Literal, Name, Nested, Node, Operand, Pipeline, Show, Text, Variable
from rules.templates.printing import show
from rules.templates.values import Facts, Row, TemplateError, Value, truth, type_name

LONGEST = 1 << 20
"""Characters that one expansion may write."""
Here = Value | Facts
"""What a dot can be: a value, or at the top the facts themselves."""


class Run:
    """One expansion: the facts, the variables in scope, and what dot is now."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._dot: Here = facts
        self._variables: list[tuple[str, Here]] = [
            ("$", facts),
            ("$labels", facts.labels),
            ("$externalLabels", facts.external_labels),
            ("$externalURL", facts.external_url),
            ("$value", facts.value),
        ]
        self._written = 0

    def write(self, nodes: Iterable[Node]) -> Iterator[str]:
        """Give the text piece by piece; raises TemplateError where Go's execution would stop."""
        for node in nodes:
            match node:
                case Text(text):
                    yield self._counted(text)
                case Show(pipeline):
                    value = self._pipeline(pipeline)
                    yield "" if pipeline.variables else self._counted(_shown(value))
                case Block():
                    yield from self._block(node)

    def _counted(self, text: str) -> str:
        self._written += len(text)
        if self._written > LONGEST:
            raise TemplateError(f"the text grows beyond {LONGEST} characters")
        return text

    def _block(self, block: Block) -> Iterator[str]:
        mark, dot = len(self._variables), self._dot
        value = self._pipeline(block.pipeline)
        if block.kind == "range":
            yield from self._range(block, value)
        elif isinstance(value, Facts) or truth(value):
            self._dot = value if block.kind == "with" else dot
            yield from self.write(block.body)
        else:
            yield from self.write(block.otherwise)
        del self._variables[mark:]
        self._dot = dot

    def _range(self, block: Block, value: Here) -> Iterator[str]:
        pairs = _pairs(value)
        mark = len(self._variables)
        for key, element in pairs:
            del self._variables[mark:]
            self._bind(block.pipeline, key, element)
            self._dot = element
            yield from self.write(block.body)
        if not pairs:
            yield from self.write(block.otherwise)

    def _bind(self, pipeline: Pipeline, key: Value, element: Value) -> None:
        values = (element,) if len(pipeline.variables) == 1 else (key, element)
        for name, value in zip(pipeline.variables, values, strict=False):
            self._set(name, value, declares=pipeline.declares)

    def _set(self, name: str, value: Here, *, declares: bool) -> None:
        if declares:
            self._variables.append((name, value))
            return
        places = [index for index, (known, _) in enumerate(self._variables) if known == name]
        if not places:
            raise TemplateError(f"undefined variable: {name}")
        self._variables[places[-1]] = (name, value)

    def _pipeline(self, pipeline: Pipeline) -> Here:
        value = self._command(pipeline.commands[0], ())
        for command in pipeline.commands[1:]:
            value = self._command(command, (value,))
        if len(pipeline.variables) == 1:
            self._set(pipeline.variables[0], value, declares=pipeline.declares)
        return value

    def _command(self, operands: Sequence[Operand], piped: tuple[Here, ...]) -> Here:
        first = operands[0]
        if isinstance(first, Name):
            return self._call(first.name, operands[1:], piped)
        if first == Literal(None):
            raise TemplateError("nil is not a command")
        if len(operands) > 1 or piped:
            raise TemplateError("only a function takes arguments: write the function's name first")
        return self._operand(first)

    def _call(self, name: str, operands: Sequence[Operand], piped: tuple[Here, ...]) -> Here:
        if name in LAZY:
            return self._lazy(name, operands, piped)
        arguments = [*(self._operand(operand) for operand in operands), *piped]
        if any(isinstance(argument, Facts) for argument in arguments):
            raise TemplateError(f"{name} cannot take the alert as a whole: write .Labels or .Value")
        function: Function = OF_THE_HOST[name](self._facts) if name in OF_THE_HOST else FUNCTIONS[name]
        return applied(name, function, arguments)

    def _lazy(self, name: str, operands: Sequence[Operand], piped: tuple[Here, ...]) -> Here:
        value: Here = None
        if not operands and not piped:
            raise TemplateError(f"wrong number of args for {name}: want at least 1 got 0")
        for operand in operands:
            value = self._operand(operand)
            if (isinstance(value, Facts) or truth(value)) is (name == "or"):
                return value
        return piped[0] if piped else value

    def _operand(self, operand: Operand) -> Here:
        match operand:
            case Literal(value):
                return value
            case Variable(name, fields):
                found = next(value for known, value in reversed(self._variables) if known == name)
                return _walk(found, fields)
            case Dot(fields):
                return _walk(self._dot, fields)
            case Nested(pipeline, fields):
                return _walk(self._pipeline(pipeline), fields)
            case Name(name):
                return self._call(name, (), ())


def applied(name: str, function: Function, arguments: Sequence[Here]) -> Value:
    """Call a function; raises TemplateError for arguments that it does not take."""
    try:
        return function(*arguments)
    except TypeError:
        raise TemplateError(f"wrong number or kind of arguments for {name}: {len(arguments)} given") from None
    except (ValueError, OverflowError) as error:
        raise TemplateError(f"error calling {name}: {error}") from None


def _walk(value: Here, fields: Iterable[str]) -> Here:
    for field in fields:
        value = _field(value, field)
    return value


def _field(value: Here, name: str) -> Here:
    match value:
        case Facts():
            return _fact(value, name)
        case Row() if name in Row._fields:
            return value.Labels if name == "Labels" else value.Value
        case Mapping():
            return value.get(name, "")  # Prometheus sets missingkey=zero
        case _:
            raise TemplateError(f"can't evaluate field {name} in type {type_name(value)}")


def _fact(facts: Facts, name: str) -> Value:
    known: Mapping[str, Value] = {
        "Labels": facts.labels,
        "ExternalLabels": facts.external_labels,
        "ExternalURL": facts.external_url,
        "Value": facts.value,
    }
    if name not in known:
        raise TemplateError(f"can't evaluate field {name}: write .Labels, .Value, .ExternalLabels or .ExternalURL")
    return known[name]


def _pairs(value: Here) -> list[tuple[Value, Value]]:
    if isinstance(value, Mapping):
        return [(key, value[key]) for key in sorted(value)]
    if isinstance(value, list | tuple) and not isinstance(value, Row):
        return list(enumerate(value))
    if value is None:
        return []
    raise TemplateError("range can't iterate over that: write a query's result or a map of labels")


def _shown(value: Here) -> str:
    if isinstance(value, Facts):
        raise TemplateError("the alert as a whole cannot be printed: write .Labels or .Value")
    return show(value)
