"""Finding and running unit-test files: patterns of rule files, and a verdict on each file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from glob import escape, glob
from pathlib import Path

from rules.document import Mistake, RuleFileError
from rules.files import load
from rules.groups import Group
from rules.promql import Compat
from rules.testing.comparing import Failure
from rules.testing.reading import parse
from rules.testing.running import in_step, run_case
from rules.testing.suite import Case, Suite


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one unit-test file."""

    file: str
    tests: int = 0
    """How many were run."""
    failures: tuple[Failure, ...] = ()
    mistakes: tuple[str, ...] = ()
    """Why it, or its rule files, could not be read."""
    warnings: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Tell whether all is as expected."""
        return not self.failures and not self.mistakes


def run_file(path: Path, *, compat: Compat, wanted: Callable[[str], bool] = lambda _: True) -> Verdict:
    """Run the tests of one file whose names are *wanted*; as in promtool, rule files are read where a test is run."""
    try:
        suite = parse(_read(path), file=str(path), compat=compat)
        cases = [case for case in suite.cases if wanted(case.name)]
        warnings = list(suite.warnings)
        found = list(_found(suite, path.parent, warnings))
        groups = [in_step(group, suite, compat) for group in load(found, compat=compat)] if cases else []
        return Verdict(suite.file, len(cases), tuple(_failures(cases, suite, groups, compat)), (), tuple(warnings))
    except RuleFileError as error:
        return Verdict(str(path), mistakes=tuple(map(str, error.mistakes)))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise _wrong(path, f"is not UTF-8 (byte {error.start}): save the file as UTF-8") from None


def _wrong(path: Path, text: str) -> RuleFileError:
    return RuleFileError((Mistake(str(path), 1, text),))


def _failures(cases: Sequence[Case], suite: Suite, groups: Sequence[Group], compat: Compat) -> Iterator[Failure]:
    for case in cases:
        yield from run_case(case, suite, groups, compat)


def _found(suite: Suite, folder: Path, warnings: list[str]) -> Iterator[Path]:
    """Find the rule files; a pattern that matches none is only a warning, as in promtool."""
    for pattern in suite.rule_files:
        if pattern.count("[") > pattern.count("]"):
            raise _wrong(Path(suite.file), f"{pattern!r} is no pattern: close its bracket")
        matching = _matching(pattern, folder)
        if not matching:
            warnings.append(f"{suite.file}: no rule file matches {pattern!r}")
        yield from matching


def _matching(pattern: str, folder: Path) -> list[Path]:
    """Match as Go does: a star takes leading dots too, and brackets are negated by ``^``."""
    if not pattern:
        return []
    whole = str(Path(escape(str(folder))) / pattern.replace("[^", "[!"))
    return sorted(Path(name) for name in glob(whole, include_hidden=True))  # noqa: PTH207 - a pattern may be absolute
