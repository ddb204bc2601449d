"""Runs Prometheus' own test scripts of the query language: ``python -m tests.promqltest FILE...``."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.promqltest_judge import Store, Verdict, judge
from tests.promqltest_script import Broken, Clear, Evaluation, Load, read


def run(text: str) -> Iterator[Verdict]:
    """Yield a verdict for each evaluation of a script, and a failure for each line that cannot be read."""
    store = Store()
    for command in read(text):
        match command:
            case Clear():
                store = Store()
            case Load():
                store.load(command)
            case Evaluation():
                yield judge(command, store)
            case Broken():
                yield Verdict(command.number, command.line, failure=command.why)


def summary(name: str, verdicts: Sequence[Verdict]) -> str:
    """Say in one line how many passed, failed and did not count, and why not."""
    reasons = Counter(verdict.uncounted for verdict in verdicts if verdict.uncounted)
    failed = sum(bool(verdict.failure) for verdict in verdicts)
    passed = len(verdicts) - failed - reasons.total()
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    return f"{name}: {passed} passed, {failed} failed, {reasons.total()} not counted{f' ({why})' if why else ''}"


def main(paths: Sequence[str]) -> int:
    """Run the files at *paths*, print a line for each and the sums; 1 when an evaluation failed."""
    everything: list[Verdict] = []
    for path in paths:
        verdicts = list(run(Path(path).read_text(encoding="utf-8")))
        everything.extend(verdicts)
        for verdict in verdicts:
            if verdict.failure:
                sys.stdout.write(f"{path}:{verdict.number}: {verdict.query}\n    {verdict.failure}\n")
        sys.stdout.write(summary(Path(path).name, verdicts) + "\n")
    sys.stdout.write(summary("all", everything) + "\n")
    return int(any(verdict.failure for verdict in everything))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
