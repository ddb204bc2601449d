"""Installs the real parts that tests use, without letting a package start its service."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import parts

POLICY = Path("/usr/sbin/policy-rc.d")


def main() -> int:
    """Install what is missing; return 1, saying why, when that is not possible."""
    absent = [name for name, part in parts.PARTS.items() if part.package and part.find() is None]
    if not absent:
        return 0
    if os.geteuid() != 0:
        print(f"missing: {', '.join(absent)}; as root: apt-get install {' '.join(parts.packages())}", file=sys.stderr)
        return 1
    with services_kept_from_starting():
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *parts.packages()]
        subprocess.run(install, check=True, env=environment, stdout=subprocess.DEVNULL)
    return 0


@contextmanager
def services_kept_from_starting() -> Iterator[None]:
    """Have Debian's maintainer scripts start nothing (policy-rc.d exits 101), unless a policy stands already."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


if __name__ == "__main__":
    sys.exit(main())
