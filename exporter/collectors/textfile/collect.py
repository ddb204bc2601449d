"""The collector: the folders, each with a deadline of its own, and one page of what their files say."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from exporter.collectors.textfile.files import File, Folder, look
from exporter.collectors.textfile.parse import Declared
from exporter.crew import Inquiry
from medic.core.samples import Family, Labels, gauge, labels

log = logging.getLogger(__name__)

DEADLINE = 2.0
"""Seconds that a folder has to answer; one on a dead mount never does."""
SILENT = Folder({}, f"no answer within {DEADLINE:g} s")

Look = Callable[[str, Mapping[str, File]], Folder]


class Textfiles:
    """Reads the files of its folders; a folder that hangs and a file that is wrong harm themselves alone."""

    def __init__(
        self,
        patterns: Sequence[str],
        *,
        time: Callable[[], float],
        deadline: float = DEADLINE,
        look: Look = look,
    ) -> None:
        """Look where *patterns* say, paths of folders or globs of them; *time* is a monotonic clock."""
        self._patterns = tuple(patterns)
        self._look = look
        self._inquiry: Inquiry[str, Folder] = Inquiry("textfiles", time=time, deadline=deadline)
        self._known: dict[str, Folder] = {}
        self._folders: dict[str, Folder] | None = None
        self._families: list[Family] = []
        self._told: dict[str, str] = {}

    def collect(self) -> list[Family]:
        """Give what the files say, ``node_textfile_mtime_seconds`` of each, and whether anything was wrong."""
        answers = self._inquiry.ask({pattern: self._question(pattern) for pattern in self._patterns})
        folders = {pattern: folder or SILENT for pattern, folder in answers.items()}
        self._known |= {pattern: folder for pattern, folder in folders.items() if folder is not SILENT}
        if folders != self._folders:
            self._folders, (self._families, errors) = folders, merge(folders)
            self._tell(errors)
        return self._families

    def _question(self, pattern: str) -> Callable[[], Folder]:
        known = self._known.get(pattern)
        return partial(self._look, pattern, known.files if known else {})

    def _tell(self, errors: Mapping[str, str]) -> None:
        """Log what is wrong with a file when it begins or changes, and when it is over."""
        for place, why in errors.items():
            if self._told.get(place) != why:
                log.warning("textfile is left out", extra={"file": place, "why": why})
        for place in self._told.keys() - errors.keys():
            log.info("textfile is read again", extra={"file": place})
        self._told = dict(errors)


def merge(folders: Mapping[str, Folder]) -> tuple[list[Family], dict[str, str]]:
    """Lay all files out as one page; return it, and what was left out by the path of its file or folder.

    Of a metric that files describe differently, or type differently, the first file's holds, in the order of their
    paths; of a sample that is given twice, the first.
    """
    errors = {pattern: folder.error for pattern, folder in folders.items() if folder.error}
    files: dict[str, File] = {}
    for folder in folders.values():
        files |= folder.files
    errors |= {path: file.error for path, file in files.items() if file.error}
    well = {path: file for path, file in sorted(files.items()) if not file.error}
    page = _Page()
    for path, file in well.items():
        if wrong := list(page.add_all(path, file.families)):
            errors[path] = "; ".join(wrong)
    return [*page.families(), *_own(well, failed=bool(errors))], errors


class _Page:
    """Families that were joined by their names."""

    def __init__(self) -> None:
        self._families: dict[str, Declared] = {}
        self._paths: dict[str, list[str]] = {}
        self._seen: set[tuple[str, Labels]] = set()

    def add_all(self, path: str, families: Iterable[Declared]) -> Iterator[str]:
        """Add the families of one file, and yield what of them contradicts those before."""
        for family in families:
            before = self._families.get(family.name, family)
            if family.kind is not before.kind:
                yield f"{family.name} is a {before.kind} in {self._paths[family.name][0]} and a {family.kind} here"
            elif before.help is not None and family.help not in {None, before.help}:
                yield f"{family.name} has another HELP in {self._paths[family.name][0]}"
            else:
                yield from self._add(path, family, before)

    def _add(self, path: str, family: Declared, before: Declared) -> Iterator[str]:
        new = tuple(sample for sample in family.samples if sample[:2] not in self._seen)
        if len(new) < len(family.samples):
            yield f"{family.name} has samples that another file gives, too: tell them apart by a label"
        self._seen.update(sample[:2] for sample in new)
        known = () if before is family else before.samples
        help_ = family.help if before.help is None else before.help
        self._families[family.name] = Declared(family.name, family.kind, help_, (*known, *new))
        self._paths.setdefault(family.name, []).append(path)

    def families(self) -> Iterator[Family]:
        """Yield the families; one that no file describes says where it was read, as node_exporter has it."""
        for name, family in self._families.items():
            yield family.as_family(f"Metric read from {', '.join(self._paths[name])}")


def _own(files: Mapping[str, File], *, failed: bool) -> list[Family]:
    return [
        gauge(
            "node_textfile_mtime_seconds",
            "Unixtime mtime of textfiles successfully read.",
            *((labels(file=path), file.modified) for path, file in files.items()),
        ),
        gauge(
            "node_textfile_scrape_error",
            "1 if there was an error opening or reading a file, 0 otherwise",
            ((), int(failed)),
        ),
    ]
