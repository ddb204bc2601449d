"""XID errors, the driver's numbered events: counted by a thread of its own, so that they outlive whatever else fails.

What the numbers mean is in NVIDIA's "XID Errors". No other call of NVML tells of them afterwards.
"""

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType

from exporter.collectors.gpu.queries import Handle
from medic.core.samples import Family, counter, gauge, labels

WAIT = 1000
"""Milliseconds of one wait for an event: also how long it can take until the thread ends."""
PATIENCE = 3.0
"""Seconds that ending is waited for; a thread that is still inside then is stuck in the driver."""


class Xids:
    """How often each error came and when last; written by a watcher and read by the collector."""

    def __init__(self, time: Callable[[], float]) -> None:
        """Know of none yet; *time* is the wall clock in seconds since the epoch."""
        self._time = time
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, int], tuple[int, float]] = {}

    def count(self, uuid: str, xid: int) -> None:
        """Note one event."""
        with self._lock:
            before, _ = self._seen.get((uuid, xid), (0, 0.0))
            self._seen[uuid, xid] = before + 1, self._time()

    def families(self) -> list[Family]:
        """Lay out what came since the start; errors are not known in advance, so that none is 0."""
        with self._lock:
            seen = sorted(self._seen.items())
        rows = [(labels(uuid=uuid, xid=str(xid)), times, last) for (uuid, xid), (times, last) in seen]
        return [
            counter(
                "nvidia_smi_xid_errors_total",
                "XID errors that the driver told of since Medic started.",
                *((pairs, times) for pairs, times, _ in rows),
            ),
            gauge(
                "nvidia_smi_xid_last_timestamp_seconds",
                "When the last such XID error came, in unixtime.",
                *((pairs, last) for pairs, _, last in rows),
            ),
        ]


class Watcher:
    """Waits for the events of some GPUs, in a daemon thread, until it is stopped or the driver refuses."""

    def __init__(self, nvml: ModuleType, gpus: Sequence[tuple[str, Handle]], seen: Callable[[str, int], None]) -> None:
        """Register for the *gpus*, UUID and handle; raises NVMLError when there are no events on this system."""
        self._nvml = nvml
        self._seen = seen
        self._uuids = {address(handle): uuid for uuid, handle in gpus}
        self._stopping = threading.Event()
        self._events = nvml.nvmlEventSetCreate()
        try:
            _register(nvml, gpus, self._events)
        except nvml.NVMLError:
            nvml.nvmlEventSetFree(self._events)
            raise
        self._thread = threading.Thread(target=self._watch, name="xid events", daemon=True)
        self._thread.start()

    @property
    def runs(self) -> bool:
        """Tell whether it still waits for events."""
        return self._thread.is_alive()

    def stop(self) -> bool:
        """End it, and tell whether it did end; False means that it is stuck inside of the library."""
        self._stopping.set()
        self._thread.join(PATIENCE)
        return not self._thread.is_alive()

    def _watch(self) -> None:
        nvml = self._nvml
        try:
            while not self._stopping.is_set():
                self._wait(nvml)
        except nvml.NVMLError:
            pass  # the driver went away, or a GPU did: whoever collects sees it too, and starts another watcher
        finally:
            _free(nvml, self._events)

    def _wait(self, nvml: ModuleType) -> None:
        try:
            event = nvml.nvmlEventSetWait_v2(self._events, WAIT)
        except nvml.NVMLError_Timeout:
            return
        if event.eventType & nvml.nvmlEventTypeXidCriticalError:
            self._seen(self._uuids.get(address(event.device), ""), int(event.eventData))


def address(handle: Handle) -> int:
    """Return what makes two handles of one device equal; ctypes compares the boxes that they come in."""
    import ctypes  # on use: 700 kB that a host without GPUs need not have

    return ctypes.cast(handle, ctypes.c_void_p).value or 0  # type: ignore[arg-type] # a pointer, as NVML made it


def _register(nvml: ModuleType, gpus: Sequence[tuple[str, Handle]], events: Handle) -> None:
    """Register each GPU that has events; raises the last refusal when none has."""
    refusals: Mapping[str, Exception] = {
        uuid: refusal for uuid, handle in gpus if (refusal := _refusal(nvml, handle, events)) is not None
    }
    if len(refusals) == len(gpus):
        raise next(iter(refusals.values()), nvml.NVMLError(nvml.NVML_ERROR_NOT_SUPPORTED))


def _refusal(nvml: ModuleType, handle: Handle, events: Handle) -> Exception | None:
    try:
        nvml.nvmlDeviceRegisterEvents(handle, nvml.nvmlEventTypeXidCriticalError, events)
    except nvml.NVMLError as error:
        refusal: Exception = error
        return refusal
    return None


def _free(nvml: ModuleType, events: Handle) -> None:
    with contextlib.suppress(nvml.NVMLError):  # its driver may be gone, and it with it
        nvml.nvmlEventSetFree(events)
