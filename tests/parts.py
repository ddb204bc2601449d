"""The real parts that tests use: how each is found, and which Debian package installs it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from os import environ
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Part:
    """Something real that a test needs beside Python."""

    find: Callable[[], str | None]
    package: str | None
    """The Debian packages that install it, with spaces between; None for what cannot be installed."""


def program(name: str) -> Callable[[], str | None]:
    """Look for an executable on the PATH, and where Debian puts servers."""
    return lambda: shutil.which(name, path=f"{environ.get('PATH', '')}:/usr/sbin:/sbin")


def promqltest() -> str | None:
    """Look for Prometheus' test data of the query language, beside the project or where MEDIC_PROMQLTEST says."""
    folder = Path(environ.get("MEDIC_PROMQLTEST") or Path(__file__).resolve().parents[2] / "shared" / "promqltest")
    return str(folder) if folder.is_dir() else None


def systemd() -> str | None:
    """Tell whether systemd runs this machine."""
    return "/run/systemd/system" if Path("/run/systemd/system").is_dir() else None


def compiler() -> str | None:
    """Look for a C compiler with the headers of its library."""
    return program("cc")() if Path("/usr/include/stdio.h").exists() else None


def gpu() -> str | None:
    """Tell whether NVIDIA's driver has a GPU here, and its own program to compare with."""
    return program("nvidia-smi")() if Path("/dev/nvidia0").exists() else None


PARTS = {
    "promtool": Part(program("promtool"), "prometheus"),
    "prometheus": Part(program("prometheus"), "prometheus"),
    "alertmanager": Part(program("prometheus-alertmanager"), "prometheus-alertmanager"),
    "amtool": Part(program("amtool"), "prometheus-alertmanager"),
    "node_exporter": Part(program("prometheus-node-exporter"), "prometheus-node-exporter"),
    "process_exporter": Part(program("prometheus-process-exporter"), "prometheus-process-exporter"),
    "blackbox_exporter": Part(program("prometheus-blackbox-exporter"), "prometheus-blackbox-exporter"),
    "redis": Part(program("redis-server"), "redis-server"),
    "rabbitmq": Part(program("rabbitmq-server"), "rabbitmq-server"),
    "cc": Part(compiler, "gcc libc6-dev"),  # Debian's gcc only recommends the headers
    "gpu": Part(gpu, None),
    "openssl": Part(program("openssl"), "openssl"),
    "promqltest": Part(promqltest, None),
    "systemd": Part(systemd, None),
}


@cache
def find(part: str) -> str | None:
    """Return where *part* is, None when it is missing; raises KeyError for a part that nobody declared."""
    return PARTS[part].find()


def missing(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of *parts* that are not there."""
    return tuple(part for part in parts if find(part) is None)


def packages() -> list[str]:
    """Return the Debian packages that install all that can be installed."""
    return sorted({name for part in PARTS.values() for name in (part.package or "").split()})


if __name__ == "__main__":
    print(" ".join(packages()))
