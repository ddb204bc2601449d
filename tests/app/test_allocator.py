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

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="other C libraries have no arenas"
)


def heaps(tighten):
    run = [sys.executable, "-c", MAPS.format(tighten=tighten)]
    return int(subprocess.run(run, capture_output=True, check=True, timeout=60).stdout)


def test_threads_share_one_heap_once_the_allocator_is_tightened():
    assert heaps("") >= 1
    assert heaps("from medic.app.allocator import tighten, trim; tighten(); trim()") == 0
