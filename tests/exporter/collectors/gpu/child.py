"""A process that looks at GPUs when it is told to: the real pynvml, with whatever library the loader finds for it."""

import contextlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from exporter.collectors.gpu import Options, collectors
from medic.core.workers import Pool, ProcessId, SlotState, Worker


class ToldClock:
    """A clock that shows what the last order said."""

    seconds = 0.0

    def now(self):
        return datetime.fromtimestamp(1_700_000_000 + self.seconds, UTC)

    def monotonic(self):
        return self.seconds


def main(options, proc):
    clock, known = ToldClock(), []
    file = options.pop("file", None)
    chosen = Options(**options, file=file and Path(file))
    gpu, xids = collectors(chosen, clock, lambda: known, proc=Path(proc))
    for line in sys.stdin:
        order = json.loads(line)
        clock.seconds = order["at"]
        known[:] = [pool(name, *processes) for name, processes in order["pools"].items()]
        found = [*gpu.collect(), *xids.collect()]
        answer = {each.name: [[dict(pairs), value] for _, pairs, value, _ in each.samples] for each in found}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def pool(name, *processes):
    workers = [
        Worker(name, slot, SlotState.RUNNING, ProcessId("boot", *process))
        for slot, process in enumerate(processes, start=1)
    ]
    return Pool(name, len(workers), tuple(workers))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main(json.loads(sys.argv[1]), sys.argv[2])
