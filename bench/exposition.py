"""What a page of many series costs, by the step: ``python -m bench.exposition [SERIES]``.

A tenth of the values changes in all its digits from page to page, as rates and times do; the rest are whole numbers.
"""

import sys
from collections.abc import Callable, Sequence
from random import Random
from statistics import median
from time import process_time

from exporter.admission import Admission
from exporter.exposition import render
from exporter.merging import merge
from medic.core.samples import Family, Labels, gauge, labels

SERIES = 50_000
PER_FAMILY = 500
PAGES = 15
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def main(argv: Sequence[str]) -> int:
    count = int(argv[0]) if argv else SERIES
    identities = [[labels(device=f"d{index}", host=str(name)) for index in range(PER_FAMILY)] for name in shapes(count)]
    random, door = Random(0), Admission(most=10 * count)

    def page() -> list[Family]:
        return [family(number, each, random) for number, each in enumerate(identities)]

    given = page()
    steps: dict[str, Callable[[], object]] = {
        "build": page,
        "admit": lambda: door.admit(given),
        "merge": lambda: merge([("many", given)]),
        "text": lambda: render(given),
        "OpenMetrics": lambda: render(given, OPENMETRICS),
    }
    for name, step in steps.items():
        costs = [cost(step) for _ in range(PAGES)]
        print(
            f"exposition  {name:12} {median(costs) / count * 1e6:6.2f} us a series, best {min(costs) / count * 1e6:.2f}"
        )
    return 0


def shapes(count: int) -> range:
    return range(max(1, count // PER_FAMILY))


def family(number: int, identities: Sequence[Labels], random: Random) -> Family:
    rows = [(each, value(index, random)) for index, each in enumerate(identities)]
    return gauge(f"node_{number}_bytes", "Bytes of a device.", *rows)


def value(index: int, random: Random) -> float:
    return random.random() * 1e6 if index % 10 == 0 else float(random.randrange(1 << 30))


def cost(step: Callable[[], object]) -> float:
    began = process_time()
    step()
    return process_time() - began


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
