"""The templates of rule files: the part of Go's text/template that they use, printing as Prometheus prints."""

from dataclasses import dataclass

from rules.templates.nodes import Node, Text
from rules.templates.values import Facts, Row, TemplateError

__all__ = ["Facts", "Row", "Template", "TemplateError", "compile_template"]


@dataclass(frozen=True, slots=True)
class Template:
    """A label's or annotation's text, read once and expanded for each alert."""

    source: str
    nodes: tuple[Node, ...]

    def expand(self, facts: Facts) -> str:
        """Write the text; what fails is written into the text in Prometheus' manner, it never raises."""
        match self.nodes:
            case ():
                return ""
            case (Text(text),):
                return text
        from rules.templates.running import Run

        try:
            return "".join(Run(facts).write(self.nodes))
        except TemplateError as error:
            return f"<error expanding template: {error}>"


def compile_template(source: str) -> Template:
    """Read a template; raises TemplateError for what Go's parser refuses and for what is not supported."""
    if "{{" not in source:
        return Template(source, (Text(source),) if source else ())
    from rules.templates.functions import is_known
    from rules.templates.parser import Parser

    return Template(source, Parser(source, is_known).parse())
