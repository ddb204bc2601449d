"""A real process-exporter, and processes whose figures stand still, to hold against it."""

import json
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests import parts
from tests.exporter.listening import WITHIN, port_of

PROGRAM = """
import os, sys, threading, time
waiting = threading.Event()
for number in range(int(sys.argv[1])):
    threading.Thread(target=waiting.wait, daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    until = time.process_time() + 0.3
    with open(sys.argv[2], "wb") as file:
        file.write(bytes(200_000))
        os.fsync(file.fileno())
    while time.process_time() < until: os.getppid()
    print("ready", flush=True)
"""


@dataclass(frozen=True)
class Told:
    """A page: types and help texts by family, values by sample."""

    kinds: dict
    helps: dict
    values: dict

    def labels(self):
        """Return the names of labels that each sample's name comes with."""
        return {(name, tuple(key for key, _ in pairs)) for name, pairs in self.values}


def told(page):
    families = [each for each in text_string_to_metric_families(page) if each.name.startswith("namedprocess")]
    values = {
        (each.name, tuple(sorted(each.labels.items()))): each.value for family in families for each in family.samples
    }
    kinds = {family.name: family.type for family in families}
    return Told(kinds, {family.name: family.documentation for family in families}, values)


@contextmanager
def process_exporter(config: Path, groups):
    """Start the real one on these groups, whose keys are its own, and yield how to ask it."""
    config.write_text(json.dumps({"process_names": groups}))  # JSON is YAML
    argv = [parts.find("process_exporter"), "-config.path", str(config), "-web.listen-address", "127.0.0.1:0"]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        url = f"http://127.0.0.1:{port_of(process)}/metrics"
        yield lambda: _fetch(url)
    finally:
        process.kill()
        process.communicate()


@contextmanager
def working(folder: Path, mark: str, *, threads: int = 0):
    """Start a process that rests until it is told to work, with *mark* as a word of its command line."""
    argv = [sys.executable, "-c", PROGRAM, str(threads), str(folder / mark), mark]
    child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout.readline() == b"ready\n"
        yield child
    finally:
        child.communicate()


def work(child):
    """Let a process work, and return when it rests again."""
    child.stdin.write(b"work\n")
    child.stdin.flush()
    assert child.stdout.readline() == b"ready\n"


def _fetch(url):
    with urllib.request.urlopen(url, timeout=WITHIN) as answer:
        return told(answer.read().decode())
