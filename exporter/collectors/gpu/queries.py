"""How NVML is asked: questions that name their fields, and the few shapes that its answers have."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

Handle = object
"""What NVML calls a device; only NVML can look into it."""
Ask = Callable[[ModuleType, Handle], Iterable[float | None]]


@dataclass(frozen=True, slots=True)
class Query:
    """One question to NVML, and the fields that its answer has values for."""

    fields: tuple[str, ...]
    ask: Ask
    """Gives a value for each of the fields in turn, None for what is not known; raises NVMLError."""
    steady: bool = False
    """It changes by a person's hand or by a fault, and is asked for once a minute."""


def call(function: str, *constants: str, scale: float = 1.0) -> Ask:
    """Ask by *function* of pynvml with the *constants* named; an answer of several values answers several fields."""

    def ask(nvml: ModuleType, handle: Handle) -> list[float]:
        answer = _find(nvml, function)(handle, *(getattr(nvml, each) for each in constants))
        values = answer if isinstance(answer, (list, tuple)) else [answer]
        return [float(value) * scale for value in values]

    return ask


def members(function: str, *names: str, scale: float = 1.0) -> Ask:
    """Ask by *function*, which answers with a structure."""

    def ask(nvml: ModuleType, handle: Handle) -> list[float]:
        answer = _find(nvml, function)(handle)
        return [getattr(answer, name) * scale for name in names]

    return ask


def either(first: Ask, second: Ask) -> Ask:
    """Ask the *second* way where the driver does not have the *first*."""

    def ask(nvml: ModuleType, handle: Handle) -> Iterable[float | None]:
        try:
            return first(nvml, handle)
        except nvml.NVMLError_FunctionNotFound:
            return second(nvml, handle)

    return ask


def _find(nvml: ModuleType, function: str) -> Callable[..., Any]:
    """Find a function of pynvml; one that this version does not have is one that the library does not have."""
    found: Callable[..., Any] | None = getattr(nvml, function, None)
    if found is None:
        raise nvml.NVMLError(nvml.NVML_ERROR_FUNCTION_NOT_FOUND)
    return found
