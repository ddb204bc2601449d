"""Reads a template: tokens to nodes, refusing what Go would refuse at once and what is not supported here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rules.templates.nodes import Block, Dot, Literal, Name, Nested, Node, Operand, Pipeline, Show, Text, Variable
from rules.templates.tokens import Token, Word, tokens, unquote
from rules.templates.values import TemplateError, Value

_BLOCKS = frozenset({"if", "with", "range"})
_REFUSED = frozenset({"define", "template", "block", "break", "continue"})
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "nil": None}
_START = ("$", "$labels", "$externalLabels", "$externalURL", "$value")
_DEEPEST = 100
_LARGEST = 1.7976931348623157e308
_END = Token(Word.CLOSE, "")


class Parser:
    """Reads one template; *known* tells the names of functions, with the reason why one is refused."""

    def __init__(self, source: str, known: Callable[[str], bool]) -> None:
        self._tokens = list(tokens(source))
        self._at = 0
        self._known = known
        self._variables = list(_START)
        self._depth = 0

    def parse(self) -> tuple[Node, ...]:
        """Read it all; raises TemplateError at the first thing that is wrong."""
        nodes, stop = self._list()
        if stop:
            raise TemplateError(f"unexpected {{{{ {stop} }}}}: no if, with or range is open")
        return nodes

    def _list(self) -> tuple[tuple[Node, ...], str]:
        """Read up to ``end``, ``else`` or the end of the template, and say which."""
        nodes: list[Node] = []
        while self._at < len(self._tokens):
            token = self._next()
            if token.word is Word.TEXT:
                nodes.append(Text(token.text))
                continue
            word = self._peek().text if self._peek().word is Word.NAME else ""
            if word in {"end", "else"}:
                self._next()
                return tuple(nodes), word
            nodes.append(self._action(word))
        return tuple(nodes), ""

    def _action(self, word: str) -> Node:
        if word in _REFUSED:
            raise TemplateError(f"{{{{ {word} }}}} is not supported: write the text in place")
        if word in _BLOCKS:
            self._next()
            return self._block(word)
        shown = Show(self._pipeline(f"{{{{ {word} }}}}"))
        self._expect(Word.CLOSE)
        return shown

    def _block(self, kind: str) -> Block:
        with self._scope():
            pipeline = self._pipeline(kind)
            self._expect(Word.CLOSE)
            body, stop = self._list()
            if not stop:
                raise TemplateError(f"{{{{ {kind} }}}} has no {{{{ end }}}}")
            otherwise = self._otherwise(kind) if stop == "else" else ()
            if stop == "end":
                self._expect(Word.CLOSE)
        return Block(kind, pipeline, body, otherwise)

    def _otherwise(self, kind: str) -> tuple[Node, ...]:
        """Read what follows ``else``; ``else if`` and ``else with`` are a block whose end is also ours."""
        token = self._peek()
        if token.word is Word.NAME and token.text in {"if", "with"} and kind == token.text:
            self._next()
            return (self._block(token.text),)
        self._expect(Word.CLOSE)
        with self._scope():
            nodes, stop = self._list()
        if stop != "end":
            raise TemplateError(f"{{{{ {kind} }}}} has no {{{{ end }}}} after its {{{{ else }}}}")
        self._expect(Word.CLOSE)
        return nodes

    def _pipeline(self, where: str) -> Pipeline:
        variables, declares = self._variables_set(where)
        commands = [self._command(where)]
        while self._peek().word is Word.PIPE:
            self._next()
            if self._peek().word in {Word.CLOSE, Word.RIGHT}:
                break  # Go lets a pipe end in nothing
            commands.append(self._command(where))
            if isinstance(commands[-1][0], Literal) or commands[-1][0] == Dot(()):
                raise TemplateError(f"what follows | in {where} must be a function")
        self._variables.extend(variables)
        return Pipeline(tuple(commands), variables, declares)

    def _variables_set(self, where: str) -> tuple[tuple[str, ...], bool]:
        """Read ``$x :=``, ``$x =`` or, for range, ``$i, $x :=``; Go asks only later whether ``$x`` was declared."""
        width = 4 if where == "range" and self._peek(1).word is Word.COMMA else 2
        names = tuple(self._peek(index).text for index in range(0, width, 2))
        if self._peek().word is not Word.VARIABLE or self._peek(width - 1).word not in {Word.DECLARE, Word.ASSIGN}:
            return (), False
        declares = self._peek(width - 1).word is Word.DECLARE
        self._at += width
        return names, declares

    def _command(self, where: str) -> tuple[Operand, ...]:
        operands: list[Operand] = []
        while (operand := self._operand()) is not None:
            operands.append(operand)
        if not operands:
            raise TemplateError(f"missing value for {where}")
        return tuple(operands)

    def _operand(self) -> Operand | None:
        token = self._peek()
        if token.word in {Word.CLOSE, Word.PIPE, Word.RIGHT}:
            return None
        self._next()
        if token.word is Word.LEFT:
            return self._nested()
        if token.word is Word.VARIABLE:
            self._declared(token.text)
            return Variable(token.text, self._fields())
        if token.word in {Word.FIELD, Word.DOT}:
            first = (token.text[1:],) if token.word is Word.FIELD else ()
            return Dot(first + self._fields())
        return self._name(token.text) if token.word is Word.NAME else Literal(_literal(token))

    def _nested(self) -> Nested:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise TemplateError(f"parentheses are nested deeper than {_DEEPEST}")
        pipeline = self._pipeline("parenthesized pipeline")
        self._expect(Word.RIGHT)
        self._depth -= 1
        return Nested(pipeline, self._fields())

    def _name(self, name: str) -> Operand:
        if name in _CONSTANTS:
            return Literal(_CONSTANTS[name])
        if not self._known(name):
            raise TemplateError(f'function "{name}" not defined')
        return Name(name)

    def _fields(self) -> tuple[str, ...]:
        names: list[str] = []
        while self._peek().word is Word.FIELD and self._peek().joined:
            names.append(self._next().text[1:])
        return tuple(names)

    def _declared(self, name: str) -> None:
        if name not in self._variables:
            raise TemplateError(f'undefined variable "{name}"')

    @contextmanager
    def _scope(self) -> Iterator[None]:
        """Forget at the end the variables that were declared within; refuse blocks nested without bound."""
        mark = len(self._variables)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise TemplateError(f"blocks are nested deeper than {_DEEPEST}")
        yield
        self._depth -= 1
        del self._variables[mark:]

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[self._at + ahead] if self._at + ahead < len(self._tokens) else _END

    def _next(self) -> Token:
        token = self._peek()
        self._at += 1
        return token

    def _expect(self, word: Word) -> None:
        token = self._next()
        if token.word is not word:
            raise TemplateError(f"unexpected {token.text or 'end'!r} where {word.value!r} is needed")


def _literal(token: Token) -> Value:
    if token.word in {Word.STRING, Word.RAW}:
        return unquote(token)
    if token.word is Word.CHAR:
        return ord(unquote(token))
    if token.word is Word.NUMBER:
        return _number(token.text.replace("_", ""))
    raise TemplateError(f"unexpected {token.text!r} in a command")


def _number(text: str) -> int | float:
    try:
        value = _converted(text)
    except ValueError:
        raise TemplateError(f"{text} is not a number") from None
    if not -_LARGEST <= value <= _LARGEST:
        raise TemplateError(f"{text} is too large a number")
    return value


def _converted(text: str) -> int | float:
    if text.lower().lstrip("+-").startswith(("0x", "0b")):
        return int(text, 0)
    if any(char in text for char in ".eE"):
        return float(text)
    octal = len(text.lstrip("+-")) > 1 and text.lstrip("+-").startswith("0")
    return int(text, 8) if octal else int(text)
