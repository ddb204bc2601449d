"""The driver as it comes and goes: NVML is initialised once, and anew with back-off when it or a GPU was lost."""

import logging
from collections.abc import Callable, Sequence
from types import ModuleType

from exporter.collectors.gpu import library
from exporter.collectors.gpu.backoff import Backoff
from exporter.collectors.gpu.queries import Query
from exporter.collectors.gpu.readings import Look
from exporter.collectors.gpu.session import Session

MISMATCH = 18
"""NVML_ERROR_LIB_RM_VERSION_MISMATCH: the driver was upgraded, and library or kernel module is still the old one."""

log = logging.getLogger(__name__)


class Driver:
    """What there is of NVIDIA's driver; used by one thread at a time."""

    def __init__(
        self,
        live: Sequence[Query],
        steady: Sequence[Query],
        *,
        seen: Callable[[str, int], None],
    ) -> None:
        """Load nothing yet; *seen* is called in a thread with UUID and number of each XID error."""
        self._live = live
        self._steady = steady
        self._seen = seen
        self._nvml: ModuleType | None = None
        self._session: Session | None = None
        self._stuck: Session | None = None
        """One that was left with its watcher inside of the library; while it is, no other watcher joins it there."""
        self._backoff = Backoff()
        self._code: int | None = None
        self._told: tuple[int, int | None] = (0, None)

    def look(self, now: float, expected: int) -> Look:
        """Ask all GPUs; where fewer than *expected* answer, start anew, unless that was tried lately.

        *now* is seconds of a monotonic clock.
        """
        look = self._read(now)
        if look.code == 0 and len(look.readings) >= expected:
            self._backoff.forget()
        elif self._backoff.is_due(now):
            self._backoff.tried(now)
            self._reopen(look.code)
            look = self._read(now)
        self._tell(look)
        return look

    def _read(self, now: float) -> Look:
        if self._session is None:
            return Look((), self._code)
        if self._is_free():
            self._session.watch(self._seen)
        return self._session.read(self._live, self._steady, now)

    def _reopen(self, why: int | None) -> None:
        self._close(why)
        self._nvml = self._nvml or library.load()
        try:
            self._session = Session(self._nvml)
            self._code = 0
        except self._nvml.NVMLError as error:
            self._code = error.value
        if self._code == MISMATCH:
            self._close(MISMATCH)

    def _close(self, why: int | None) -> None:
        """End the session; when the versions do not match, let the library go, for the one that is on disk now."""
        if self._session is not None and not self._session.close():
            self._stuck = self._session
        self._session = None
        if why == MISMATCH and self._nvml is not None and self._is_free():
            library.let_go(self._nvml)
            self._nvml = None

    def _is_free(self) -> bool:
        """Tell whether no thread is stuck inside of the library; a session that is not any more is ended at last."""
        if self._stuck is not None and self._stuck.ended and self._stuck.close():
            self._stuck = None
        return self._stuck is None

    def _tell(self, look: Look) -> None:
        """Log what changed: that there are GPUs, how many answer, and what the driver says."""
        if (told := (len(look.readings), look.code)) == self._told:
            return
        level = logging.INFO if look.code in {0, None} else logging.WARNING
        log.log(level, "GPUs looked at", extra={"present": told[0], "nvml_return_code": told[1]})
        self._told = told
