"""The child that sends one notice: ``python -m medic.app.notify LETTER``; exits 1 when a URL did not take it."""

import json
import sys
from pathlib import Path

import apprise


def main(letter: Path) -> int:
    """Send what *letter* says to each of its URLs; an error names the kind of service, never its secret URL."""
    words = json.loads(letter.read_text(encoding="utf-8"))
    failed = [_service(url) for url in words["urls"] if not _send(url, words["title"], words["body"])]
    if failed:
        sys.stderr.write(f"not taken by {', '.join(failed)}\n")
    return 1 if failed else 0


def _send(url: str, title: str, body: str) -> bool:
    sender = apprise.Apprise()
    return bool(sender.add(url) and sender.notify(title=title, body=body))


def _service(url: str) -> str:
    return url.partition(":")[0]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
