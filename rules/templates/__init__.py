"""The templates of rule files: the part of Go's text/template that they use, printing as Prometheus prints."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from rules.templates.nodes import Dot, Name, Node, Operand, Text, Variable, operands
from rules.templates.values import Facts, Row, TemplateError

__all__ = ["Facts", "Row", "Template", "TemplateError", "Writer", "compile_template"]

Writer = Callable[[Facts], str]


@dataclass(frozen=True, slots=True)
class Template:
    """A label's or annotation's text, read once and expanded for each alert."""

    source: str
    nodes: tuple[Node, ...]
    defined: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    """What ``define`` and ``block`` made in it, by name."""

    def expand(self, facts: Facts) -> str:
        """Write the text; what fails is written into the text in Prometheus' manner, it never raises."""
        return self.writer()(facts)

    def writer(self) -> Writer:
        """Return what ``expand`` does as a function, for who expands it often."""
        match self.nodes:
            case ():
                return lambda _: ""
            case (Text(text),):
                return lambda _: text
        from rules.templates.quick import writer

        return _spoken(writer(self.nodes, self.defined))

    def changes(self) -> bool:
        """Tell whether the same facts may give another text at another evaluation."""
        if "query" not in self.source and "now" not in self.source:
            return False
        return any(Name(name) in self._operands() for name in ("query", "now"))

    def reads_value(self) -> bool:
        """Tell whether the text may rest on the alert's value."""
        if "{{" not in self.source:
            return False
        return "alue" in self.source or any(each in _WHOLE for each in self._operands())  # $value or .Value

    def _operands(self) -> Iterator[Operand]:
        return operands((*self.nodes, *chain.from_iterable(self.defined.values())))


_WHOLE = (Dot(()), Variable("$", ()))
"""What can be all the facts at once."""


def _spoken(write: Writer) -> Writer:
    """Write what fails into the text, and what is no UTF-8 as JSON would carry it from Prometheus."""

    def written(facts: Facts) -> str:
        try:
            text = write(facts)
        except TemplateError as error:
            text = f"<error expanding template: {error}>"
        return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    return written


def compile_template(source: str, *, classic: bool = False) -> Template:
    """Read a template; raises TemplateError for what Go's parser refuses and for what is not supported.

    With *classic* also for what came after Prometheus 2.42.
    """
    if "{{" not in source:
        return Template(source, (Text(source),) if source else ())
    from rules.templates.functions import is_known, was_known
    from rules.templates.parser import Parser

    parser = Parser(source, was_known if classic else is_known, else_with=not classic)
    nodes = parser.parse()
    return Template(source, nodes, parser.defined)
