"""NVML while it is initialised: its GPUs, and the thread that waits for their events."""

import contextlib
from collections.abc import Callable, Sequence
from types import ModuleType

from exporter.collectors.gpu.device import GoneError, Gpu
from exporter.collectors.gpu.queries import Query
from exporter.collectors.gpu.readings import Look, Reading
from exporter.collectors.gpu.xids import Watcher

FORBIDDEN = 4
"""NVML_ERROR_NO_PERMISSION: a GPU that was not given to this container or user."""


class Session:
    """One initialisation of NVML; used by one thread at a time."""

    def __init__(self, nvml: ModuleType) -> None:
        """Initialise NVML and find the GPUs; raises NVMLError, and then there is nothing to close."""
        self._nvml = nvml
        self._lost = 0
        self._watcher: Watcher | None = None
        self._gpus: list[Gpu] = []
        nvml.nvmlInit()
        try:
            for index in range(nvml.nvmlDeviceGetCount()):
                self._find(index)
        except nvml.NVMLError:
            nvml.nvmlShutdown()
            raise

    def watch(self, seen: Callable[[str, int], None]) -> None:
        """Have *seen* called, in a thread, for each XID error, unless it is already; never where there are none."""
        if self._gpus and (self._watcher is None or not self._watcher.runs):
            gpus = [(gpu.uuid, gpu.handle) for gpu in self._gpus]
            with contextlib.suppress(self._nvml.NVMLError):
                self._watcher = Watcher(self._nvml, gpus, seen)

    def read(self, live: Sequence[Query], steady: Sequence[Query], now: float) -> Look:
        """Ask all GPUs; those that do not answer are left out, and the code is that of the last of them."""
        readings: list[Reading] = []
        code = self._lost
        for gpu in self._gpus:
            try:
                readings.append(gpu.read(live, steady, now))
            except GoneError as gone:
                code = gone.code
        return Look(readings, code)

    @property
    def ended(self) -> bool:
        """Tell whether no thread waits for its events."""
        return self._watcher is None or not self._watcher.runs

    def close(self) -> bool:
        """Shut NVML down, unless the watcher is stuck inside of it; tell whether it was shut down."""
        if self._watcher is not None and not self._watcher.stop():
            return False
        with contextlib.suppress(self._nvml.NVMLError):
            self._nvml.nvmlShutdown()
        return True

    def _find(self, index: int) -> None:
        try:
            self._gpus.append(Gpu(self._nvml, self._nvml.nvmlDeviceGetHandleByIndex(index)))
        except self._nvml.NVMLError as error:
            if error.value != FORBIDDEN:
                self._lost = error.value
