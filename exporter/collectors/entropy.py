"""The kernel's store of randomness, from /proc/sys/kernel/random."""

from pathlib import Path

from exporter.sources import Source
from medic.core.samples import Family, gauge

FILES = (
    ("entropy_avail", "node_entropy_available_bits", "Bits of available entropy."),
    ("poolsize", "node_entropy_pool_size_bits", "Bits of entropy pool."),
)


class Entropy:
    """Reads two numbers."""

    def __init__(self, proc: Path) -> None:
        """Read from under *proc*."""
        self._files = [(Source(f"{proc}/sys/kernel/random/{file}"), name, help_) for file, name, help_ in FILES]

    def collect(self) -> list[Family]:
        """Give the bits that there are, and those that there can be; nothing where the kernel does not tell."""
        read = ((source.read_or_none(), name, help_) for source, name, help_ in self._files)
        return [gauge(name, help_, ((), int(text))) for text, name, help_ in read if text]
