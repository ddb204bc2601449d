import subprocess
import sys

import pytest

from exporter.collectors.gpu import Options
from exporter.collectors.gpu.collector import Finder
from exporter.collectors.gpu.library import NAME, is_there
from tests.fakes import HandClock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is looked for as Linux' loader does")


@pytest.fixture
def no_folder(monkeypatch):
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)


def test_it_is_there_when_the_loaders_cache_names_it(tmp_path, no_folder):
    cache = tmp_path / "cache"
    cache.write_bytes(b"glibc-ld.so.cache1.1\0libm.so.6\0" + NAME.encode() + b"\0/usr/lib/" + NAME.encode() + b"\0")
    assert is_there(cache)
    cache.write_bytes(b"glibc-ld.so.cache1.1\0libm.so.6\0")
    assert not is_there(cache)


def test_it_is_there_when_it_lies_where_the_loader_was_told_to_look(tmp_path, monkeypatch):
    (tmp_path / NAME).touch()
    monkeypatch.setenv("LD_LIBRARY_PATH", f"/nowhere:{tmp_path}")
    assert is_there(tmp_path / "no-cache")


def test_an_empty_entry_of_the_path_is_no_folder(tmp_path, monkeypatch):
    (tmp_path / NAME).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LD_LIBRARY_PATH", ":")
    assert not is_there(tmp_path / "no-cache")


def test_a_host_without_it_loads_nothing_that_looks_at_gpus():
    program = """
import sys
from exporter.collectors.gpu import Options, collectors
from medic.core.clock import SystemClock
gpu, xids = collectors(Options(), SystemClock(), tuple)
gpu.collect(), xids.collect()
print(sorted({"pynvml", "ctypes", "exporter.collectors.gpu.gpus"} & set(sys.modules)))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_library_that_is_not_there_is_looked_for_again_every_five_minutes():
    looks, clock = [], HandClock()
    finder = Finder(Options(), clock, tuple, is_there=lambda: looks.append(clock.monotonic()) is not None)
    for _ in range(60):
        finder.collect()
        clock.pass_by(seconds=15)
    assert [each - looks[0] for each in looks] == [0, 300, 600]
