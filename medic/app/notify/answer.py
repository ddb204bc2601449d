"""The child that reads URLs: ``python -m medic.app.notify.answer LETTER`` puts booleans in their place."""

import json
import sys
from pathlib import Path

import apprise


def main(letter: Path) -> None:
    """Answer for each URL; what Apprise logs has secrets in it and goes nowhere."""
    urls = json.loads(letter.read_text(encoding="utf-8"))
    letter.write_text(json.dumps([is_readable(url) for url in urls]), encoding="utf-8")


def is_readable(url: str) -> bool:
    """Add *url* as the child that sends does: one text may hold several URLs, or none at all."""
    people = apprise.Apprise()
    return bool(people.add(url)) and len(people) > 0


if __name__ == "__main__":
    main(Path(sys.argv[1]))
