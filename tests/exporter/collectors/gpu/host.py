"""A host whose GPUs do as a test says: the fake library, its orders, and a process that looks at them."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

SOURCE = Path(__file__).with_name("fake_nvml.c")
NAME = "libnvidia-ml.so.1"
ROOT = Path(__file__).parents[4]
FIRST, SECOND = (f"00000000-0000-0000-0000-00000000000{each}" for each in range(2))
EVERYONE = "pid:[4026531836]"


def build(folder, version="1"):
    """Compile the library as *version* and put it where an older one may be in use."""
    draft = folder / f"{NAME}.new"
    subprocess.run(["cc", "-shared", "-fPIC", f'-DVERSION="{version}"', "-o", draft, SOURCE], check=True)
    draft.replace(folder / NAME)


class Orders:
    """What the fake library does, as a file that it reads at each call."""

    def __init__(self, folder):
        self.folder = folder
        self.file = folder / "orders"
        self.log = folder / "calls"
        self.log.touch()
        self._said = {"log": self.log}
        self.say()

    @property
    def environment(self):
        return {"LD_LIBRARY_PATH": str(self.folder), "MEDIC_FAKE_NVML": str(self.file)}

    def say(self, **orders):
        """Change orders; those that are None are taken back."""
        self._said |= orders
        said = "".join(f"{key}={value}\n" for key, value in self._said.items() if value is not None)
        draft = self.folder / "orders.new"
        draft.write_text(said)
        draft.replace(self.file)

    def fifo(self, order):
        """Make a FIFO and name it in *order*."""
        path = self.folder / order
        os.mkfifo(path)
        self.say(**{order: path})
        return path

    def calls(self):
        """Return how often each function was called so far."""
        return Counter(self.log.read_text().split())


class Host:
    """The orders, and one process that looks at GPUs; its clock goes where it is told."""

    def __init__(self, folder, *, library=True):
        self.orders = Orders(folder)
        self.proc = folder / "proc"
        self.at = 0.0
        self.pools = {}
        self.options = {}
        self._child = None
        self._library = library
        (self.proc / "self/ns").mkdir(parents=True)
        (self.proc / "self/ns/pid").symlink_to(EVERYONE)

    def runs(self, pid, *, parent=1, start=100, state="S"):
        """Put a process on the host."""
        (self.proc / str(pid)).mkdir(exist_ok=True)
        fields = [state, parent, *[0] * 17, start, 0, 0]
        (self.proc / str(pid) / "stat").write_text(f"{pid} (python (x)) {' '.join(map(str, fields))}")

    def look(self, after=15.0):
        """Let *after* seconds go by, look at the GPUs, and return the samples by the name of their family."""
        self.at += after
        if self._child is None:
            self._start()
        print(json.dumps({"at": self.at, "pools": self.pools}), file=self._child.stdin, flush=True)
        answer = self._child.stdout.readline()
        assert answer, "the process that looks at GPUs has ended"
        return Page(json.loads(answer))

    def restart(self):
        """End the process that looks, so that the next look is another's."""
        self.close()
        self._child = None

    def close(self):
        if self._child is not None:
            self._child.kill()
            self._child.communicate()

    def _start(self):
        environment = dict(os.environ) | (self.orders.environment if self._library else {})
        self._child = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.child", json.dumps(self.options), str(self.proc)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=ROOT,
        )


class Page(dict):
    """Samples by the name of their family."""

    def one(self, name, **labels):
        """Return the value of a sample, None when it is not there."""
        found = [value for pairs, value in self.get(name, ()) if pairs == labels]
        assert len(found) <= 1
        return found[0] if found else None

    def of(self, name, uuid=FIRST):
        """Return the value of a GPU's sample that has no other label."""
        return self.one(f"nvidia_smi_{name}", uuid=uuid)

    @property
    def present(self):
        return self.one("medic_gpu_present")

    @property
    def expected(self):
        return self.one("medic_gpu_expected")
