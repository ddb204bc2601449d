"""The templates of rule files: the part of Go's text/template that they use, printing as Prometheus prints."""

from collections.abc import Callable
from dataclasses import dataclass

from rules.templates.nodes import Node, Text
from rules.templates.values import Facts, Row, TemplateError

__all__ = ["Facts", "Row", "Template", "TemplateError", "Writer", "compile_template"]

Writer = Callable[[Facts], str]


@dataclass(frozen=True, slots=True)
class Template:
    """A label's or annotation's text, read once and expanded for each alert."""

    source: str
    nodes: tuple[Node, ...]

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

        return _spoken(writer(self.nodes))


def _spoken(write: Writer) -> Writer:
    """Write what fails into the text."""

    def written(facts: Facts) -> str:
        try:
            return write(facts)
        except TemplateError as error:
            return f"<error expanding template: {error}>"

    return written


def compile_template(source: str) -> Template:
    """Read a template; raises TemplateError for what Go's parser refuses and for what is not supported."""
    if "{{" not in source:
        return Template(source, (Text(source),) if source else ())
    from rules.templates.functions import is_known
    from rules.templates.parser import Parser

    return Template(source, Parser(source, is_known).parse())
