"""NVIDIA's GPUs, through the library of their driver (NVML)."""

from exporter.collectors.gpu.collector import Options, collectors, declared

__all__ = ["Options", "collectors", "declared"]
