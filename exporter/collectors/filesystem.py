"""Filesystems: space and files of each mount, and which mounts do not answer."""

import os
import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

from exporter.crew import Inquiry
from exporter.sources import Source
from medic.core.samples import Family, Labels, gauge, labels

DEADLINE = 1.0
"""Seconds that a mount has to answer; a dead network mount never does."""
# Both as node_exporter 1.x has them by default.
IGNORED_POINTS = re.compile(r"^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)")
IGNORED_TYPES = frozenset({
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts",
    "devtmpfs", "fusectl", "hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc",
    "procfs", "pstore", "rpc_pipefs", "securityfs", "selinuxfs", "squashfs", "sysfs", "tracefs",
})  # fmt: skip

LOCAL_TYPES = frozenset({
    "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "ramfs", "tmpfs", "vfat", "xfs",
})  # fmt: skip
"""Those that answer from memory, and so are asked without a thread of their own; any other may be a network's."""

_ESCAPED = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """One mounted filesystem."""

    device: str
    point: str
    type: str
    readonly: bool


class Space(NamedTuple):
    """What a mount answered."""

    size: int
    free: int
    available: int
    files: int
    files_free: int


FIELDS = (
    ("size", "node_filesystem_size_bytes", "Filesystem size in bytes."),
    ("free", "node_filesystem_free_bytes", "Filesystem free space in bytes."),
    ("available", "node_filesystem_avail_bytes", "Filesystem space available to non-root users in bytes."),
    ("files", "node_filesystem_files", "Filesystem total file nodes."),
    ("files_free", "node_filesystem_files_free", "Filesystem total free file nodes."),
)
"""Of Space, and what each is called."""

Answer = Space | None
"""None of a mount that answered with an error."""
Statvfs = Callable[[str], os.statvfs_result]


class Filesystems:
    """Asks every mount, and remembers those that have not answered yet: they are not asked again before they do."""

    def __init__(
        self,
        proc: Path,
        root: Path = Path("/"),
        *,
        time: Callable[[], float],
        statvfs: Statvfs = os.statvfs,
        deadline: float = DEADLINE,
    ) -> None:
        """Read the mounts from under *proc*; the host's own root is mounted at *root*; *time* is a monotonic clock."""
        # The first process sees the host's mounts; it may be out of reach, or have ended with its container.
        self._tables = Source(f"{proc}/1/mounts"), Source(f"{proc}/mounts")
        self._root = "" if str(root) == "/" else str(root)
        self._mounts: tuple[str, list[Mount]] = "", []
        self._statvfs = statvfs
        self._inquiry: Inquiry[Mount, Answer] = Inquiry("filesystems", time=time, deadline=deadline)

    def collect(self) -> list[Family]:
        """Give ``node_filesystem_*``; a mount that does not answer within the deadline has ``device_error`` 1 only."""
        found = self._table()
        slow = (mount for mount in found if mount.type not in LOCAL_TYPES)
        asked = self._inquiry.ask({mount: partial(self._ask, mount) for mount in slow})
        return families([(mount, asked[mount] if mount in asked else self._ask(mount)) for mount in found])

    def _table(self) -> list[Mount]:
        first, own = self._tables
        text = first.read_or_none()
        text = own.read() if text is None else text
        if text != self._mounts[0]:
            self._mounts = text, mounts(text, self._root)
        return self._mounts[1]

    def _ask(self, mount: Mount) -> Answer:
        return ask(self._root + mount.point, self._statvfs)


def ask(point: str, statvfs: Statvfs) -> Answer:
    """Return the space of the filesystem at *point*, None when it answers with an error; it may hang for ever."""
    try:
        answer = statvfs(point)
    except OSError:
        return None
    block = answer.f_frsize
    return Space(
        size=answer.f_blocks * block,
        free=answer.f_bfree * block,
        available=answer.f_bavail * block,
        files=answer.f_files,
        files_free=answer.f_ffree,
    )


def mounts(text: str, root: str = "") -> list[Mount]:
    """Read the lines of a table of mounts (fstab(5)) that are not pseudo filesystems, each mount once.

    Points below *root*, where a container sees the host's, are given as the host has them.
    """
    found = []
    for line in filter(None, text.split("\n")):  # str.split() alone would break a name at a no-break space
        device, path, type_, options, *_ = line.split(" ")
        point = _below(_unescape(path), root)
        if type_ not in IGNORED_TYPES and not IGNORED_POINTS.match(point):
            found.append(Mount(_unescape(device), point, type_, "ro" in options.split(",")))
    # The later of two at one point hides the earlier; with the same labels they would be one sample twice.
    return list({mount[:3]: mount for mount in found}.values())


def families(answers: Sequence[tuple[Mount, Answer]]) -> list[Family]:
    """Lay out the answers as node_exporter does."""
    labelled = [(_labels(mount[:3]), mount, space) for mount, space in answers]
    known = [(pairs, space) for pairs, _, space in labelled if space is not None]
    return [
        gauge(
            "node_filesystem_device_error",
            "Whether an error occurred while getting statistics for the given device.",
            *((pairs, int(space is None)) for pairs, _, space in labelled),
        ),
        gauge(
            "node_filesystem_readonly",
            "Filesystem read-only status.",
            *((pairs, int(mount.readonly)) for pairs, mount, space in labelled if space is not None),
        ),
        *(gauge(name, help_, *((at, getattr(space, field)) for at, space in known)) for field, name, help_ in FIELDS),
    ]


@lru_cache(maxsize=1 << 12)
def _labels(mount: tuple[str, str, str]) -> Labels:
    device, point, type_ = mount
    return labels(device=device, mountpoint=point, fstype=type_)


def _below(point: str, root: str) -> str:
    if root and (point == root or point.startswith(f"{root}/")):
        return point.removeprefix(root) or "/"
    return point


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), text) if "\\" in text else text
