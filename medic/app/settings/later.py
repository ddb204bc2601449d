"""What a configuration may hold one day: refused by name, instead of being passed over in silence."""

from collections.abc import Iterator

from medic.app.settings.mistakes import Finding
from medic.app.settings.patterns import Pattern, find
from medic.app.settings.yaml import Tree

KEYS: tuple[Pattern, ...] = (
    ("maintenance",),
    ("heartbeat",),
    ("workers", "*", "max_rss"),
    ("healing", "budget"),
    ("jobs", "*", "cron"),
    ("jobs", "*", "on"),
)


def refuse(tree: Tree) -> Iterator[Finding]:
    """Yield a finding for each key and value that this version knows of and does not have."""
    for pattern in KEYS:
        for path, _ in find(tree, pattern):
            yield Finding(path, "not supported yet by this version", "remove this key")
