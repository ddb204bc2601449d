"""What is asked of a GPU: the fields of ``nvidia-smi --query-gpu``, and the calls of NVML that answer them.

Names and help texts are those of nvidia_gpu_exporter, which makes them from the names of nvidia-smi's fields; the calls
are those of NVIDIA's "NVML API Reference".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Protocol

from exporter.collectors.gpu.queries import Ask, Handle, Query, call, either, members
from medic.core.samples import Kind

MILLI, PERCENT, MEGA, KILO, MICRO = 1e-3, 1e-2, 1e6, 1e3, 1e-6
UNITS = {"%": "_ratio", "MHz": "_clock_hz", "W": "_watts", "MiB": "_bytes", "us": "_seconds"}
UNKNOWN_PSTATE = 32
"""NVML_PSTATE_UNKNOWN."""
REASONS = {
    "gpu_idle": 0x01,
    "applications_clocks_setting": 0x02,
    "sw_power_cap": 0x04,
    "hw_slowdown": 0x08,
    "sync_boost": 0x10,
    "sw_thermal_slowdown": 0x20,
    "hw_thermal_slowdown": 0x40,
    "hw_power_brake_slowdown": 0x80,
}
"""Why clocks are held down: the bits of nvmlClocksEventReasons."""
FIELD_VALUES = {
    "temperature.memory": (82, 1.0),
    "clocks_event_reasons_counters.sw_power_cap [us]": (74, MICRO),
    "clocks_event_reasons_counters.sync_boost [us]": (76, MICRO),
    "gpu_recovery_action": (230, 1.0),
}
"""Fields that nvmlDeviceGetFieldValues alone knows, asked for in one call.

By number, which up to 250 NVML never gave anew; those of the thermal counters differ between versions of the library,
so that they are not asked for.
"""
VALUE_TYPES = ("dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal")
"""The members of nvmlValue_t in the order of nvmlValueType_t."""


@dataclass(frozen=True, slots=True)
class Metric:
    """How a field is exported."""

    name: str
    kind: Kind
    help: str


def metric(field: str) -> Metric:
    """Name the metric of one of nvidia-smi's fields: ``power.draw [W]`` is ``nvidia_smi_power_draw_watts``."""
    if field in EXTRAS:
        return EXTRAS[field]
    name, _, unit = field.partition(" ")
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().replace(".", "_")
    return Metric(f"nvidia_smi_{snake}{UNITS.get(unit.strip('[]'), '')}", Kind.GAUGE, field)


def _memory(nvml: ModuleType, handle: Handle) -> list[float]:
    found = nvml.nvmlDeviceGetMemoryInfo(handle, nvml.nvmlMemory_v2)
    return [found.total, found.reserved, found.used, found.free]


def _old_memory(nvml: ModuleType, handle: Handle) -> list[float | None]:
    """Ask a driver before 510: what it calls used holds what is reserved, too."""
    found = nvml.nvmlDeviceGetMemoryInfo(handle)
    return [found.total, None, found.used, found.free]


def _pstate(nvml: ModuleType, handle: Handle) -> list[float | None]:
    state = nvml.nvmlDeviceGetPerformanceState(handle)
    return [None if state == UNKNOWN_PSTATE else state]


def _reasons(function: str) -> Ask:
    ask = call(function)

    def decode(nvml: ModuleType, handle: Handle) -> list[float]:
        (active,) = ask(nvml, handle)
        return [active or 0.0, *(float(int(active or 0) & bit > 0) for bit in REASONS.values())]

    return decode


def _field_values(nvml: ModuleType, handle: Handle) -> list[float | None]:
    answers = nvml.nvmlDeviceGetFieldValues(handle, [number for number, _ in FIELD_VALUES.values()])
    return [_decode(answer, scale) for answer, (_, scale) in zip(answers, FIELD_VALUES.values(), strict=True)]


def _decode(answer: "FieldValue", scale: float) -> float | None:
    if answer.nvmlReturn or answer.valueType >= len(VALUE_TYPES):
        return None
    return float(getattr(answer.value, VALUE_TYPES[answer.valueType])) * scale


class FieldValue(Protocol):
    """Of nvmlFieldValue_t what is read here."""

    nvmlReturn: int  # noqa: N815 - NVML's name
    valueType: int  # noqa: N815 - NVML's name
    value: object


def _pci(nvml: ModuleType, handle: Handle) -> list[float]:
    found = nvml.nvmlDeviceGetPciInfo(handle)
    return [found.domain, found.bus, found.device, found.pciDeviceId, found.pciSubSystemId]


def _compute_capability(nvml: ModuleType, handle: Handle) -> list[float]:
    major, minor = nvml.nvmlDeviceGetCudaComputeCapability(handle)
    return [float(f"{major}.{minor}")]


def _retired(cause: str) -> Ask:
    def ask(nvml: ModuleType, handle: Handle) -> list[float]:
        return [len(nvml.nvmlDeviceGetRetiredPages(handle, getattr(nvml, cause)))]

    return ask


def _ecc(kind: str, since: str, location: str) -> Query:
    constants = f"NVML_MEMORY_ERROR_TYPE_{kind.upper()}", f"NVML_{since.upper()}_ECC"
    field = f"ecc.errors.{kind}.{since}.{location}"
    if location == "total":
        return Query((field,), call("nvmlDeviceGetTotalEccErrors", *constants))
    place = f"NVML_MEMORY_LOCATION_{location.upper()}"
    return Query((field,), call("nvmlDeviceGetMemoryErrorCounter", *constants, place), steady=True)


def _clocks(when: str, function: str, *clocks: str, steady: bool = False) -> list[Query]:
    return [
        Query(
            (f"clocks.{when}.{clock} [MHz]",),
            call(function, f"NVML_CLOCK_{'MEM' if clock == 'memory' else clock.upper()}", scale=MEGA),
            steady=steady,
        )
        for clock in clocks
    ]


def _steady(fields: str | Sequence[str], ask: Ask) -> Query:
    return Query((fields,) if isinstance(fields, str) else tuple(fields), ask, steady=True)


LOCATIONS = ("device_memory", "dram", "sram", "register_file", "l1_cache", "l2_cache", "texture_memory", "cbu")
EXTRAS = {
    "energy": Metric(
        "nvidia_smi_energy_joules_total",
        Kind.COUNTER,
        "Energy that the GPU has consumed since the driver was loaded.",
    ),
    "pcie.tx": Metric("nvidia_smi_pcie_throughput_tx_bytes_per_second", Kind.GAUGE, "PCIe traffic that the GPU sends."),
    "pcie.rx": Metric(
        "nvidia_smi_pcie_throughput_rx_bytes_per_second", Kind.GAUGE, "PCIe traffic that the GPU receives."
    ),
}
"""What NVML has and nvidia-smi has no field for."""

MEMORY = Query(
    ("memory.total [MiB]", "memory.reserved [MiB]", "memory.used [MiB]", "memory.free [MiB]"),
    either(_memory, _old_memory),
)
LIVE = (
    MEMORY,
    Query(
        ("utilization.gpu [%]", "utilization.memory [%]"),
        members("nvmlDeviceGetUtilizationRates", "gpu", "memory", scale=PERCENT),
    ),
    Query(("utilization.encoder [%]",), call("nvmlDeviceGetEncoderUtilization", scale=PERCENT)),
    Query(("utilization.decoder [%]",), call("nvmlDeviceGetDecoderUtilization", scale=PERCENT)),
    Query(("utilization.jpeg [%]",), call("nvmlDeviceGetJpgUtilization", scale=PERCENT)),
    Query(("utilization.ofa [%]",), call("nvmlDeviceGetOfaUtilization", scale=PERCENT)),
    Query(("temperature.gpu",), call("nvmlDeviceGetTemperature", "NVML_TEMPERATURE_GPU")),
    Query(("temperature.gpu.tlimit",), call("nvmlDeviceGetMarginTemperature")),
    Query(("power.draw [W]",), call("nvmlDeviceGetPowerUsage", scale=MILLI)),
    Query(("energy",), call("nvmlDeviceGetTotalEnergyConsumption", scale=MILLI)),
    Query(("fan.speed [%]",), call("nvmlDeviceGetFanSpeed", scale=PERCENT)),
    Query(("pstate",), _pstate),
    *_clocks("current", "nvmlDeviceGetClockInfo", "graphics", "sm", "memory", "video"),
    Query(
        ("clocks_event_reasons.active", *(f"clocks_event_reasons.{reason}" for reason in REASONS)),
        either(
            _reasons("nvmlDeviceGetCurrentClocksEventReasons"), _reasons("nvmlDeviceGetCurrentClocksThrottleReasons")
        ),
    ),
    Query(tuple(FIELD_VALUES), _field_values),
    Query(("pcie.link.gen.current",), call("nvmlDeviceGetCurrPcieLinkGeneration")),
    Query(("pcie.link.width.current",), call("nvmlDeviceGetCurrPcieLinkWidth")),
    Query(
        ("encoder.stats.sessionCount", "encoder.stats.averageFps", "encoder.stats.averageLatency"),
        call("nvmlDeviceGetEncoderStats"),
    ),
    *(_ecc(kind, since, "total") for kind in ("corrected", "uncorrected") for since in ("volatile", "aggregate")),
)
"""What is asked for at each collection."""
STEADY = (
    *_clocks("max", "nvmlDeviceGetMaxClockInfo", "graphics", "sm", "memory", steady=True),
    _steady("power.limit [W]", call("nvmlDeviceGetPowerManagementLimit", scale=MILLI)),
    _steady("power.default_limit [W]", call("nvmlDeviceGetPowerManagementDefaultLimit", scale=MILLI)),
    _steady("enforced.power.limit [W]", call("nvmlDeviceGetEnforcedPowerLimit", scale=MILLI)),
    _steady(
        ("power.min_limit [W]", "power.max_limit [W]"),
        call("nvmlDeviceGetPowerManagementLimitConstraints", scale=MILLI),
    ),
    _steady(
        "clocks_event_reasons.supported",
        either(call("nvmlDeviceGetSupportedClocksEventReasons"), call("nvmlDeviceGetSupportedClocksThrottleReasons")),
    ),
    _steady("pcie.link.gen.max", call("nvmlDeviceGetMaxPcieLinkGeneration")),
    _steady("pcie.link.gen.gpumax", call("nvmlDeviceGetGpuMaxPcieLinkGeneration")),
    _steady("pcie.link.width.max", call("nvmlDeviceGetMaxPcieLinkWidth")),
    _steady(("ecc.mode.current", "ecc.mode.pending"), call("nvmlDeviceGetEccMode")),
    *(
        _ecc(kind, since, location)
        for kind in ("corrected", "uncorrected")
        for since in ("volatile", "aggregate")
        for location in LOCATIONS
    ),
    _steady(
        "retired_pages.single_bit_ecc.count", _retired("NVML_PAGE_RETIREMENT_CAUSE_MULTIPLE_SINGLE_BIT_ECC_ERRORS")
    ),
    _steady("retired_pages.double_bit.count", _retired("NVML_PAGE_RETIREMENT_CAUSE_DOUBLE_BIT_ECC_ERROR")),
    _steady("retired_pages.pending", call("nvmlDeviceGetRetiredPagesPendingStatus")),
    _steady(
        (
            "remapped_rows.correctable",
            "remapped_rows.uncorrectable",
            "remapped_rows.pending",
            "remapped_rows.failure",
        ),
        call("nvmlDeviceGetRemappedRows"),
    ),
    _steady(("mig.mode.current", "mig.mode.pending"), call("nvmlDeviceGetMigMode")),
    _steady(("gsp.mode.current", "gsp.mode.default"), call("nvmlDeviceGetGspFirmwareMode")),
    _steady("compute_mode", call("nvmlDeviceGetComputeMode")),
    _steady("compute_cap", _compute_capability),
    _steady("persistence_mode", call("nvmlDeviceGetPersistenceMode")),
    _steady("display_attached", call("nvmlDeviceGetDisplayMode")),
    _steady("display_active", call("nvmlDeviceGetDisplayActive")),
    _steady("accounting.mode", call("nvmlDeviceGetAccountingMode")),
    _steady("accounting.buffer_size", call("nvmlDeviceGetAccountingBufferSize")),
    _steady("index", call("nvmlDeviceGetIndex")),
    _steady(("pci.domain", "pci.bus", "pci.device", "pci.device_id", "pci.sub_device_id"), _pci),
)
"""What is asked for once a minute."""
THROUGHPUT = (
    Query(("pcie.tx",), call("nvmlDeviceGetPcieThroughput", "NVML_PCIE_UTIL_TX_BYTES", scale=KILO)),
    Query(("pcie.rx",), call("nvmlDeviceGetPcieThroughput", "NVML_PCIE_UTIL_RX_BYTES", scale=KILO)),
)
"""Each takes the driver 20 ms."""
