"""What GPUs answered: plain values, that no later call changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medic.core.samples import Labels

Processes = Mapping[int, int | None]
"""Bytes by process number; None where the driver does not tell."""
Values = Mapping[str, float]
"""By nvidia-smi's field; what is not known is not there."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A device of a GPU that is divided (MIG)."""

    uuid: str
    gpu_instance: int
    compute_instance: int
    profile: str
    """Such as ``1g.10gb``."""
    memory: Values
    """That of its GPU instance, which its compute instances share."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one GPU answered."""

    uuid: str
    """Without ``GPU-``, as nvidia_gpu_exporter has it."""
    identity: Labels
    values: Values
    instances: Sequence[Instance] = ()
    processes: Processes | None = None
    """None when the driver does not tell."""


@dataclass(frozen=True, slots=True)
class Look:
    """What came of asking all GPUs."""

    readings: Sequence[Reading] = ()
    code: int | None = None
    """NVML's return code of what went wrong, 0 when all is well; None when there is no NVML."""
