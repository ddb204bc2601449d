"""Reads a template: tokens to nodes, refusing what Go would refuse at once and what is not supported here."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rules.templates.literals import literal, unquote
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
from rules.templates.tokens import SPACE, Token, Word, tokens
from rules.templates.values import TemplateError, Value

_BLOCKS = frozenset({"if", "with", "range"})
_ENDS = frozenset({"end", "else"})
_KEYWORDS = _BLOCKS | _ENDS | {"define", "template", "block", "break", "continue"}
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "nil": None}
_START = ("$", "$labels", "$externalLabels", "$externalURL", "$value")
_DEEPEST = 100
_STOPS = frozenset({Word.CLOSE, Word.PIPE, Word.RIGHT})
_END = Token(Word.CLOSE, "")


class Parser:
    """Reads one template; *known* tells the names of functions, *else_with* whether there is such a thing."""

    def __init__(self, source: str, known: Callable[[str], bool], *, else_with: bool = True) -> None:
        self._tokens = list(tokens(source))
        self._at = 0
        self._known = known
        self._chained = frozenset({"if", "with"} if else_with else {"if"})
        self._variables = list(_START)
        self._depth = 0
        self._loops = 0
        self._defined: dict[str, tuple[Node, ...]] = {}

    @property
    def defined(self) -> Mapping[str, tuple[Node, ...]]:
        """The templates that ``define`` and ``block`` made, by name, once all is read."""
        return self._defined

    def parse(self) -> tuple[Node, ...]:
        """Read it all; raises TemplateError at the first thing that is wrong."""
        nodes, stop = self._list(outermost=True)
        if stop:
            raise TemplateError(f"unexpected {{{{ {stop} }}}}: no if, with or range is open")
        return nodes

    def _list(self, *, outermost: bool = False) -> tuple[tuple[Node, ...], str]:
        """Read up to ``end``, ``else`` or the end of the template, and say which."""
        nodes: list[Node] = []
        while self._at < len(self._tokens):
            token = self._next()
            if token.word is Word.TEXT:
                nodes.append(Text(token.text))
                continue
            word = self._keyword()
            if word in _ENDS:
                self._next()
                return tuple(nodes), word
            if word == "define" and outermost:
                self._next()
                self._define()
            else:
                nodes.append(self._action(word))
        return tuple(nodes), ""

    def _keyword(self) -> str:
        token = self._peek()
        return token.text if token.word is Word.NAME and token.text in _KEYWORDS else ""

    def _action(self, word: str) -> Node:
        if not word:
            shown = Show(self._pipeline("command"))
            self._expect(Word.CLOSE)
            return shown
        self._next()
        if word in _BLOCKS:
            return self._block(word)
        if word in {"template", "block"}:
            return self._use(word)
        if word == "define":
            raise TemplateError("{{ define }} stands in a block: write it outside of all others")
        return self._jump(word)

    def _block(self, kind: str) -> Block:
        with self._scope():
            pipeline = self._pipeline(kind)
            self._expect(Word.CLOSE)
            self._loops += kind == "range"
            body, stop = self._list()
            self._loops -= kind == "range"
            if not stop:
                raise TemplateError(f"{{{{ {kind} }}}} has no {{{{ end }}}}")
            otherwise = self._otherwise(kind) if stop == "else" else ()
            if stop == "end":
                self._expect(Word.CLOSE)
        return Block(kind, pipeline, body, otherwise)

    def _otherwise(self, kind: str) -> tuple[Node, ...]:
        """Read what follows ``else``; ``else if`` and ``else with`` are a block whose end is also ours."""
        if kind in self._chained and kind == self._keyword():
            self._next()
            return (self._block(kind),)
        self._expect(Word.CLOSE)
        nodes, stop = self._list()
        if stop != "end":
            raise TemplateError(f"{{{{ {kind} }}}} has no {{{{ end }}}} after its {{{{ else }}}}")
        self._expect(Word.CLOSE)
        return nodes

    def _jump(self, kind: str) -> Jump:
        if not self._loops:
            raise TemplateError(f"{{{{ {kind} }}}} stands outside of a range")
        self._expect(Word.CLOSE)
        return Jump(kind)

    def _use(self, word: str) -> Use:
        name = self._template_name(word)
        pipeline = None
        if word == "block" or self._peek().word is not Word.CLOSE:
            pipeline = self._pipeline(f"{word} clause")
        self._expect(Word.CLOSE)
        if word == "block":
            self._add(name, self._separate("block"))
        return Use(name, pipeline)

    def _define(self) -> None:
        name = self._template_name("define")
        self._expect(Word.CLOSE)
        self._add(name, self._separate("define"))

    def _template_name(self, word: str) -> str:
        token = self._next()
        if token.word not in {Word.STRING, Word.RAW}:
            raise TemplateError(f'{{{{ {word} }}}} needs a name in quotes: write {{{{ {word} "name" }}}}')
        return unquote(token)

    def _separate(self, kind: str) -> tuple[Node, ...]:
        """Read the body of a template of its own: it sees no variables but ``$``, and no loops around it."""
        outside, self._variables = self._variables, ["$"]
        loops, self._loops = self._loops, 0
        with self._deeper("templates"):
            nodes, stop = self._list()
        if stop != "end":
            raise TemplateError(f"{{{{ {kind} }}}} has no {{{{ end }}}}")
        self._expect(Word.CLOSE)
        self._variables, self._loops = outside, loops
        return nodes

    def _add(self, name: str, nodes: tuple[Node, ...]) -> None:
        """Take up a template; as in Go an empty one may come before or after another of its name, and gives way."""
        if not _is_empty(self._defined.get(name, ())):
            if not _is_empty(nodes):
                raise TemplateError(f'the template "{name}" is defined twice: give one of them another name')
            return
        self._defined[name] = nodes

    def _pipeline(self, where: str) -> Pipeline:
        variables, declares = self._variables_set(where)
        self._variables.extend(variables)
        commands: list[tuple[Operand, ...]] = []
        while self._peek().word not in {Word.CLOSE, Word.RIGHT}:
            commands.append(self._command(where))
            if len(commands) > 1 and (isinstance(commands[-1][0], Literal) or commands[-1][0] == Dot(())):
                raise TemplateError(f"what follows | in {where} must be a function")
        if not commands:
            raise TemplateError(f"missing value for {where}")
        return Pipeline(tuple(commands), variables, declares)

    def _variables_set(self, where: str) -> tuple[tuple[str, ...], bool]:
        """Read ``$x :=``, ``$x =`` or, for range, ``$i, $x :=``; Go asks only later whether ``$x`` was declared."""
        width = 4 if where == "range" and self._peek(1).word is Word.COMMA else 2
        words = [self._peek(index).word for index in range(0, width, 2)]
        if set(words) != {Word.VARIABLE} or self._peek(width - 1).word not in {Word.DECLARE, Word.ASSIGN}:
            return (), False
        names = tuple(self._peek(index).text for index in range(0, width, 2))
        declares = self._peek(width - 1).word is Word.DECLARE
        self._at += width
        return names, declares

    def _command(self, where: str) -> tuple[Operand, ...]:
        """Read operands up to what ends the command; its pipe is read, too, which Go lets end in nothing."""
        operands: list[Operand] = []
        while self._peek().word not in _STOPS:
            if operands and self._peek().joined:
                raise TemplateError(f"unexpected {self._peek().text!r} in {where}: write a blank before it")
            operands.append(self._operand())
        if not operands:
            raise TemplateError(f"missing value for {where}")
        if self._peek().word is Word.PIPE:
            self._next()
        return tuple(operands)

    def _operand(self) -> Operand:
        token = self._next()
        if token.word is Word.LEFT:
            return self._nested()
        if token.word is Word.VARIABLE:
            if token.text not in self._variables:
                raise TemplateError(f'undefined variable "{token.text}"')
            return Variable(token.text, self._fields())
        if token.word is Word.FIELD:
            return Dot((token.text[1:], *self._fields()))
        operand = self._plain(token)
        fields = self._fields()
        if not fields:
            return operand
        if not isinstance(operand, Name):
            raise TemplateError(f"unexpected .{fields[0]} after {token.text!r}, which has no fields")
        return Nested(Pipeline(((operand,),)), fields)

    def _plain(self, token: Token) -> Literal | Dot | Name:
        if token.word is Word.DOT:
            return Dot(())
        if token.word is not Word.NAME:
            return Literal(literal(token))
        if token.text in _CONSTANTS:
            return Literal(_CONSTANTS[token.text])
        if not self._known(token.text):
            raise TemplateError(f'function "{token.text}" not defined')
        return Name(token.text)

    def _nested(self) -> Nested:
        with self._deeper("parentheses"):
            pipeline = self._pipeline("parenthesized pipeline")
            self._expect(Word.RIGHT)
        return Nested(pipeline, self._fields())

    def _fields(self) -> tuple[str, ...]:
        names: list[str] = []
        while self._peek().word is Word.FIELD and self._peek().joined:
            names.append(self._next().text[1:])
        return tuple(names)

    @contextmanager
    def _scope(self) -> Iterator[None]:
        """Forget at the end the variables that were declared within."""
        mark = len(self._variables)
        with self._deeper("blocks"):
            yield
        del self._variables[mark:]

    @contextmanager
    def _deeper(self, what: str) -> Iterator[None]:
        """Refuse what is nested without bound."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise TemplateError(f"{what} are nested deeper than {_DEEPEST}")
        yield
        self._depth -= 1

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


def _is_empty(nodes: tuple[Node, ...]) -> bool:
    return all(isinstance(node, Text) and not node.text.strip(SPACE) for node in nodes)
