"""NVIDIA's GPUs, through the library of their driver (NVML)."""

from exporter.collectors.gpu.collector import EVERY, Options, collectors, declared

__all__ = ["EVERY", "Options", "collectors", "declared"]
