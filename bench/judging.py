"""CPU time of a rule, side by side with Prometheus: both evaluate the same files over the same samples.

    python -m bench.judging [--series 1000] [--seconds 10]

Prometheus gets the samples by remote write, some of them ahead of time, so that its head holds them as after scraping;
its rules come round each second of real time. Medic makes the same seconds pass at once. What Prometheus burns without
any rule is measured, too, and taken off its figures.
"""

import argparse
import contextlib
import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from time import process_time

from bench.remote import write
from bench.scrape import cpu_of, started
from medic.core.samples import Family, Kind, Sample, Snapshot, labels
from rules import files
from rules.engine import Engine
from rules.series import Series

SPACING = 15_000
BEFORE, AHEAD = 60, 20
"""Ticks of samples before and after the beginning."""
OVER_ALL = 20
"""Rules of the shapes that read every series; of the others there are as many as series."""
TEMPLATED = (
    "        annotations: {summary: '{{ $labels.instance }} of {{ $labels.pool }} is at {{ $value | humanize }}'}\n"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of rule: its expression, given a number, and how many of it there are."""

    name: str
    expressions: Sequence[str]
    annotated: bool = False


def shapes(count: int) -> list[Shape]:
    """Return the six shapes over *count* series; each rule of the first two reads another series."""
    one = [f'load{{instance="{index}"}} > 1e9' for index in range(count)]
    rate = [f'rate(tasks_total{{instance="{index}"}}[5m]) > 1e9' for index in range(count)]
    every = [f"load > {1e9 + index}" for index in range(OVER_ALL)]
    summed = [f"sum by (pool) (rate(tasks_total[5m])) > {1e9 + index}" for index in range(OVER_ALL)]
    firing = [f'load{{instance="{index}"}} >= 0' for index in range(count)]
    mean = [f'avg_over_time(load{{instance="{index}"}}[5m]) > 1e9' for index in range(count)]
    ratio = [f'load{{instance="{index}"}} / tasks_total{{instance="{index}"}} > 1e9' for index in range(count)]
    tenth = count // 10
    mix = [
        one[: 4 * tenth],
        rate[: 3 * tenth],
        mean[:tenth],
        ratio[:tenth],
        firing[: tenth - 10],
        every[:5],
        summed[:5],
    ]
    return [
        Shape("threshold on one series", one),
        Shape("rate of one series", rate),
        Shape("threshold over all", every),
        Shape("sum by rate over all", summed),
        Shape("firing alerts with templates", firing, annotated=True),
        Shape("a mix", list(chain(*mix)), annotated=True),
    ]


def rule_file(shape: Shape) -> str:
    """Write a rule file; its group comes round each second."""
    told = TEMPLATED if shape.annotated else ""
    rules = "".join(
        f"      - alert: A{number}\n        expr: {json.dumps(text)}\n        labels: {{severity: page}}\n{told}"
        for number, text in enumerate(shape.expressions)
    )
    return f"groups:\n  - name: bench\n    interval: 1s\n    rules:\n{rules}" if rules else "groups: []\n"


def counted(tick: int, index: int) -> float:
    return float(tick * 7 + index)


def gauged(tick: int, index: int) -> float:
    return float((tick * index) % 13)


METRICS: dict[str, Callable[[int, int], float]] = {"tasks_total": counted, "load": gauged}


def prometheus(content: str, count: int, seconds: float) -> tuple[float, int]:
    """Return CPU seconds of a Prometheus and how often it evaluated the group meanwhile."""
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder), content) as (url, pid):
        begin = int(time.time() * 1000) // SPACING * SPACING
        for name, value in METRICS.items():
            write(url, ((_labelled(name, index), _points(begin, index, value)) for index in range(count)))
        time.sleep(3)  # the first evaluations fill caches, and what came in settles
        rounds, spent = _rounds(url), cpu_of(pid)
        time.sleep(seconds)
        return cpu_of(pid) - spent, _rounds(url) - rounds


@contextlib.contextmanager
def _server(folder: Path, content: str) -> Iterator[tuple[str, int]]:
    (folder / "rules.yml").write_text(content, encoding="utf-8")
    (folder / "prometheus.yml").write_text(
        "global: {evaluation_interval: 1s}\nrule_files: [rules.yml]\n", encoding="utf-8"
    )
    argv = [
        "prometheus",
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        "--web.listen-address=127.0.0.1:0",
        "--web.enable-remote-write-receiver",
    ]
    with started("prometheus", argv) as server:
        deadline = time.monotonic() + 60
        while not _ready(server.url):
            if time.monotonic() > deadline:
                raise RuntimeError("Prometheus did not become ready within a minute")
            time.sleep(0.1)
        yield server.url, server.pid


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=5):
            return True
    except urllib.error.URLError:
        return False


def _labelled(name: str, index: int) -> dict[str, str]:
    return {"__name__": name, "host": "a", "instance": str(index), "pool": str(index % 10)}


def _points(begin: int, index: int, value: Callable[[int, int], float]) -> Iterator[tuple[int, float]]:
    return ((begin + tick * SPACING, value(tick, index)) for tick in range(-BEFORE, AHEAD))


def _rounds(url: str) -> int:
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return int(
        sum(float(line.split()[-1]) for line in lines if line.startswith("prometheus_rule_group_iterations_total"))
    )


def medic(content: str, count: int, rounds: int) -> float:
    """Return the CPU seconds of *rounds* evaluations, a second of the samples' time apart."""
    series = Series()
    engine = Engine(files.parse(content), series, interval_ms=1000, collectors_of=lambda _: frozenset())
    ticks = _snapshots(count)
    for snapshot in islice(ticks, BEFORE):
        series.append(snapshot)
    spent = 0.0
    for number in range(-3, rounds):  # the first three fill the caches, as with Prometheus
        if number % 15 == 0:
            series.append(next(ticks))
        at = datetime.fromtimestamp(series.view().at_ms / 1000 + number % 15, UTC)
        begun = process_time()
        engine.evaluate(at)
        spent += (process_time() - begun) * (number >= 0)
    return spent


def _snapshots(count: int) -> Iterator[Snapshot]:
    known = [labels(host="a", instance=str(index), pool=str(index % 10)) for index in range(count)]
    for tick in range(BEFORE + 1_000):
        families = [
            Family(name, Kind.UNTYPED, "", [Sample(name, one, value(tick, index)) for index, one in enumerate(known)])
            for name, value in METRICS.items()
        ]
        yield Snapshot((tick + 1) * SPACING, families)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args(argv)
    idle, _ = prometheus(rule_file(Shape("none", ())), options.series, options.seconds)
    print(f"Prometheus without rules: {idle / options.seconds * 1e3:.1f} ms CPU a second")
    for shape in shapes(options.series):
        compare(shape, options.series, options.seconds, idle)
    return 0


def compare(shape: Shape, count: int, seconds: float, idle: float) -> None:
    content = rule_file(shape)
    spent, rounds = prometheus(content, count, seconds)
    rules = len(shape.expressions)
    theirs = (spent - idle) / max(rounds, 1) / rules
    ours = medic(content, count, max(rounds, 1)) / max(rounds, 1) / rules
    print(
        f"{shape.name:30} {rules:5} rules {rounds:4} rounds: Medic {ours * 1e6:9.1f} us a rule, "
        f"Prometheus {theirs * 1e6:9.1f} us, 1 : {theirs / ours:.1f}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
