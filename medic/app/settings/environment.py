"""``${NAME}`` in a configuration: replaced from the environment, and remembered so that it is never shown."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from medic.app.settings.mistakes import Finding, Path
from medic.app.settings.yaml import Tree

_PLACE = re.compile(r"\$(?P<literal>\$?)\{(?P<inside>[^}]*)\}")
_INSIDE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?P<default>.*))?", re.DOTALL)


class Substituted(str):
    """Text that came from the environment: a number or boolean may be read from it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Substitution:
    """A tree with its places filled in."""

    tree: Tree
    written: dict[Path, str]
    """The text as it stands in the file, of each value that was filled in: that is what may be shown."""
    findings: tuple[Finding, ...]


def substitute(tree: Tree, environment: Mapping[str, str]) -> Substitution:
    """Replace ``${NAME}`` and ``${NAME:-default}`` in every text; ``$${NAME}`` stands for a literal ``${NAME}``.

    Keys are left as they are. A variable that is not set and has no default is a finding.
    """
    written: dict[Path, str] = {}
    findings: list[Finding] = []

    def fill(path: Path, text: str) -> str:
        places = list(_PLACE.finditer(text))
        findings.extend(Finding(path, *wrong) for place in places if (wrong := _wrong(place, environment)))
        filled = _PLACE.sub(lambda place: _value(place, environment), text)
        if all(place["literal"] for place in places):
            return filled
        written[path] = text
        return Substituted(filled)

    return Substitution(_walk(tree, (), fill), written, tuple(findings))


def _walk(tree: Tree, path: Path, fill: Callable[[Path, str], str]) -> Tree:
    if isinstance(tree, dict):
        return {key: _walk(value, (*path, key), fill) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_walk(value, (*path, index), fill) for index, value in enumerate(tree)]
    return fill(path, tree) if isinstance(tree, str) and "${" in tree else tree


def _wrong(place: re.Match[str], environment: Mapping[str, str]) -> tuple[str, str] | None:
    if place["literal"]:
        return None
    inside = _INSIDE.fullmatch(place["inside"])
    if inside is None:
        return f"{place[0]} names no variable", f"write ${{NAME}}, or ${place[0]} for that text itself"
    if inside["name"] in environment or inside["default"] is not None:
        return None
    name = inside["name"]
    return f"the environment variable {name} is not set", f"set it, or write ${{{name}:-default}}"


def _value(place: re.Match[str], environment: Mapping[str, str]) -> str:
    if place["literal"]:
        return place[0][1:]
    inside = _INSIDE.fullmatch(place["inside"])
    return "" if inside is None else environment.get(inside["name"], inside["default"] or "")
