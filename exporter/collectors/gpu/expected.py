"""How many GPUs this host should have: what its configuration says, else the most that were ever seen."""

import logging
import os
from pathlib import Path

from medic.core.samples import Family, gauge

MOST_DIGITS = 4

log = logging.getLogger(__name__)


class Expected:
    """The number, kept in a small file, so that a GPU that does not come back from a reboot is missed, too."""

    def __init__(self, configured: int | None = None, file: Path | None = None) -> None:
        """Begin with what *configured* says, or with what *file* remembers; a file that is no number says 0."""
        self._configured = configured
        self._file = file
        self._most = _read(file)

    @property
    def count(self) -> int:
        """How many there should be."""
        return self._most if self._configured is None else self._configured

    def learn(self, present: int) -> None:
        """Take note of how many there are; what cannot be written is kept in memory."""
        if present <= self._most:
            return
        self._most = present
        if self._file is None:
            return
        try:
            _write(self._file, present)
        except OSError as error:
            log.warning("number of GPUs cannot be kept", extra={"file": str(self._file), "reason": str(error)})

    def families(self, present: int) -> list[Family]:
        """Say how many there are and should be."""
        return [
            gauge("medic_gpu_present", "GPUs that answer.", ((), present)),
            gauge("medic_gpu_expected", "GPUs that this host should have.", ((), self.count)),
        ]


def _read(file: Path | None) -> int:
    try:
        text = "" if file is None else file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0


def _write(file: Path, count: int) -> None:
    draft = file.with_name(f"{file.name}.new")
    draft.write_text(f"{count}\n")
    os.replace(draft, file)  # noqa: PTH105 - a half-written number must never be read
