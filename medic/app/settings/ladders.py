"""A single action of a remedy is a ladder of one: written as such before anything else looks at it."""

from dataclasses import replace

from medic.app.settings.mistakes import Path
from medic.app.settings.patterns import find
from medic.app.settings.yaml import Document, Tree

_LADDER = ("remedies", "*", "do")


def normalize(document: Document) -> Document:
    """Return *document* with each single action as the first of a list, and every path to it changed accordingly."""
    single = {path for path, ladder in find(document.tree, _LADDER) if isinstance(ladder, dict)}
    if not single:
        return document

    def move(path: Path) -> Path:
        return (*path[:3], 0, *path[3:]) if len(path) > 3 and path[:3] in single else path  # noqa: PLR2004 - the pattern's length

    findings = tuple(replace(finding, path=move(finding.path)) for finding in document.findings)
    lines = {move(path): line for path, line in document.lines.items()}
    return Document(_wrap(document.tree, (), single), lines, findings)


def _wrap(tree: Tree, path: Path, single: set[Path]) -> Tree:
    if path in single:
        return [tree]
    if isinstance(tree, dict):
        return {key: _wrap(value, (*path, key), single) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_wrap(value, (*path, index), single) for index, value in enumerate(tree)]
    return tree
