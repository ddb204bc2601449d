"""What the C library's allocator is told, seen from outside in a process of its own."""

import platform
import subprocess
import sys

import pytest

MAPS = """
import threading
{tighten}
held, gate = [], threading.Event()
def hold():
    held.append([bytearray(700) for _ in range(200)])  # beyond what Python's own allocator serves
    gate.wait()
threads = [threading.Thread(target=hold) for _ in range(4)]
for each in threads: each.start()
while len(held) < 4: pass
lines = [line.split() for line in open("/proc/self/maps")]
spans = [(*(int(end, 16) for end in line[0].split("-")), line[1]) for line in lines]
size = 1 << 26
print(sum(a[0] % size == 0 and b[1] - a[0] == size and b[2] == "---p" for a, b in zip(spans, spans[1:])))
gate.set()
"""
"""Counts the heaps of threads: glibc reserves 64 MiB for each, of which the rest cannot be used yet."""

MAPPINGS = """
import ctypes
{tighten}
class Facts(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", *"abcde")]
library = ctypes.CDLL(None)
library.mallinfo2.restype = Facts
bytearray(8 << 20)  # freed at once
before = library.mallinfo2().hblks
held = bytearray(1 << 20)
print(library.mallinfo2().hblks - before)
"""
"""Counts how many mappings one large block has, after another was freed."""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="other C libraries have no arenas"
)


def told(tighten, program=MAPS):
    run = [sys.executable, "-c", program.format(tighten=tighten)]
    return int(subprocess.run(run, capture_output=True, check=True, timeout=60).stdout)


def test_threads_share_one_heap_once_the_allocator_is_tightened():
    assert told("") >= 1
    assert told("from medic.app.allocator import tighten, trim; tighten(); trim()") == 0


def test_large_blocks_stay_mappings_of_their_own_after_one_was_freed():
    assert told("", MAPPINGS) == 0
    assert told("from medic.app.allocator import tighten; tighten()", MAPPINGS) == 1
