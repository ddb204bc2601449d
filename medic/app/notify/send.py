"""Sending a notice: the child is started, told what to send where, and its word is taken."""

import json
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medic.core.errors import MedicError
from medic.core.processes import Command, run

log = logging.getLogger(__name__)

TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Apprise:
    """Sends to Apprise URLs; without any, the log is where people are told."""

    urls: Sequence[str]
    folder: Path
    """Where the letter to the child lies, readable by its owner alone: URLs are secrets, argv is not."""

    async def send(self, title: str, body: str) -> str:
        """Deliver to every URL and return ``delivered``, or ``logged`` where no URL is configured.

        Raises MedicError with what Apprise said when one of them did not take it.
        """
        log.warning("notification", extra={"title": title, "body": body})
        if not self.urls:
            return "logged"
        letter = self._write({"title": title, "body": body, "urls": list(self.urls)})
        answer = letter.with_suffix(".answer")
        try:
            command = Command((sys.executable, "-P", "-m", "medic.app.notify", str(letter)), output=answer)
            finished = await run(command, timeout=TIMEOUT)
            if not finished.succeeded:
                raise MedicError(f"notification not delivered: {_last_line(answer) or finished.status.words}")
        finally:
            letter.unlink(missing_ok=True)
            answer.unlink(missing_ok=True)
        return "delivered"

    def _write(self, letter: dict[str, object]) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, path = tempfile.mkstemp(prefix=".notice-", dir=self.folder)  # mode 0600
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(letter, file)
        return Path(path)


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else ""
