"""One GPU: what it answers, and what it was found not to know."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import partial
from types import ModuleType
from typing import TypeVar

from exporter.collectors.gpu.fields import MEMORY
from exporter.collectors.gpu.queries import Handle, Query
from exporter.collectors.gpu.readings import Instance, Processes, Reading, Values
from exporter.collectors.gpu.usage import add, most
from medic.core.errors import MedicError
from medic.core.samples import Labels, labels

T = TypeVar("T")

REFUSED_FOR = 600.0
"""Seconds for which a GPU is not asked again what it does not know."""
STEADY_FOR = 60.0
"""Seconds for which what changes rarely is taken as it was."""
GONE = frozenset({1, 9, 15, 18, 28})
"""Uninitialised, driver not loaded, GPU lost, version mismatch, GPU not found: no other call would do better."""
REFUSALS = frozenset({2, 3, 4, 13, 22, 25, 26})
"""Invalid argument, not supported, no permission, function not found, and the like: it will not answer later either."""
LISTS = (
    "nvmlDeviceGetComputeRunningProcesses",
    "nvmlDeviceGetGraphicsRunningProcesses",
    "nvmlDeviceGetMPSComputeRunningProcesses",
)
"""A process can stand in all three, each time with the same memory."""
VERSIONS = ("_v3", "_v2")
"""Of these functions; drivers before 510 have the second alone."""


class GoneError(MedicError):
    """A GPU, or the whole driver, does not answer any more."""

    def __init__(self, text: str, code: int) -> None:
        """Keep NVML's return code."""
        super().__init__(text)
        self.code = code


class Gpu:
    """A GPU of one session; used by one thread at a time."""

    def __init__(self, nvml: ModuleType, handle: Handle) -> None:
        """Learn who it is; raises NVMLError when not even that is to be had."""
        self._nvml = nvml
        self.handle = handle
        self.uuid = str(nvml.nvmlDeviceGetUUID(handle)).removeprefix("GPU-")
        self._refused: dict[Hashable, float] = {}
        self._steady: Values = {}
        self._identity: Labels = ()
        self._steadied: float | None = None

    def read(self, live: Sequence[Query], steady: Sequence[Query], now: float) -> Reading:
        """Ask it everything; *now* is monotonic. Raises GoneError when it no longer answers."""
        values = dict(self._values(live, now))
        if not values:
            raise GoneError("it answers nothing", self._nvml.NVML_ERROR_UNKNOWN)
        if self._steadied is None or now - self._steadied >= STEADY_FOR:
            self._steady = dict(self._values(steady, now))
            self._identity = self._identify(now)
            self._steadied = now
        divided = list(self._divided(now)) if self._steady.get("mig.mode.current") else []
        return Reading(
            self.uuid,
            self._identity,
            {**self._steady, **values},
            [instance for _, instance in divided],
            self._processes([handle for handle, _ in divided] or [self.handle], now),
        )

    def _values(self, queries: Iterable[Query], now: float) -> Iterator[tuple[str, float]]:
        for query in queries:
            answer = self._ask(query, partial(query.ask, self._nvml, self.handle), now)
            for field, value in zip(query.fields, answer or (), strict=False):  # some answers say more than is asked
                if value is not None:
                    yield field, value

    def _ask(self, key: Hashable, ask: Callable[[], T], now: float) -> T | None:
        """Ask, unless it was refused lately; None when there is no answer. Raises GoneError."""
        if self._refused.get(key, now) > now:
            return None
        try:
            return ask()
        except self._nvml.NVMLError as error:
            if error.value in GONE:
                raise GoneError(str(error), error.value) from error
            if error.value in REFUSALS:
                self._refused[key] = now + REFUSED_FOR
            return None

    def _call(self, function: str, *arguments: object, now: float) -> object | None:
        return self._ask((function, *map(str, arguments[1:])), partial(getattr(self._nvml, function), *arguments), now)

    def _identify(self, now: float) -> Labels:
        """Gather who it is in words; what it does not tell is left out."""
        named = {
            "name": self._call("nvmlDeviceGetName", self.handle, now=now),
            "vbios_version": self._call("nvmlDeviceGetVbiosVersion", self.handle, now=now),
            "serial": self._call("nvmlDeviceGetSerial", self.handle, now=now),
            "driver_version": self._call("nvmlSystemGetDriverVersion", now=now),
            "cuda_version": _cuda(self._call("nvmlSystemGetCudaDriverVersion", now=now)),
            "index": _number(self._steady.get("index")),
            "compute_cap": self._steady.get("compute_cap"),
            "pci_sub_device_id": _hexadecimal(self._steady.get("pci.sub_device_id")),
            "pci_bus_id": self._bus(now),
        }
        return labels({name: str(value) for name, value in named.items() if value is not None}, uuid=self.uuid)

    def _bus(self, now: float) -> str | None:
        found = self._ask("bus", lambda: self._nvml.nvmlDeviceGetPciInfo(self.handle).busId, now)
        return found.decode() if isinstance(found, bytes) else found

    def _divided(self, now: float) -> Iterator[tuple[Handle, Instance]]:
        """Yield the devices that it is divided into; places without one are passed over."""
        places = self._ask("places", lambda: int(self._nvml.nvmlDeviceGetMaxMigDeviceCount(self.handle)), now)
        for place in range(places or 0):
            find = partial(self._nvml.nvmlDeviceGetMigDeviceHandleByIndex, self.handle, place)
            handle = self._ask(("place", place), find, now)
            instance = None if handle is None else self._ask(("at", place), partial(self._instance, handle), now)
            if instance is not None:
                yield handle, instance

    def _instance(self, handle: Handle) -> Instance:
        nvml = self._nvml
        memory = zip(MEMORY.fields, MEMORY.ask(nvml, handle), strict=True)
        return Instance(
            str(nvml.nvmlDeviceGetUUID(handle)).removeprefix("MIG-"),
            int(nvml.nvmlDeviceGetGpuInstanceId(handle)),
            int(nvml.nvmlDeviceGetComputeInstanceId(handle)),
            str(nvml.nvmlDeviceGetName(handle)).rpartition("MIG ")[2],
            {field: value for field, value in memory if value is not None},
        )

    def _processes(self, handles: Sequence[Handle], now: float) -> Processes | None:
        """Gather who uses it, from the devices that it is divided into or from the whole."""
        found = [[self._list(function, handle, now) for function in LISTS] for handle in handles]
        if any(lists[0] is None for lists in found):
            return None
        return add(most(each for each in lists if each is not None) for lists in found)

    def _list(self, function: str, handle: Handle, now: float) -> Processes | None:
        for version in VERSIONS:
            find = getattr(self._nvml, f"{function}{version}")
            found = self._ask(f"{function}{version}", partial(find, handle), now)
            if found is not None:
                return {each.pid: each.usedGpuMemory for each in found}
        return None


def _cuda(version: object) -> str | None:
    """Write 13010 as NVIDIA does, 13.1."""
    return f"{version // 1000}.{version % 1000 // 10}" if isinstance(version, int) else None


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f}"


def _hexadecimal(value: float | None) -> str | None:
    return None if value is None else f"0x{int(value):08X}"
