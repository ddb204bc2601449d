"""All benchmarks, one after the other: ``python -m bench``; the figures belong into bench/README.md."""

import platform
import sys

from bench import dashboards, exposition, judging, memory, processes, queue, respawn, rules, scrape, ticks

BENCHES = (
    ("CPU of a scrape beside node_exporter", scrape.main, ["--whole"]),
    ("From the death of a worker to the new process, beside supervisord", respawn.main, ["--whole"]),
    ("The same, without journal and healer", respawn.main, ["--skip-supervisord"]),
    ("A page of 50,000 series", exposition.main, []),
    ("Memory and idle CPU of the daemon", memory.main, []),
    ("2,000 processes, beside process-exporter", processes.main, []),
    ("Ticks under ten busy dashboards", dashboards.main, []),
    ("The embedded queue", queue.main, []),
    ("Rules over 1,000 series", rules.main, []),
    ("CPU of a rule, beside Prometheus", judging.main, []),
    ("Whole ticks of 200 rules, and loading 1,000", ticks.main, []),
)


def main() -> int:
    """Run them all; the first that fails ends it."""
    print(f"Python {platform.python_version()}, {platform.system()} {platform.release()}, {platform.machine()}")
    for title, bench, argv in BENCHES:
        print(f"\n## {title}\n", flush=True)
        if code := bench(argv):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
