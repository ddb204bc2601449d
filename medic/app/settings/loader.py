"""From a file to the settings in force, or to every mistake in it at once."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path as FilePath

from medic.app.places import FILE_NAME, default_state, locate
from medic.app.settings import checks, environment, later, remedies, secretfiles, yaml
from medic.app.settings.judge import expand
from medic.app.settings.ladders import normalize
from medic.app.settings.mistakes import ConfigError, Finding, Mistake, Path, write_path
from medic.app.settings.model import Configuration, Settings
from medic.app.settings.parsing import parse
from medic.app.settings.patterns import find_texts, value_at, without
from medic.app.settings.people import check_people
from medic.app.settings.probes import check_probes
from medic.app.settings.web import NO_ORDERS, Orders
from medic.app.settings.yaml import Document, Tree

ECHOED = 60


@dataclass(frozen=True, slots=True)
class Read:
    """A configuration that has no mistakes, and what may be shown instead of its secrets."""

    configuration: Configuration
    written: dict[Path, str]


def load(
    path: FilePath | None = None,
    *,
    state: FilePath | None = None,
    variables: Mapping[str, str] | None = None,
    people: bool = False,
    orders: Orders = NO_ORDERS,
) -> Settings:
    """Load the configuration that *path* names, or that is found; no file at all gives the defaults.

    *state* overrides the state folder; *variables* are the process's environment unless given. *people* has the URLs
    of ``notify`` checked too, which only who sends to them needs: a worker's start must not wait for Apprise.
    *orders* of the command line count for more than the file. Raises ConfigError that holds every mistake.
    """
    known = os.environ if variables is None else variables
    file = locate(path, known)
    text = "" if file is None else _content(file)
    folder = FilePath.cwd() if file is None else file.absolute().parent
    found = read(text, file=str(file or ""), folder=folder, variables=known, people=people)
    chosen = state or (FilePath(known["MEDIC_STATE"]) if known.get("MEDIC_STATE") else None)
    values = {each.name: getattr(found.configuration, each.name) for each in fields(Configuration)}
    values["state"] = (chosen or found.configuration.state or default_state(known)).absolute()
    values |= orders.over(found.configuration.web)
    place = None if file is None else file.absolute()
    return Settings(**values, file=place, folder=folder, written=found.written, orders=orders)


def read(text: str, *, file: str, folder: FilePath, variables: Mapping[str, str], people: bool = False) -> Read:
    """Read a configuration from *text*; *file* is its name in messages. Raises ConfigError."""
    document = normalize(yaml.parse(text))
    substituted = environment.substitute({} if document.tree is None else document.tree, variables)
    filled = secretfiles.fill(substituted.tree, folder)
    configuration, wrong = _validate(filled.tree, folder)
    stages = (
        document.findings,
        substituted.findings,
        filled.findings,
        later.refuse(filled.tree),
        _quote(wrong, document.tree),
        checks.check(filled.tree),
        remedies.check_remedies(filled.tree),
        check_probes(filled.tree),
        _missing_files(filled.tree, folder),
        check_people(filled.tree, filled.sources) if people else (),
    )
    findings = list(document.findings) if _is_broken(document) else _first(stages)
    if findings or configuration is None:
        shown = [_hide(finding, filled.tree, substituted.written) for finding in findings]
        raise ConfigError(_mistakes(shown, document, file))
    return Read(configuration, substituted.written | dict.fromkeys(filled.sources, secretfiles.HIDDEN))


def _validate(tree: Tree, folder: FilePath) -> tuple[Configuration | None, list[Finding]]:
    known = without(tree, {finding.path for finding in later.refuse(tree)} - {()})
    return parse(Configuration, known, folder)


def _is_broken(document: Document) -> bool:
    return document.tree is None and bool(document.findings)


def _first(stages: Iterable[Iterable[Finding]]) -> list[Finding]:
    """Gather the findings of all stages; of one value only those of the first stage that has any."""
    found: list[Finding] = []
    for stage in stages:
        seen = {finding.path for finding in found}
        found += [finding for finding in stage if finding.path not in seen]
    return found


def _quote(findings: Iterable[Finding], tree: Tree) -> Iterable[Finding]:
    """Begin each finding with the value that it speaks of, as the file has it; secrets are not repeated."""
    for finding in findings:
        value = value_at(tree, finding.path)
        if value is None or isinstance(value, dict | list) or secretfiles.is_secret(finding.path):
            yield finding
        elif finding.text != "unknown key":
            text = str(value).lower() if isinstance(value, bool) else str(value)
            yield Finding(finding.path, f"{text[:ECHOED]!r} {finding.text}", finding.advice)
        else:
            yield finding


def _hide(finding: Finding, tree: Tree, written: Mapping[Path, str]) -> Finding:
    """Put what the file says in the place of what came from the environment."""
    value = value_at(tree, finding.path)
    if finding.path not in written or not isinstance(value, str) or not value:
        return finding
    return replace(finding, text=finding.text.replace(value, written[finding.path]))


def _missing_files(tree: Tree, folder: FilePath) -> Iterable[Finding]:
    for path, text in find_texts(tree, ("rules", "files", "*")):
        try:
            missing = [file for file in expand(FilePath(folder, text).expanduser()) if not file.is_file()]
        except (OSError, ValueError, RuntimeError):
            yield Finding(path, "is not a pattern of paths", "write it as rules/*.yml")
            continue
        for file in missing:
            yield Finding(path, f"there is no file {file}", "correct the path, or write a pattern such as rules/*.yml")


def _mistakes(findings: Iterable[Finding], document: Document, file: str) -> tuple[Mistake, ...]:
    mistakes = [
        Mistake(file, document.line(finding.path), write_path(finding.path), finding.text, finding.advice)
        for finding in findings
    ]
    return tuple(sorted(mistakes, key=lambda mistake: (mistake.line or 0, mistake.path)))


def _content(file: FilePath) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(yaml.MAX_BYTES + 1).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong = Mistake(str(file), None, "", f"is not UTF-8 (byte {error.start})", "save it as UTF-8")
    except IsADirectoryError:
        wrong = Mistake(str(file), None, "", "is a folder", f"name the file in it: {file / FILE_NAME}")
    except FileNotFoundError:
        wrong = Mistake(str(file), None, "", "does not exist", "name another file, or write one with `medic init`")
    except OSError as error:
        wrong = Mistake(str(file), None, "", f"cannot be read ({error.strerror})", "make it readable for this user")
    raise ConfigError((wrong,))
