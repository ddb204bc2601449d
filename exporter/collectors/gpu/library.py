"""NVIDIA's management library: looked for cheaply, loaded on use, and let go when its driver was replaced."""

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

NAME = "libnvidia-ml.so.1"
CACHE = Path("/etc/ld.so.cache")
FOLDERS = ("/lib64", "/usr/lib64", "/usr/lib", "/usr/lib/wsl/lib", "/usr/local/lib")
"""Where the loader looks when there is no cache, as on musl."""


def is_there(cache: Path = CACHE) -> bool:
    """Tell whether the loader would find the library; on Linux without loading anything.

    The cache of ``ldconfig`` holds the names of all libraries as plain text, so that to look for one is to read a file.
    """
    if sys.platform == "win32":
        return True  # pynvml knows where its driver puts it, and asking costs no more than looking
    try:
        if NAME.encode() in cache.read_bytes():
            return True
    except OSError:
        pass
    folders = (*os.environ.get("LD_LIBRARY_PATH", "").split(":"), *FOLDERS)
    return any(folder and Path(folder, NAME).exists() for folder in folders)


def load() -> ModuleType:
    """Import pynvml, which costs 5 MB; its own errors come when it is used."""
    return importlib.import_module("pynvml")


def let_go(nvml: ModuleType) -> None:
    """Unload the library and forget pynvml, so that the next load takes the file that is there then.

    After an upgrade of the driver the library that was loaded before no longer fits the kernel's part, and the loader
    gives the same one again as long as it is loaded. Call it after nvmlShutdown, with no other thread inside of it.
    """
    library = getattr(nvml, "nvmlLib", None)
    sys.modules.pop(nvml.__name__, None)
    if library is not None and sys.platform != "win32":
        import _ctypes

        _ctypes.dlclose(library._handle)  # noqa: SLF001 - ctypes has no other name for it
