"""Asking whether URLs can be sent to: a child answers, since Apprise costs 20 MB and a third of a second."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from medic.core.errors import MedicError
from medic.core.processes import Command, run

TIMEOUT = 30.0


def readable(urls: Sequence[str]) -> list[bool]:
    """Tell of each URL whether Apprise can read it; blocks, and belongs into a thread where a loop runs.

    The URLs lie in a folder of this user's alone while the child reads them: they are secrets, argv is not.
    """
    with TemporaryDirectory(prefix="medic-notify-") as folder:
        letter = Path(folder) / "urls.json"
        letter.write_text(json.dumps(list(urls)), encoding="utf-8")
        finished = asyncio.run(run(_command(letter), timeout=TIMEOUT))
        if not finished.succeeded:
            raise MedicError(f"the URLs of notify cannot be checked: Apprise ended with {finished.status.words}")
        answers: list[bool] = json.loads(letter.read_text(encoding="utf-8"))
    return answers


def _command(letter: Path) -> Command:
    return Command((sys.executable, "-P", "-m", "medic.app.notify.answer", str(letter)))
