"""Secrets that stand in files of their own: ``url_file: slack.url`` instead of ``url: ...``."""

from dataclasses import dataclass, field
from pathlib import Path as FilePath

from medic.app.settings.mistakes import Finding, Path
from medic.app.settings.yaml import Tree

SECRETS = frozenset(
    {
        ("notify", "*", "url"),
        ("queues", "*", "url"),
        ("queues", "*", "metrics"),
        ("queues", "*", "token"),
        ("probes", "*", "url"),
        ("probes", "*", "token"),
        ("probes", "*", "body"),
        ("probes", "*", "send"),
        ("alertmanagers", "*"),
        ("alertmanagers", "*", "url"),
        ("alertmanagers", "*", "token"),
    }
)
NAMED = frozenset({"env", "headers"})
"""Mappings whose values are secret, whatever their keys."""
HIDDEN = "**********"
UNREAD = "http://unread.invalid"
"""Stands for a secret that could not be read, so that no other check complains of it."""
_SUFFIX = "_file"
_MAX_BYTES = 64 * 1024


@dataclass(slots=True)
class Filled:
    """A tree in which every secret stands in its place."""

    tree: Tree = None
    sources: dict[Path, Path] = field(default_factory=dict)
    """For each secret that was read from a file, where the name of that file stands."""
    findings: list[Finding] = field(default_factory=list)


def fill(tree: Tree, folder: FilePath) -> Filled:
    """Replace each ``url_file`` by the ``url`` that its file holds; relative names are relative to *folder*."""
    filled = Filled()
    filled.tree = _walk(tree, (), folder, filled)
    return filled


def is_secret(path: Path) -> bool:
    """Tell whether the value at *path* must not be repeated in a message."""
    pattern = tuple("*" if isinstance(part, int) else part for part in path)
    return pattern in SECRETS or not NAMED.isdisjoint(pattern)


def _walk(tree: Tree, path: Path, folder: FilePath, filled: Filled) -> Tree:
    if isinstance(tree, list):
        return [_walk(item, (*path, index), folder, filled) for index, item in enumerate(tree)]
    if not isinstance(tree, dict):
        return tree
    entries: dict[str, Tree] = {}
    for key, value in tree.items():
        name = key.removesuffix(_SUFFIX)
        if name == key or not is_secret((*path, name)):
            entries[key] = _walk(value, (*path, key), folder, filled)
        elif name in tree:
            filled.findings.append(Finding((*path, key), f"given beside {name}", "keep one of the two"))
        else:
            filled.sources[*path, name] = (*path, key)
            entries[name] = _read(value, (*path, key), folder, filled)
    return entries


def _read(value: Tree, path: Path, folder: FilePath, filled: Filled) -> str:
    """Return the secret; when it cannot be read a finding, and a stand-in that no other check complains of."""
    try:
        if isinstance(value, str) and (secret := _content(FilePath(folder, value).expanduser())):
            return secret
        filled.findings.append(Finding(path, "holds no secret", "name a file whose first line is the secret"))
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        filled.findings.append(Finding(path, f"cannot be read ({reason})", "name a file that Medic's user can read"))
    return UNREAD


def _content(path: FilePath) -> str:
    with path.open("rb") as file:
        return file.read(_MAX_BYTES).decode().strip().partition("\n")[0].rstrip()
