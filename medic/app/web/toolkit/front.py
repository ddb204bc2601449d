"""The front: which terms are in force at the door, and how they change with their files while connections last."""

import logging
from collections.abc import Sequence
from pathlib import Path

from medic.app.web.toolkit.reading import Terms, read
from medic.app.web.toolkit.tls import Tls
from medic.app.web.toolkit.users import Users
from medic.core.errors import MedicError
from medic.core.samples import Family, Sample, gauge
from medic.core.tasks import in_thread

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between two looks at whether the files have changed."""
PATIENCE = 30.0
RELOADED = gauge(
    "medic_web_config_last_reload_successful",
    "Whether the web configuration file and its certificates, as they are now, are in force.",
)

Stamp = tuple[int, int, int, int]
"""Device, inode, size and time of change; zeros of a file that is not there."""


class Front:
    """Holds the terms in force; each new connection and each request is held against them."""

    def __init__(self, file: Path | None = None) -> None:
        """Read the file, None for plain HTTP without users; raises ConfigError with every mistake."""
        self._file = file
        self.terms = read(file) if file else Terms()
        self._stamps = stamps(self.terms.files)
        self.users = Users(self.terms.users)
        self.failure = ""
        """Why the files as they are now are not in force; empty while they are."""
        self._looking = False

    @property
    def scheme(self) -> str:
        """``https`` where TLS is spoken."""
        return "https" if self.terms.tls else "http"

    def tls(self) -> Tls:
        """Return how the next handshake is made; only where TLS is spoken."""
        if self.terms.tls is None:
            raise RuntimeError("there is no TLS here")
        return self.terms.tls

    async def look(self) -> None:
        """Take over what has changed; what is wrong with it is logged once, and the old stays in force.

        While an earlier look has not come back from the disk there is no other: each would leave a thread behind.
        """
        if self._looking:
            return
        try:
            changed = await in_thread(self._changed, timeout=PATIENCE, name="web configuration")
        except (MedicError, TimeoutError) as error:
            self._refuse(str(error) or f"no answer from the disk after {PATIENCE:g} s")
            return
        if changed is None:
            return
        if (changed.tls is None) is not (self.terms.tls is None):
            self._refuse(f"{self._file}: a change between HTTP and HTTPS needs a restart of Medic")
            return
        self._apply(changed)

    def families(self) -> Sequence[Family]:
        """Tell whether what the files say is in force; nothing where there is no file."""
        if self._file is None:
            return ()
        return (RELOADED._replace(samples=[Sample(RELOADED.name, (), float(not self.failure))]),)

    def _changed(self) -> Terms | None:
        self._looking = True
        try:
            return self._read_again()
        finally:
            self._looking = False

    def _read_again(self) -> Terms | None:
        """Read the files unless they are those that are in force; what was refused is read again each time."""
        before = stamps(self.terms.files)
        if self._file is None or (not self.failure and before == self._stamps):
            return None
        terms = read(self._file)
        self._stamps = before if terms.files == self.terms.files else stamps(terms.files)
        return terms

    def _apply(self, terms: Terms) -> None:
        if terms.users != self.terms.users:
            self.users = Users(terms.users)
        self.terms = terms
        self.failure = ""
        log.info("web configuration taken over", extra={"file": str(self._file), "users": len(self.users)})

    def _refuse(self, why: str) -> None:
        if why != self.failure:
            log.error("web configuration refused, the old one stays in force", extra={"why": why})
        self.failure = why


def stamps(files: Sequence[Path]) -> dict[Path, Stamp]:
    """Look at files without reading them."""
    return {file: _stamp(file) for file in files}


def _stamp(file: Path) -> Stamp:
    try:
        found = file.stat()
    except OSError:
        return (0, 0, 0, 0)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
